import Foundation
import Logging
import YAMLDocuments

/// Standard error: messages line by line, and below them at most one status line that is rewritten in place.
/// A message written while the status line stands pushes it down rather than into the middle of it.
///
/// Unchecked: the only state is `status`, which is read and written while `lock` is held.
final class Console: @unchecked Sendable {
  static let shared = Console()

  private let lock = NSLock()
  private var status = ""

  /// Writes lines.
  func print(_ text: String) {
    lock.withLock {
      let clear = status.isEmpty ? "" : Self.clearLine
      emit(clear + text + (text.hasSuffix("\n") ? "" : "\n") + status)
    }
  }

  /// Writes `ntkscorer: error: …`.
  /// Files' names and contents are part of it, and must not steer the terminal.
  func printError(_ message: String) {
    print("ntkscorer: error: \(message.linesWithoutControlCharacters)")
  }

  /// The same of what is no error.
  func printWarning(_ message: String) {
    print("ntkscorer: warning: \(message.linesWithoutControlCharacters)")
  }

  /// Writes or rewrites the status line, which must fit the terminal; nothing when it is unchanged.
  func show(status text: String) {
    lock.withLock {
      guard text != status else { return }
      // In one piece, so that a terminal never shows the empty line between.
      emit("\r" + text + Self.clearToEnd)
      status = text
    }
  }

  func clearStatus() {
    lock.withLock {
      guard !status.isEmpty else { return }
      emit(Self.clearLine)
      status = ""
    }
  }

  private static let clearToEnd = "\u{1B}[K"
  private static let clearLine = "\r\u{1B}[K"

  /// Standard error that cannot be written leaves nowhere to say so.
  private func emit(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if count > 0 { bytes = bytes.dropFirst(count) } else if errno != EINTR { return }
    }
  }
}

/// swift-log's messages, on the console.
struct ConsoleLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
      .sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    Console.shared.print(
      "ntkscorer: \(event.level): \("\(event.message)\(fields)".linesWithoutControlCharacters)")
  }
}
