/// The number of candidates of a space, exact at any size.
public struct Cardinality: Hashable, Sendable, CustomStringConvertible {
  private let count: NaturalNumber
  /// True when budgets may exclude some candidates.
  public let isUpperBound: Bool

  init(_ count: NaturalNumber, isUpperBound: Bool) {
    self.count = count
    self.isUpperBound = isUpperBound
  }

  /// Nil when the number is 2⁶⁴ or more.
  public var uint64: UInt64? { count.uint64 }

  /// Nil when the number does not fit an `Int`.
  public var int: Int? { uint64.flatMap { Int(exactly: $0) } }

  /// The number in decimal, without separators.
  public var decimal: String { count.description }

  /// `1536`, or `at most 1536`.
  public var description: String { isUpperBound ? "at most \(decimal)" : decimal }
}
