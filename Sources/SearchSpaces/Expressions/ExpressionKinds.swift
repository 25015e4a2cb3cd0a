import ArchitecturePlugins
import YAMLDocuments

/// A part of an expression that has been read, and what can be done with it.
struct ExpressionTerm {
  enum Kind: Hashable {
    case parameter(ExpressionScope.Kind)
    case number
    case truth
    case list
    /// A word that is no parameter, or a text in quotes.
    case name(String, isQuoted: Bool)
  }

  var expression: ChoiceExpression
  var kind: Kind
  var offset: Int

  /// What stands here in a message.
  var shown: String {
    switch kind {
    case .parameter: "'\(expression)'"
    case .number: "the number \(expression)"
    case .truth: "'\(expression)', which is true or false,"
    case .list: "a list"
    case .name(let name, let isQuoted): isQuoted ? "\"\(name)\"" : "'\(name)'"
    }
  }
}

/// Puts terms together when their kinds allow it: `relu` is no number, and `depth` is never `relu`.
///
/// Each function throws the `ExpressionError` that says what stands where, and what was expected.
struct ExpressionKinds {
  let scope: ExpressionScope

  /// A term that is true or false.
  func truth(_ term: ExpressionTerm) throws(ExpressionError) -> ExpressionTerm {
    switch term.kind {
    case .truth, .parameter(.truth): return term
    case .name(let name, isQuoted: false): throw scope.unknown(name, at: term.offset)
    default:
      throw ExpressionError(
        message: "\(term.shown) is neither true nor false; expected a comparison\(example(term))",
        offset: term.offset)
    }
  }

  private func example(_ term: ExpressionTerm) -> String {
    switch term.kind {
    case .parameter(.word(let names)): ", such as \(term.expression) == \(names.first ?? "")"
    case .parameter(.number): ", such as \(term.expression) > 1"
    default: ""
    }
  }

  /// A term that is a number.
  func number(_ term: ExpressionTerm) throws(ExpressionError) -> ExpressionTerm {
    switch term.kind {
    case .number, .parameter(.number): return term
    case .parameter(.numberOrList):
      let name = term.expression.description
      throw ExpressionError(
        message:
          "'\(name)' has lists among its values; say which of their numbers is meant: min(\(name)), max(\(name)), "
          + "first(\(name)), last(\(name)), sum(\(name)) or length(\(name))", offset: term.offset)
    default: throw wrongKind(term, "a number", of: nil)
    }
  }

  /// What to say of a term that stands where another kind was expected.
  ///
  /// - Parameter what: what the place belongs to, when that is not plain.
  func wrongKind(_ term: ExpressionTerm, _ expected: String, of what: String?) -> ExpressionError {
    if case .name(let name, isQuoted: false) = term.kind { return scope.unknown(name, at: term.offset) }
    let place = what.map { " in \($0)" } ?? ""
    return ExpressionError(
      message: "\(term.shown) stands here\(place); expected \(expected)", offset: term.offset)
  }

  /// `and` and `or`.
  func connect(_ operation: ChoiceExpression.Operator, _ left: ExpressionTerm, _ right: ExpressionTerm)
    throws(ExpressionError) -> ExpressionTerm
  {
    let (left, right) = (try truth(left), try truth(right))
    return ExpressionTerm(
      expression: .binary(operation, left.expression, right.expression), kind: .truth, offset: left.offset)
  }

  /// Arithmetic.
  func calculate(_ operation: ChoiceExpression.Operator, _ left: ExpressionTerm, _ right: ExpressionTerm)
    throws(ExpressionError) -> ExpressionTerm
  {
    let (left, right) = (try number(left), try number(right))
    return ExpressionTerm(
      expression: .binary(operation, left.expression, right.expression), kind: .number, offset: left.offset)
  }

  /// A comparison of two terms of one kind.
  func compare(_ operation: ChoiceExpression.Operator, _ left: ExpressionTerm, _ right: ExpressionTerm)
    throws(ExpressionError) -> ExpressionTerm
  {
    if operation == .equal || operation == .notEqual {
      try requireComparable(left, right)
    } else {
      _ = (try number(left), try number(right))
    }
    return ExpressionTerm(
      expression: .binary(operation, left.expression, right.expression), kind: .truth, offset: left.offset)
  }

  private func requireComparable(_ left: ExpressionTerm, _ right: ExpressionTerm) throws(ExpressionError) {
    switch (left.kind, right.kind) {
    case (.parameter(.word(let names)), .name(let name, _)):
      try require(name, among: names, of: left, at: right.offset)
    case (.name(let name, _), .parameter(.word(let names))):
      try require(name, among: names, of: right, at: left.offset)
    case (.parameter(.word), .parameter(.word)), (.parameter(.text), .name), (.name, .parameter(.text)),
      (.parameter(.text), .parameter(.text)), (.parameter(.numberOrList), .list),
      (.list, .parameter(.numberOrList)), (.parameter(.numberOrList), .parameter(.numberOrList)),
      (.parameter(.numberOrList), .number), (.number, .parameter(.numberOrList)):
      return
    case (.truth, _), (.parameter(.truth), _): _ = try truth(right)
    case (_, .truth), (_, .parameter(.truth)): _ = try truth(left)
    case (.parameter(.word(let names)), _):
      throw wrongKind(right, "one of \(names.joined(separator: ", "))", of: nil)
    case (_, .parameter(.word(let names))):
      throw wrongKind(left, "one of \(names.joined(separator: ", "))", of: nil)
    case (.parameter(.text), _): throw wrongKind(right, "a text in quotes", of: nil)
    case (_, .parameter(.text)): throw wrongKind(left, "a text in quotes", of: nil)
    default: _ = (try number(left), try number(right))
    }
  }

  private func require(_ name: String, among names: [String], of parameter: ExpressionTerm, at offset: Int)
    throws(ExpressionError)
  {
    guard !names.contains(name) else { return }
    throw ExpressionError(
      message: "\(parameter.shown) is never '\(name)'; expected one of \(names.joined(separator: ", "))",
      offset: offset, suggestion: nearestSpelling(to: name, among: names))
  }

  /// Whether a value is one of some.
  ///
  /// - Parameter offset: of the list of values.
  func member(_ left: ExpressionTerm, of values: [ParameterValue], at offset: Int) throws(ExpressionError)
    -> ChoiceExpression
  {
    for value in values {
      switch (left.kind, value) {
      case (.parameter(.word(let names)), .text(let name)):
        try require(name, among: names, of: left, at: offset)
      case (.parameter(.text), .text), (.parameter(.truth), .boolean), (.truth, .boolean),
        (.parameter(.number), .integer), (.parameter(.number), .real), (.number, .integer), (.number, .real),
        (.parameter(.numberOrList), .integer), (.parameter(.numberOrList), .list):
        continue
      case (.name(let name, isQuoted: false), _): throw scope.unknown(name, at: left.offset)
      default:
        throw ExpressionError(message: "\(left.shown) is never \(value)", offset: offset)
      }
    }
    return .member(left.expression, of: values)
  }
}
