import ArchitecturePlugins

extension ChoiceExpression {
  /// The expression's value where every parameter is known; nil when it is undefined.
  func value(_ parameter: (String) -> ParameterValue?) -> ParameterValue? {
    if case .constant(let value) = folding({ .constant(parameter($0)) }) { value } else { nil }
  }

  /// The expression with parameters replaced, computed as far as that allows. Folding as values become known is what
  /// lets `ChoiceDiagram` see that different choices leave the same question open.
  ///
  /// - Parameter replacement: a constant, undefined for a parameter that the candidate does not have, or the parameter
  ///   itself while it is not known.
  func folding(_ replacement: (String) -> ChoiceExpression) -> ChoiceExpression {
    switch self {
    case .constant: self
    case .parameter(let name): replacement(name)
    case .negated(let inner):
      .computed([inner.folding(replacement)]) {
        ChoiceArithmetic.negative($0[0])
      } else: {
        .negated($0[0])
      }
    case .not(let inner):
      .computed([inner.folding(replacement)]) {
        $0[0].boolean.map { .boolean(!$0) }
      } else: {
        .not($0[0])
      }
    case .member(let inner, let values):
      .computed([inner.folding(replacement)]) { operand in
        .boolean(values.contains { ChoiceArithmetic.areEqual($0, operand[0]) })
      } else: {
        .member($0[0], of: values)
      }
    case .call(let function, let arguments):
      .computed(arguments.map { $0.folding(replacement) }) {
        ChoiceArithmetic.call(function, $0)
      } else: {
        .call(function, $0)
      }
    case .isTrue(let inner): Self.truth(of: inner.folding(replacement))
    case .binary(.and, let left, let right):
      Self.connected(.and, left.folding(replacement), right.folding(replacement), neutral: true)
    case .binary(.or, let left, let right):
      Self.connected(.or, left.folding(replacement), right.folding(replacement), neutral: false)
    case .binary(let operation, let left, let right):
      .computed([left.folding(replacement), right.folding(replacement)]) {
        ChoiceArithmetic.result(operation, $0[0], $0[1])
      } else: {
        .binary(operation, $0[0], $0[1])
      }
    }
  }

  /// The result of known operands; undefined when any is; else the operation on what is left of them.
  private static func computed(
    _ operands: [ChoiceExpression], _ compute: ([ParameterValue]) -> ParameterValue?,
    else rest: ([ChoiceExpression]) -> ChoiceExpression
  ) -> ChoiceExpression {
    var values: [ParameterValue] = []
    for operand in operands {
      if case .constant(let value) = operand {
        guard let value else { return .constant(nil) }
        values.append(value)
      }
    }
    return values.count == operands.count ? .constant(compute(values)) : rest(operands)
  }

  private static func truth(of inner: ChoiceExpression) -> ChoiceExpression {
    if case .constant(let value) = inner {
      .constant(.boolean(value == .boolean(true)))
    } else {
      .isTrue(inner)
    }
  }

  /// `and`, to which true is neutral and false decides, and `or`, the other way round (Kleene 1952, §64).
  private static func connected(
    _ operation: Operator, _ left: ChoiceExpression, _ right: ChoiceExpression, neutral: Bool
  ) -> ChoiceExpression {
    let deciding = ChoiceExpression.constant(.boolean(!neutral))
    let neutral = ChoiceExpression.constant(.boolean(neutral))
    if left == deciding || right == deciding { return deciding }
    if left == neutral { return right }
    if right == neutral || left == right { return left }
    return .binary(operation, left, right)
  }
}

/// Arithmetic and comparisons of values. Integers are exact while they fit 64 bits; then, and with reals, results are
/// rounded to doubles. Nil where a result is undefined.
enum ChoiceArithmetic {
  static func negative(_ value: ParameterValue) -> ParameterValue? {
    result(.minus, .integer(0), value)
  }

  static func result(_ operation: ChoiceExpression.Operator, _ a: ParameterValue, _ b: ParameterValue)
    -> ParameterValue?
  {
    switch operation {
    case .and, .or: return nil
    case .equal: return .boolean(areEqual(a, b))
    case .notEqual: return .boolean(!areEqual(a, b))
    case .less: return isLess(a, b).map { .boolean($0) }
    case .greater: return isLess(b, a).map { .boolean($0) }
    case .lessOrEqual: return isLess(b, a).map { .boolean(!$0) }
    case .greaterOrEqual: return isLess(a, b).map { .boolean(!$0) }
    case .plus: return number(a, b, { $0.addingReportingOverflow($1) }, +)
    case .minus: return number(a, b, { $0.subtractingReportingOverflow($1) }, -)
    case .times: return number(a, b, { $0.multipliedReportingOverflow(by: $1) }, *)
    case .dividedBy: return quotient(a, b)
    case .modulo: return remainder(a, b)
    }
  }

  static func call(_ function: ChoiceExpression.Function, _ arguments: [ParameterValue]) -> ParameterValue? {
    let numbers = arguments.flatMap { value in if case .list(let values) = value { values } else { [value] } }
    switch function {
    case .min: return numbers.min { isLess($0, $1) ?? false }
    case .max: return numbers.max { isLess($0, $1) ?? false }
    case .first: return numbers.first
    case .last: return numbers.last
    case .length, .sum:
      guard case .list(let values)? = arguments.first else { return nil }
      if function == .length { return .integer(values.count) }
      return values.reduce(.integer(0)) { sum, value in sum.flatMap { result(.plus, $0, value) } }
    }
  }

  static func areEqual(_ a: ParameterValue, _ b: ParameterValue) -> Bool {
    switch (a, b) {
    case (.integer(let integer), .real(let real)), (.real(let real), .integer(let integer)):
      Double(integer) == real
    case (.list(let a), .list(let b)): a.count == b.count && zip(a, b).allSatisfy(areEqual)
    default: a == b
    }
  }

  private static func isLess(_ a: ParameterValue, _ b: ParameterValue) -> Bool? {
    if case .integer(let a) = a, case .integer(let b) = b { return a < b }
    guard let a = a.real, let b = b.real else { return nil }
    return a < b
  }

  private static func number(
    _ a: ParameterValue, _ b: ParameterValue, _ exact: (Int, Int) -> (partialValue: Int, overflow: Bool),
    _ rounded: (Double, Double) -> Double
  ) -> ParameterValue? {
    if case .integer(let a) = a, case .integer(let b) = b {
      let (result, overflow) = exact(a, b)
      if !overflow { return .integer(result) }
    }
    guard let a = a.real, let b = b.real else { return nil }
    let result = rounded(a, b)
    return result.isFinite ? .real(result) : nil
  }

  /// An integer where the division of integers leaves nothing.
  private static func quotient(_ a: ParameterValue, _ b: ParameterValue) -> ParameterValue? {
    if case .integer(let a) = a, case .integer(let b) = b, b != 0 {
      let (quotient, overflow) = a.dividedReportingOverflow(by: b)
      if !overflow, quotient * b == a { return .integer(quotient) }
    }
    guard let a = a.real, let b = b.real, b != 0 else { return nil }
    let result = a / b
    return result.isFinite ? .real(result) : nil
  }

  private static func remainder(_ a: ParameterValue, _ b: ParameterValue) -> ParameterValue? {
    guard case .integer(let a) = a, case .integer(let b) = b, b != 0 else { return nil }
    let (remainder, overflow) = a.remainderReportingOverflow(dividingBy: b)
    if overflow { return .integer(0) }
    return .integer(remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder)
  }
}

extension ParameterValue {
  fileprivate var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }

  /// A number as a double.
  fileprivate var real: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }
}
