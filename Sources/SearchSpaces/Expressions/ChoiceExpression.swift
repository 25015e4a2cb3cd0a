import ArchitecturePlugins

/// What `when` and `where` say of a candidate's parameters, read and checked.
///
/// Every expression has a value for every candidate: a parameter that the candidate does not have, a division by
/// zero and a result that is not finite are *undefined*, and so is whatever is computed from them. `and`, `or` and
/// `not` follow Kleene's logic of three values: an undefined part only matters where the others leave the answer
/// open.
public indirect enum ChoiceExpression: Hashable, Sendable {
  /// Nil when undefined.
  case constant(ParameterValue?)
  case parameter(String)
  case negated(ChoiceExpression)
  case not(ChoiceExpression)
  case binary(Operator, ChoiceExpression, ChoiceExpression)
  /// Whether a value is one of some.
  case member(ChoiceExpression, of: [ParameterValue])
  case call(Function, [ChoiceExpression])
  /// Whether an expression is true: false where it is undefined.
  case isTrue(ChoiceExpression)

  /// What stands between two expressions; the raw value is how it is written.
  public enum Operator: String, Sendable, CaseIterable {
    case or, and
    case equal = "=="
    case notEqual = "!="
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case less = "<"
    case greater = ">"
    case plus = "+"
    case minus = "-"
    case times = "*"
    case dividedBy = "/"
    /// Of integers, with the sign of the divisor.
    case modulo = "%"

    /// Higher binds tighter.
    var precedence: Int {
      switch self {
      case .or: 1
      case .and: 2
      case .equal, .notEqual, .lessOrEqual, .greaterOrEqual, .less, .greater: 4
      case .plus, .minus: 5
      case .times, .dividedBy, .modulo: 6
      }
    }
  }

  /// Of lists, which some parameters are given as, and of numbers.
  public enum Function: String, Sendable, CaseIterable {
    /// Of one or more numbers and lists of them, all together.
    case min, max
    /// Of a list; a number, which stands for every layer, is its own first and last.
    case first, last
    /// Of a list; undefined for a number, which stands for as many layers as there are.
    case length, sum
  }
}

extension ChoiceExpression {
  /// Whether the expression depends on a parameter.
  func mentions(_ name: String) -> Bool {
    switch self {
    case .constant: false
    case .parameter(let parameter): parameter == name
    case .negated(let inner), .not(let inner), .member(let inner, _), .isTrue(let inner):
      inner.mentions(name)
    case .binary(_, let left, let right): left.mentions(name) || right.mentions(name)
    case .call(_, let arguments): arguments.contains { $0.mentions(name) }
    }
  }

  /// How many parts it has, the values of lists among them: what folding it costs.
  var size: Int {
    switch self {
    case .constant, .parameter: 1
    case .negated(let inner), .not(let inner), .isTrue(let inner): 1 + inner.size
    case .member(let inner, let values): 1 + inner.size + values.count
    case .binary(_, let left, let right): 1 + left.size + right.size
    case .call(_, let arguments): arguments.reduce(1) { $0 + $1.size }
    }
  }

  /// The parts that must all hold: `a and b` are two.
  var conjuncts: [ChoiceExpression] {
    if case .binary(.and, let left, let right) = self { left.conjuncts + right.conjuncts } else { [self] }
  }
}

extension ChoiceExpression: CustomStringConvertible {
  /// The expression in one spelling, with no more parentheses than it needs: `width * depth <= 1024`.
  public var description: String { text(within: 0) }

  private func text(within precedence: Int) -> String {
    switch self {
    case .constant(let value): value.map(Self.literal) ?? "undefined"
    case .parameter(let name): name
    case .negated(let inner): parenthesized("-" + inner.text(within: 7), 7, within: precedence)
    case .not(let inner): parenthesized("not " + inner.text(within: 3), 3, within: precedence)
    case .isTrue(let inner): "is_true(\(inner))"
    case .call(let function, let arguments):
      "\(function.rawValue)(" + arguments.map(\.description).joined(separator: ", ") + ")"
    case .member(let inner, let values):
      parenthesized(
        inner.text(within: 5) + " in [" + values.map(Self.literal).joined(separator: ", ") + "]", 4,
        within: precedence)
    case .binary(let operation, let left, let right):
      parenthesized(
        left.text(within: operation.precedence == 4 ? 5 : operation.precedence)
          + " \(operation.rawValue) " + right.text(within: operation.precedence + 1), operation.precedence,
        within: precedence)
    }
  }

  private func parenthesized(_ text: String, _ own: Int, within outer: Int) -> String {
    own < outer ? "(\(text))" : text
  }

  /// Words as they may be typed, other text in quotes.
  private static func literal(_ value: ParameterValue) -> String {
    switch value {
    case .text(let text) where !ExpressionToken.isWord(text): value.canonicalJSON
    case .list(let values): "[" + values.map(literal).joined(separator: ", ") + "]"
    default: value.description
    }
  }
}
