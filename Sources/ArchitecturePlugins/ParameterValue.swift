/// The value of one architecture parameter.
public enum ParameterValue: Hashable, Sendable {
  case integer(Int)
  case real(Double)
  case boolean(Bool)
  case text(String)
  /// For parameters given per layer or per stage.
  case list([ParameterValue])
}

/// One candidate's choices: a value for some or all parameters of its family, by name. Kept sorted by name wherever
/// order is visible.
public typealias Choices = [String: ParameterValue]
