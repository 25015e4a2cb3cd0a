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

  /// A mistake. With `sourceLine` the description shows a caret below the location's column.
  public init(
    file: String, location: SourceLocation?, message: String, suggestion: String? = nil,
    sourceLine: String? = nil
  ) {
    self.file = file
    self.location = location
    self.message = message
    self.suggestion = suggestion
    self.sourceLine = sourceLine
  }

  /// `file:line:column: error: message; did you mean 'x'?`, then the source line with a caret below the column.
  /// Of a long line the part around the caret is shown; control characters appear as `�`.
  public var description: String {
    var text = file.withoutControlCharacters
    if let location { text += ":\(location.line):\(location.column)" }
    text += ": error: \(message.withoutControlCharacters)"
    if let suggestion { text += "; did you mean '\(suggestion)'?" }
    if let sourceLine, let location, let excerpt = Self.excerpt(sourceLine, column: location.column) {
      text += "\n    \(excerpt.line)\n    \(excerpt.caret)"
    }
    return text
  }

  private static func excerpt(_ line: String, column: Int) -> (line: String, caret: String)? {
    let scalars = Array(line.unicodeScalars)
    guard column >= 1, column <= scalars.count + 1 else { return nil }
    let width = 120
    let start = max(0, min(column - 1 - width / 2, scalars.count - width))
    let end = min(scalars.count, start + width)
    let lead = start > 0 ? "…" : ""
    let shown = lead + scalars[start..<end].map(shownScalar).joined() + (end < scalars.count ? "…" : "")
    // Tabs are kept in the padding, so that the caret stays below its character whatever a tab's width.
    let padding = scalars[start..<(column - 1)].map { $0 == "\t" ? "\t" : " " }.joined()
    return (shown, (lead.isEmpty ? "" : " ") + padding + "^")
  }
}

extension String {
  /// The same text with control characters shown as `�`: what a file says must not steer the user's terminal.
  package var withoutControlCharacters: String { unicodeScalars.map(shownScalar).joined() }

  /// The same of a text of several lines, which stay apart.
  package var linesWithoutControlCharacters: String {
    unicodeScalars.map { $0 == "\n" ? "\n" : shownScalar($0) }.joined()
  }
}

private func shownScalar(_ scalar: Unicode.Scalar) -> String {
  switch scalar.properties.generalCategory {
  case .control where scalar != "\t", .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
  default: String(scalar)
  }
}

/// Every mistake found in one go, in the order of the file. Thrown by whatever reads a file for a person.
public struct InvalidDocument: Error, Sendable, CustomStringConvertible {
  /// In the order of the file; those about the whole file come first.
  public let diagnostics: [Diagnostic]
  /// How many further mistakes were found but not kept.
  public let omittedCount: Int

  /// - Parameter diagnostics: in any order.
  public init(_ diagnostics: [Diagnostic], omittedCount: Int = 0) {
    let start = SourceLocation(line: 0, column: 0)
    self.diagnostics = diagnostics.sorted { ($0.location ?? start) < ($1.location ?? start) }
    self.omittedCount = omittedCount
  }

  /// One diagnostic after the other, then their number when there are several.
  public var description: String {
    let shown = diagnostics.map(\.description).joined(separator: "\n")
    let count = diagnostics.count + omittedCount
    if count < 2 { return shown }
    return shown + "\n\(count) errors"
      + (omittedCount > 0 ? ", of which the first \(diagnostics.count) are shown" : "")
  }
}

/// Collects the mistakes of one file, and of those that it includes, while they are being read, so that a user sees
/// all of them at once.
public final class DiagnosticCollector {
  /// The file that was asked for, then those that it includes: a location's `file` is a place in this list.
  public private(set) var sources: [SourceText]
  /// In the order in which they were found, without repetitions; at most `limit`.
  public private(set) var diagnostics: [Diagnostic] = []
  /// More mistakes than this are counted, not kept: nobody reads them, and a hostile file could make millions.
  public let limit: Int
  private var seen: Set<Diagnostic> = []
  private var omittedCount = 0
  /// A file with as many names as mistakes would otherwise take the square of its length.
  private var comparisonsLeft = 500_000

  /// A collector of nothing yet.
  public init(_ source: SourceText, limit: Int = 100) {
    sources = [source]
    self.limit = limit
  }

  /// The file that was asked for.
  public var source: SourceText { sources[0] }

  /// The file that a location is in.
  public func source(at location: SourceLocation) -> SourceText {
    sources.indices.contains(location.file) ? sources[location.file] : source
  }

  /// Takes another file in, whose mistakes are reported too.
  ///
  /// - Returns: what the `file` of its locations must be.
  public func add(_ source: SourceText) -> Int {
    sources.append(source)
    return sources.count - 1
  }

  /// A place for messages about another place: `3:4`, or `common.yaml:3:4` when the two are in different files.
  public func place(_ location: SourceLocation, seenFrom other: SourceLocation?) -> String {
    let place = "\(location.line):\(location.column)"
    return location.file == other?.file ?? 0 ? place : "\(source(at: location).name):\(place)"
  }

  /// Whether nothing was reported so far.
  public var isEmpty: Bool { diagnostics.isEmpty }

  /// Notes a mistake at a place of the file; reading goes on.
  public func report(_ message: String, at location: SourceLocation?, suggestion: String? = nil) {
    guard diagnostics.count < limit else {
      omittedCount += 1
      return
    }
    let source = location.map(source(at:)) ?? source
    add(
      Diagnostic(
        file: source.name, location: location, message: message, suggestion: suggestion,
        sourceLine: location.flatMap { source.line($0.line) }.map(String.init)))
  }

  /// The valid name that a mistyped one most likely meant, for the mistake that is reported next; nil as well when
  /// that mistake will not be kept, and once very many names were compared.
  public func suggestion(for typed: String?, among names: some Collection<String>) -> String? {
    guard let typed, diagnostics.count < limit, comparisonsLeft > 0 else { return nil }
    comparisonsLeft -= names.count
    return nearestSpelling(to: typed, among: names)
  }

  /// Notes mistakes that ended the reading of one text.
  public func add(_ invalid: InvalidDocument) {
    invalid.diagnostics.forEach(add)
    omittedCount += invalid.omittedCount
  }

  private func add(_ diagnostic: Diagnostic) {
    guard diagnostics.count < limit else {
      omittedCount += 1
      return
    }
    if seen.insert(diagnostic).inserted { diagnostics.append(diagnostic) }
  }

  /// - Throws: `InvalidDocument` when anything was reported.
  public func throwIfAny() throws {
    if !diagnostics.isEmpty { throw InvalidDocument(diagnostics, omittedCount: omittedCount) }
  }
}
