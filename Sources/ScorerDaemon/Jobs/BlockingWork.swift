import Dispatch

/// Runs what blocks on threads of its own, so that the few threads which answer requests never wait for it. What takes
/// long has other threads than what is short.
struct BlockingWork: Sendable {
  // Queues of different quality have different threads.
  private let short = DispatchQueue(
    label: "ntkscorer.daemon.short", qos: .userInitiated, attributes: .concurrent)
  private let long = DispatchQueue(label: "ntkscorer.daemon.long", qos: .utility, attributes: .concurrent)

  /// A look into the store, a page.
  func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await Self.run(on: short, body)
  }

  /// Scores.
  func compute<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await Self.run(on: long, body)
  }

  /// A job.
  func start(_ body: @escaping @Sendable () -> Void) { long.async(execute: body) }

  private static func run<Value: Sendable>(
    on queue: DispatchQueue, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try body() }) }
    }
  }
}
