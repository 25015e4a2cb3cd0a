/// A place in a text file, as editors count: both numbers start at 1, columns count Unicode scalars.
public struct SourceLocation: Hashable, Sendable, Comparable {
  /// From 1.
  public let line: Int
  /// In Unicode scalars, from 1.
  public let column: Int
  /// Which text of several that are read together: 0 is the one that was asked for, the others are those that it
  /// includes, as `DiagnosticCollector` numbers them.
  public let file: Int

  /// A place in the text that was asked for, unless another is said.
  public init(line: Int, column: Int, file: Int = 0) {
    self.line = line
    self.column = column
    self.file = file
  }

  /// By text, then by line, then by column.
  public static func < (a: SourceLocation, b: SourceLocation) -> Bool {
    (a.file, a.line, a.column) < (b.file, b.line, b.column)
  }
}
