import Dispatch
import Synchronization

/// Runs what blocks on threads of its own, so that the few threads which answer requests never wait for it. What takes
/// long has other threads than what is short.
struct BlockingWork: Sendable {
  // Queues of different quality have different threads.
  private let short = DispatchQueue(
    label: "ntkscorer.daemon.short", qos: .userInitiated, attributes: .concurrent)
  private let changing = DispatchQueue(
    label: "ntkscorer.daemon.changing", qos: .default, attributes: .concurrent)
  private let long = DispatchQueue(label: "ntkscorer.daemon.long", qos: .utility, attributes: .concurrent)

  /// A look into the store, a page.
  func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await Self.run(on: short, body)
  }

  /// A change of the store. While another process keeps that locked, changes wait, and looks do not.
  func change<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await Self.run(on: changing, body)
  }

  /// Scores.
  func compute<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await Self.run(on: long, body)
  }

  /// As `run`, unless the question that it is for ends before: then it goes on for nobody.
  func run<Value: Sendable>(
    for question: QuestionWatch, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let first = FirstResult(continuation)
      question.whenStopped { first.resume(with: .failure($0)) }
      short.async { first.resume(with: Result { try body() }) }
    }
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

/// Resumes a continuation with what comes first.
private final class FirstResult<Value: Sendable>: Sendable {
  private let continuation: Mutex<CheckedContinuation<Value, any Error>?>

  init(_ continuation: CheckedContinuation<Value, any Error>) {
    self.continuation = Mutex(continuation)
  }

  func resume(with result: Result<Value, any Error>) {
    let waiting = continuation.withLock { continuation in
      defer { continuation = nil }
      return continuation
    }
    waiting?.resume(with: result)
  }
}
