/// What can be wrong with one parameter of a family.
public struct ParameterProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The parameter as the user wrote it.
  public let parameter: String
  /// One sentence that names the parameter, the offending value and what was expected.
  public let message: String
  /// The nearest valid name.
  public let suggestion: String?

  /// - Parameters:
  ///   - parameter: the one that is wrong.
  ///   - message: what was found and what was expected.
  ///   - suggestion: the nearest valid spelling.
  public init(parameter: String, message: String, suggestion: String? = nil) {
    self.parameter = parameter
    self.message = message
    self.suggestion = suggestion
  }

  /// The message, and the suggestion when there is one.
  public var description: String { suggestion.map { "\(message); did you mean '\($0)'?" } ?? message }
}

/// Why a family cannot be found, registered, or turned into a network.
public enum PluginError: Error, Hashable, Sendable, CustomStringConvertible {
  case unknownFamily(name: String, known: [String], suggestion: String?)
  case duplicateFamily(name: String)
  /// Names a family or parameter that cannot be typed in a search space.
  case invalidName(String)
  /// Everything wrong with one set of choices.
  case invalidChoices(family: String, problems: [ParameterProblem])

  /// What is wrong, in words.
  public var description: String {
    switch self {
    case .unknownFamily(let name, let known, let suggestion):
      let expected =
        suggestion.map { "did you mean '\($0)'?" } ?? "expected one of \(known.joined(separator: ", "))"
      return "unknown architecture family '\(name)'; \(expected)"
    case .duplicateFamily(let name):
      return "two architecture families are called '\(name)'; leave one of them out"
    case .invalidName(let name):
      return "'\(name)' cannot name a family or parameter; expected lowercase letters, digits and underscores"
    case .invalidChoices(let family, let problems):
      return "\(family): " + problems.map(\.description).joined(separator: "; ")
    }
  }
}
