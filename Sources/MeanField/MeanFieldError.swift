/// What a question about mean-field theory can be wrong in.
public enum MeanFieldError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A parameter outside its range; the text names it and the range.
  case invalidParameter(String)
  /// A quantity that does not exist for these parameters, and why.
  case undefined(String)

  /// What the theory has no place for, in words.
  public var description: String {
    switch self {
    case .invalidParameter(let text), .undefined(let text): text
    }
  }

  /// - Throws: `.invalidParameter` unless `value` is a finite number of at least `minimum`.
  static func require(_ value: Double, _ name: String, atLeast minimum: Double = 0) throws(MeanFieldError) {
    guard value >= minimum, value.isFinite else {
      throw .invalidParameter("\(name) is \(value); expected a number of at least \(minimum)")
    }
  }
}
