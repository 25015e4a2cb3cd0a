/// A place in a text file, as editors count: both numbers start at 1, columns count Unicode scalars.
public struct SourceLocation: Hashable, Sendable {
  public let line: Int
  public let column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// A text with the name it is known by in messages (usually the path that the user typed).
public struct SourceText: Sendable {
  public let name: String
  public let text: String

  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }

  /// The line with this number (from 1), without its line ending; nil past the end.
  public func line(_ number: Int) -> Substring? {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.indices.contains(number - 1) else { return nil }
    let line = lines[number - 1]
    return line.last == "\r" ? line.dropLast() : line
  }
}
