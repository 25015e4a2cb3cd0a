import YAMLDocuments

/// What is wrong with an architecture string.
public struct ArchitectureStringError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The first character that is wrong, counted from 1.
  public let position: Int
  /// What stands there: empty at the end of the text.
  public let token: String
  /// What was expected instead: `'|'`, `one of none, …`.
  public let expected: String
  /// The nearest valid operation, when the token may have been meant as one.
  public let suggestion: String?

  /// Without the suggestion, which whoever reports the error shows in a way of its own.
  public var message: String {
    let found =
      token.isEmpty ? "the text ends at character \(position)" : "character \(position) is '\(token)'"
    return "\(found); expected \(expected)"
  }

  /// The message, and the suggestion when there is one.
  public var description: String { suggestion.map { "\(message); did you mean '\($0)'?" } ?? message }
}

extension NASBench201Cell {
  /// What an architecture string looks like, for messages.
  static let form = "an architecture string such as |op~0|+|op~0|op~1|+|op~0|op~1|op~2|"

  /// Reads an architecture string: every edge, in the benchmark's order, and nothing else.
  ///
  /// - Throws: `ArchitectureStringError` at the first character that is wrong.
  public init(parsing text: String) throws(ArchitectureStringError) {
    var reader = ArchitectureStringReader(text)
    try self.init { edge throws(ArchitectureStringError) in
      if edge.predecessor == 0 { try reader.skip(edge.node == 1 ? "|" : "+|") }
      let operation = try reader.operation()
      try reader.skip("~\(edge.predecessor)|")
      return operation
    }
    try reader.requireEnd()
  }
}

/// Reads from the start of an architecture string to its end.
private struct ArchitectureStringReader {
  private var rest: Substring
  private var position = 1

  init(_ text: String) { rest = text[...] }

  /// The name up to the next mark.
  mutating func operation() throws(ArchitectureStringError) -> CellOperation {
    let name = rest.prefix { !"|~+".contains($0) }
    guard let operation = CellOperation(rawValue: String(name)) else {
      throw ArchitectureStringError(
        position: position, token: name.isEmpty ? shown(rest.prefix(1)) : shown(name),
        expected: "one of \(CellOperation.names.joined(separator: ", "))",
        suggestion: nearestSpelling(to: String(name), among: CellOperation.names))
    }
    advance(past: name)
    return operation
  }

  /// The marks between two operations, or around all.
  mutating func skip(_ marks: String) throws(ArchitectureStringError) {
    for mark in marks {
      guard rest.first == mark else { throw unexpected(expected: "'\(mark)'") }
      advance(past: rest.prefix(1))
    }
  }

  func requireEnd() throws(ArchitectureStringError) {
    guard rest.isEmpty else { throw unexpected(expected: "the end, since all six edges have been given") }
  }

  private func unexpected(expected: String) -> ArchitectureStringError {
    ArchitectureStringError(
      position: position, token: shown(rest.prefix(1)), expected: expected, suggestion: nil)
  }

  private mutating func advance(past part: Substring) {
    position += part.count
    rest = rest[part.endIndex...]
  }

  /// Short enough for a message.
  private func shown(_ token: Substring) -> String {
    token.count > 32 ? "\(token.prefix(32))…" : String(token)
  }
}
