import Foundation
import Logging
import Reports

/// Writes log entries to standard error, one JSON object a line, for whatever collects them.
struct LineLogHandler: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  init(logLevel: Logger.Level) { self.logLevel = logLevel }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    let members =
      [
        ("time", JSONValue.text(Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))),
        ("level", .text(event.level.rawValue)), ("message", .text(event.message.description)),
      ] + all.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.text($0.value.description)) }
    Console.shared.print(JSONValue.object(members).compact)
  }
}
