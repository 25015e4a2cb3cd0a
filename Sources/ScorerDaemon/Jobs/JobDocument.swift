import Foundation
import Reports
import ResultStorage

extension JobRecord {
  /// As `GET /v1/jobs/{id}` shows it.
  /// - Parameter pace: of a running job.
  func json(pace: JobPace? = nil) -> JSONValue {
    func date(_ date: Date?) -> JSONValue { date.map { .text($0.formatted(.iso8601)) } ?? .null }
    var links: [(String, JSONValue)] = [
      ("self", .text("/v1/jobs/\(id)")), ("events", .text("/v1/jobs/\(id)/events")),
      ("ranking", .text("/v1/jobs/\(id)/ranking")),
    ]
    if !status.isEnd { links.append(("cancel", .text("/v1/jobs/\(id)/cancel"))) }
    return .object([
      ("id", .integer(Int(id))), ("space", .text(space.name)), ("spaceHash", .text(space.contentHash)),
      ("status", .text(status.rawValue)), ("options", JobOptions(canonicalJSON: optionsJSON)?.json ?? .null),
      ("progress", progress.json(pace: status == .running ? pace : nil)),
      ("message", message.map(JSONValue.text) ?? .null), ("run", runID.map { .integer(Int($0)) } ?? .null),
      ("created", date(created)), ("started", date(started)), ("finished", date(finished)),
      ("links", .object(links)),
    ])
  }

  /// Changes whenever the record does.
  var tag: String { "job-\(id)-\(revision)" }
}

extension JobProgress {
  func json(pace: JobPace?) -> JSONValue {
    .object([
      ("done", .integer(done)), ("total", total.map(JSONValue.integer) ?? .null),
      ("fromStore", .integer(fromStore)), ("failed", .integer(failed)),
      ("candidatesPerSecond", pace?.candidatesPerSecond.map(JSONValue.number) ?? .null),
      ("secondsLeft", pace?.secondsLeft.map(JSONValue.number) ?? .null),
    ])
  }
}

/// How fast a running job goes: over its last half minute, and over those candidates alone that were computed.
struct JobPace: Hashable, Sendable {
  private var marks: [Mark] = []
  private var total: Int?

  private struct Mark: Hashable {
    let seconds: Double
    let computed: Int
    let done: Int
  }

  private static let window = 30.0

  /// - Parameter seconds: since any fixed moment.
  mutating func note(_ progress: JobProgress, at seconds: Double) {
    total = progress.total
    // What the store had comes first and in a rush, of which nothing follows for the rest.
    if progress.done == progress.fromStore { marks = [] }
    marks.append(
      Mark(seconds: seconds, computed: progress.done - progress.fromStore, done: progress.done))
    // One older than the window stays, to measure from.
    while marks.count > 2, marks[1].seconds < seconds - Self.window { marks.removeFirst() }
  }

  /// Nil until two candidates were computed.
  var candidatesPerSecond: Double? {
    guard let first = marks.first, let last = marks.last, last.computed > first.computed,
      last.seconds > first.seconds
    else { return nil }
    return Double(last.computed - first.computed) / (last.seconds - first.seconds)
  }

  /// If all that is left has to be computed.
  var secondsLeft: Double? {
    guard let rate = candidatesPerSecond, let total, let last = marks.last else { return nil }
    return Double(max(0, total - last.done)) / rate
  }
}
