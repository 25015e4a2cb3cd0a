/// One mistake in a text that a person wrote: where it is, what stands there, what was expected, and the nearest
/// valid spelling when there is one.
public struct Diagnostic: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file's name as the user gave it.
  public let file: String
  /// Nil when the whole file is meant (it could not be read, say).
  public let location: SourceLocation?
  /// One sentence that names the offending text and what was expected.
  public let message: String
  /// The nearest valid name, to be shown as `did you mean …?`.
  public let suggestion: String?
  /// The line of the file that `location` points at, for display.
  public let sourceLine: String?

  public init(
    file: String, location: SourceLocation?, message: String, suggestion: String? = nil, sourceLine: String? = nil
  ) {
    self.file = file
    self.location = location
    self.message = message
    self.suggestion = suggestion
    self.sourceLine = sourceLine
  }

  /// `file:line:column: error: message; did you mean 'x'?`, then the source line with a caret below the column.
  public var description: String {
    var text = file
    if let location { text += ":\(location.line):\(location.column)" }
    text += ": error: \(message)"
    if let suggestion { text += "; did you mean '\(suggestion)'?" }
    if let sourceLine, let location {
      let shown = sourceLine.prefix(160)
      text += "\n    \(shown)"
      if location.column <= shown.unicodeScalars.count + 1 {
        text += "\n    " + String(repeating: " ", count: location.column - 1) + "^"
      }
    }
    return text
  }
}

/// Every mistake found in one go, in the order of the file. Thrown by whatever reads a file for a person.
public struct InvalidDocument: Error, Sendable, CustomStringConvertible {
  public let diagnostics: [Diagnostic]

  public init(_ diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics.sorted {
      let (a, b) = ($0.location ?? .init(line: 0, column: 0), $1.location ?? .init(line: 0, column: 0))
      return (a.line, a.column) < (b.line, b.column)
    }
  }

  public var description: String {
    let shown = diagnostics.map(\.description).joined(separator: "\n")
    return diagnostics.count < 2 ? shown : shown + "\n\(diagnostics.count) errors"
  }
}

/// Collects the mistakes of one file while it is being read, so that a user sees all of them at once.
public final class DiagnosticCollector {
  public let source: SourceText
  public private(set) var diagnostics: [Diagnostic] = []

  public init(_ source: SourceText) { self.source = source }

  /// Notes a mistake at a place of the file; reading goes on.
  public func report(_ message: String, at location: SourceLocation?, suggestion: String? = nil) {
    let diagnostic = Diagnostic(
      file: source.name, location: location, message: message, suggestion: suggestion,
      sourceLine: location.flatMap { source.line($0.line) }.map(String.init))
    if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
  }

  /// - Throws: `InvalidDocument` when anything was reported.
  public func throwIfAny() throws {
    if !diagnostics.isEmpty { throw InvalidDocument(diagnostics) }
  }
}
