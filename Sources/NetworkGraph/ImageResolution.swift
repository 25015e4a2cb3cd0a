/// How many pixels an image has, down and across.
public struct ImageResolution: Hashable, Sendable, CustomStringConvertible {
  /// At least 1.
  public let height: Int
  /// At least 1.
  public let width: Int

  /// Numbers below 1 count as 1.
  public init(height: Int, width: Int) {
    self.height = max(1, height)
    self.width = max(1, width)
  }

  /// `[16, 16]`, as search spaces write it.
  public var description: String { "[\(height), \(width)]" }
}
