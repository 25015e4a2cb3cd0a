import ArchitectureScorer
import NIOCore
import Synchronization

/// Looks after a question while its answer is computed, and stops that when its time is over, its client has left, or the
/// daemon stops. Candidates that were finished by then are in the store, so that the same question goes on from there.
final class QuestionWatch: Sendable {
  enum Reason: Sendable {
    case overdue(seconds: Int)
    case clientLeft
    case stopping
  }

  /// Of what is computed for it.
  let cancellation = Cancellation()

  private struct State {
    var problem: Problem?
    var hasBegun = false
    var hasEnded = false
    var alarm: Scheduled<Void>?
    var handlers: [@Sendable (Problem) -> Void] = []
  }

  private let state = Mutex(State())
  private let channel: any Channel
  private let seconds: Int
  private let open: OpenQuestions

  /// Costs nothing until `begin`.
  /// - Parameters:
  ///   - channel: the client's connection.
  ///   - seconds: that the answer may take.
  ///   - open: all that are looked after.
  init(_ channel: any Channel, seconds: Int, open: OpenQuestions) {
    self.channel = channel
    self.seconds = seconds
    self.open = open
  }

  /// Something has to be computed. Calling it again does nothing.
  func begin() {
    let isFirst = state.withLock { state in
      defer { state.hasBegun = true }
      return !state.hasBegun
    }
    guard isFirst else { return }
    open.add(self)
    channel.eventLoop.execute { self.watch() }
  }

  /// In the connection's own thread.
  private func watch() {
    let alarm = channel.eventLoop.scheduleTask(in: .seconds(Int64(seconds))) { [weak self, seconds] in
      self?.stop(.overdue(seconds: seconds)) ?? ()
    }
    let isLate = state.withLock { state in
      if !state.hasEnded { state.alarm = alarm }
      return state.hasEnded
    }
    if isLate { return alarm.cancel() }
    let connection = try? channel.pipeline.syncOperations.handler(type: ConnectionGuard.self)
    connection?.whenClientLeaves { [weak self] in self?.stop(.clientLeft) }
  }

  /// The question is answered.
  func end() {
    let (alarm, hasBegun) = state.withLock { state in
      state.hasEnded = true
      state.handlers = []
      return (state.alarm, state.hasBegun)
    }
    guard hasBegun else { return }
    alarm?.cancel()
    open.remove(self)
  }

  /// Stops what is computed, and answers without it.
  func stop(_ reason: Reason) {
    let problem = Self.problem(reason)
    let handlers = state.withLock { state -> [@Sendable (Problem) -> Void] in
      guard state.problem == nil, !state.hasEnded else { return [] }
      state.problem = problem
      defer { state.handlers = [] }
      return state.handlers
    }
    cancellation.cancel()
    for handler in handlers { handler(problem) }
  }

  /// Calls back when the question is stopped, at once if it is already.
  func whenStopped(_ handler: @escaping @Sendable (Problem) -> Void) {
    let problem = state.withLock { state in
      if state.problem == nil { state.handlers.append(handler) }
      return state.problem
    }
    if let problem { handler(problem) }
  }

  private static func problem(_ reason: Reason) -> Problem {
    let why =
      switch reason {
      case .overdue(let seconds): "the answer was not ready within \(seconds) s"
      case .clientLeft: "the client's side of the connection was closed"
      case .stopping: "the daemon stops"
      }
    return Problem(
      .unfinished, why + "; finished candidates are stored, and the same question goes on from there",
      headers: [.retryAfter: "1"])
  }
}

/// The questions whose answers are being computed.
final class OpenQuestions: Sendable {
  private struct State {
    var watches: [ObjectIdentifier: QuestionWatch] = [:]
    var areStopped = false
  }

  private let state = Mutex(State())

  func add(_ watch: QuestionWatch) {
    let isLate = state.withLock { state in
      if !state.areStopped { state.watches[ObjectIdentifier(watch)] = watch }
      return state.areStopped
    }
    if isLate { watch.stop(.stopping) }
  }

  func remove(_ watch: QuestionWatch) {
    state.withLock { $0.watches[ObjectIdentifier(watch)] = nil }
  }

  /// Stops all, and those that would begin.
  func stopAll() {
    let watches = state.withLock { state in
      state.areStopped = true
      return Array(state.watches.values)
    }
    for watch in watches { watch.stop(.stopping) }
  }
}
