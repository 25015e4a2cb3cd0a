import Reports
import Synchronization

/// What happens to jobs, for whoever listens.
///
/// Every event holds the whole state, so that a listener that misses some has lost nothing; the last ones of each job are
/// kept for those that come back after a broken connection.
final class JobEvents: Sendable {
  struct Event: Hashable, Sendable {
    /// Of the daemon's process and its place in order: `1760000000-17`.
    let id: String
    let name: String
    /// A JSON document on one line.
    let data: String
    /// Nothing follows.
    let isLast: Bool
  }

  /// What a listener gets.
  struct Subscription: Sendable {
    let job: Int64
    let number: Int
    /// Those since the event that the listener saw last, if they are still known.
    let missed: [Event]?
    let stream: AsyncStream<Event?>
  }

  private struct Channel {
    var recent: [Event] = []
    var listeners: [Int: AsyncStream<Event?>.Continuation] = [:]
  }

  private struct State {
    var sequence = 0
    var lastListener = 0
    var isClosed = false
    var channels: [Int64: Channel] = [:]
    /// Of those, in the order in which they ended.
    var ended: [Int64] = []
  }

  private let state = Mutex(State())
  /// Tells the events of this process from those of an earlier one.
  private let epoch: Int
  private static let mostRecent = 64
  /// Jobs whose events are still known when they have ended; of others their end is told anew.
  private static let mostEnded = 32

  /// - Parameter epoch: another one in every process.
  init(epoch: Int) { self.epoch = epoch }

  var listenerCount: Int {
    state.withLock { $0.channels.values.reduce(0) { $0 + $1.listeners.count } }
  }

  func publish(job: Int64, _ name: String, _ data: JSONValue, isLast: Bool = false) {
    let text = data.compact
    state.withLock { state in
      state.sequence += 1
      let event = Event(id: "\(epoch)-\(state.sequence)", name: name, data: text, isLast: isLast)
      var channel = state.channels[job] ?? Channel()
      channel.recent.append(event)
      if channel.recent.count > Self.mostRecent { channel.recent.removeFirst() }
      for listener in channel.listeners.values {
        listener.yield(event)
        if isLast { listener.finish() }
      }
      if isLast {
        channel.listeners = [:]
        state.ended.append(job)
      }
      state.channels[job] = channel
      if state.ended.count > Self.mostEnded { state.channels[state.ended.removeFirst()] = nil }
    }
  }

  /// Whether an event was the last of its job.
  func isLast(_ id: String, of job: Int64) -> Bool {
    state.withLock { $0.channels[job]?.recent.last.map { $0.id == id && $0.isLast } ?? false }
  }

  /// - Parameter lastID: of the event that the listener saw last; nil for none.
  func subscribe(job: Int64, after lastID: String?) -> Subscription {
    let (stream, continuation) = AsyncStream<Event?>.makeStream(bufferingPolicy: .bufferingNewest(64))
    return state.withLock { state in
      state.lastListener += 1
      let number = state.lastListener
      let recent = state.channels[job]?.recent ?? []
      let place = lastID.flatMap { id in recent.firstIndex { $0.id == id } }
      if state.isClosed || recent.last?.isLast == true {
        continuation.finish()
      } else {
        state.channels[job, default: Channel()].listeners[number] = continuation
      }
      return Subscription(
        job: job, number: number, missed: place.map { Array(recent[($0 + 1)...]) }, stream: stream)
    }
  }

  func unsubscribe(_ subscription: Subscription) {
    state.withLock { state in
      guard var channel = state.channels[subscription.job] else { return }
      channel.listeners.removeValue(forKey: subscription.number)?.finish()
      state.channels[subscription.job] = channel.listeners.isEmpty && channel.recent.isEmpty ? nil : channel
    }
  }

  /// A job that is gone has no events either.
  func forget(job: Int64) {
    state.withLock { state in
      let channel = state.channels.removeValue(forKey: job) ?? Channel()
      for listener in channel.listeners.values { listener.finish() }
    }
  }

  /// Sends every listener a sign of life, which is no event.
  func beat() {
    state.withLock { state in
      for channel in state.channels.values {
        for listener in channel.listeners.values { listener.yield(nil) }
      }
    }
  }

  /// Ends all streams, and those that would begin.
  func close() {
    state.withLock { state in
      state.isClosed = true
      for job in Array(state.channels.keys) {
        let listeners = state.channels[job]?.listeners ?? [:]
        for listener in listeners.values { listener.finish() }
        state.channels[job]?.listeners = [:]
      }
    }
  }
}
