import Foundation

/// Threads of a run.
///
/// Plain POSIX threads, and not Foundation's `Thread`: on Linux that lets go of its block only in a destructor of
/// thread-local data. When the block holds the last reference to something with a dispatch queue (a store has one),
/// libdispatch is then entered after its own thread-local data are gone, and hands out memory that is free already.
/// Here everything a thread holds is released before its function returns.
enum WorkerThreads {
  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Calls `body` once on each of `count` threads, or on as many as the system grants (the caller's, if none), and
  /// returns when all have ended.
  static func run(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    let threads = (0..<count).compactMap { _ in start(body) }
    if threads.isEmpty { body() }
    for thread in threads { pthread_join(thread, nil) }
  }

  private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let context = Unmanaged.passRetained(Body(body))
    let code = pthread_create(
      &thread, nil,
      { context in
        let pointer: UnsafeMutableRawPointer? = context
        if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      context.release()
      return nil
    }
    return thread
  }
}
