import Dispatch

/// Runs what blocks on threads of its own, so that the few threads which answer requests never wait for it.
struct BlockingWork: Sendable {
  private let queue = DispatchQueue(label: "ntkscorer.daemon.blocking", attributes: .concurrent)

  func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try body() }) }
    }
  }

  func start(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }
}
