import ArchitecturePlugins
import YAMLDocuments

extension ChoiceExpression {
  /// Reads an expression whose answer is true or false.
  ///
  ///     expression := conjunction ("or" conjunction)*
  ///     conjunction := negation ("and" negation)*
  ///     negation := "not" negation | comparison
  ///     comparison := sum [("==" | "!=" | "<" | "<=" | ">" | ">=") sum | ["not"] "in" list]
  ///     sum := product (("+" | "-") product)*
  ///     product := factor (("*" | "/" | "%") factor)*
  ///     factor := "-" factor | "(" expression ")" | function "(" expression ("," expression)* ")"
  ///             | list | number | text | "true" | "false" | parameter | word
  ///     list := "[" [literal ("," literal)*] "]"
  ///
  /// A word that is no parameter is a value of the parameter it is compared with.
  ///
  /// - Throws: `ExpressionError` at the first mistake: of form, of names, or of kind (`relu` is no number).
  init(parsing text: String, in scope: ExpressionScope) throws(ExpressionError) {
    guard text.unicodeScalars.count <= Self.lengthLimit else {
      throw ExpressionError(
        message:
          "an expression of \(text.unicodeScalars.count) characters; at most \(Self.lengthLimit) are read",
        offset: 0)
    }
    var parser = ExpressionParser(tokens: try ExpressionLexer.tokens(of: text), scope: scope)
    self = try parser.whole()
  }

  private static let lengthLimit = 4096
}

private struct ExpressionParser {
  private let tokens: [ExpressionToken]
  private let scope: ExpressionScope
  private var place = 0
  private var depth = 0

  private static let depthLimit = 64

  private var kinds: ExpressionKinds { ExpressionKinds(scope: scope) }

  init(tokens: [ExpressionToken], scope: ExpressionScope) {
    self.tokens = tokens
    self.scope = scope
  }

  mutating func whole() throws(ExpressionError) -> ChoiceExpression {
    let term = try kinds.truth(try disjunction())
    guard token.kind == .end else { throw unexpected("'and', 'or' or the end") }
    return term.expression
  }

  // MARK: Grammar

  private mutating func disjunction() throws(ExpressionError) -> ExpressionTerm {
    try nested { parser throws(ExpressionError) in
      var left = try parser.conjunction()
      while parser.take(word: "or") { left = try parser.kinds.connect(.or, left, try parser.conjunction()) }
      return left
    }
  }

  private mutating func conjunction() throws(ExpressionError) -> ExpressionTerm {
    var left = try negation()
    while take(word: "and") { left = try kinds.connect(.and, left, try negation()) }
    return left
  }

  private mutating func negation() throws(ExpressionError) -> ExpressionTerm {
    let offset = token.offset
    guard take(word: "not") else { return try comparison() }
    let inner = try nested { parser throws(ExpressionError) in try parser.kinds.truth(try parser.negation()) }
    return ExpressionTerm(expression: .not(inner.expression), kind: .truth, offset: offset)
  }

  private mutating func comparison() throws(ExpressionError) -> ExpressionTerm {
    let left = try sum()
    let isNegated = token.kind == .word("not") && tokens[place + 1].kind == .word("in")
    if isNegated { place += 1 }
    if take(word: "in") {
      let offset = token.offset
      let member = try kinds.member(left, of: try list(), at: offset)
      return ExpressionTerm(expression: isNegated ? .not(member) : member, kind: .truth, offset: left.offset)
    }
    guard let operation = comparisonOperator() else { return left }
    let right = try sum()
    let result = try kinds.compare(operation, left, right)
    if comparisonOperator() != nil {
      place -= 1
      throw ExpressionError(
        message: "comparisons do not chain; join two of them with 'and'", offset: token.offset)
    }
    return result
  }

  private mutating func sum() throws(ExpressionError) -> ExpressionTerm {
    var left = try product()
    while let operation = take([.plus, .minus]) { left = try kinds.calculate(operation, left, try product()) }
    return left
  }

  private mutating func product() throws(ExpressionError) -> ExpressionTerm {
    var left = try factor()
    while let operation = take([.times, .dividedBy, .modulo]) {
      left = try kinds.calculate(operation, left, try factor())
    }
    return left
  }

  private mutating func factor() throws(ExpressionError) -> ExpressionTerm {
    let start = token
    switch start.kind {
    case .mark("-"):
      place += 1
      let inner = try nested { parser throws(ExpressionError) in try parser.kinds.number(try parser.factor())
      }
      return ExpressionTerm(expression: .negated(inner.expression), kind: .number, offset: start.offset)
    case .mark("("):
      place += 1
      var inner = try disjunction()
      try expect(")", "to close the parenthesis")
      inner.offset = start.offset
      return inner
    case .mark("["):
      let values = try list()
      return ExpressionTerm(expression: .constant(.list(values)), kind: .list, offset: start.offset)
    case .word(let word) where !["and", "or", "not", "in"].contains(word):
      place += 1
      return try named(word, at: start.offset)
    case .number(let value):
      place += 1
      return ExpressionTerm(expression: .constant(value), kind: .number, offset: start.offset)
    case .quoted(let text):
      place += 1
      return ExpressionTerm(
        expression: .constant(.text(text)), kind: .name(text, isQuoted: true), offset: start.offset)
    default:
      throw unexpected("a parameter, a number or a value")
    }
  }

  private mutating func named(_ word: String, at offset: Int) throws(ExpressionError) -> ExpressionTerm {
    if word == "true" || word == "false" {
      return ExpressionTerm(expression: .constant(.boolean(word == "true")), kind: .truth, offset: offset)
    }
    if token.kind == .mark("(") { return try call(word, at: offset) }
    guard scope.isParameter(word) else {
      return ExpressionTerm(
        expression: .constant(.text(word)), kind: .name(word, isQuoted: false), offset: offset)
    }
    let kind = try scope.kind(of: word, at: offset)
    return ExpressionTerm(expression: .parameter(word), kind: .parameter(kind), offset: offset)
  }

  private mutating func call(_ name: String, at offset: Int) throws(ExpressionError) -> ExpressionTerm {
    guard let function = ChoiceExpression.Function(rawValue: name) else {
      let names = ChoiceExpression.Function.allCases.map(\.rawValue)
      throw ExpressionError(
        message: "there is no function '\(name)'; expected one of \(names.joined(separator: ", "))",
        offset: offset, suggestion: nearestSpelling(to: name, among: names))
    }
    place += 1
    var arguments: [ExpressionTerm] = []
    repeat { arguments.append(try disjunction()) } while take(mark: ",")
    try expect(")", "to close '\(name)('")
    for argument in arguments {
      switch argument.kind {
      case .parameter(.numberOrList), .parameter(.number), .number, .list: continue
      default: throw kinds.wrongKind(argument, "a number or a list of numbers", of: "'\(name)'")
      }
    }
    let takesMany = function == .min || function == .max
    guard takesMany || arguments.count == 1 else {
      throw ExpressionError(
        message: "'\(name)' takes one list, and \(arguments.count) arguments are given", offset: offset)
    }
    return ExpressionTerm(
      expression: .call(function, arguments.map(\.expression)), kind: .number, offset: offset)
  }

  /// Literals in brackets, lists of numbers among them.
  private mutating func list() throws(ExpressionError) -> [ParameterValue] {
    try nested { parser throws(ExpressionError) in
      try parser.expect("[", "to begin a list of values")
      var values: [ParameterValue] = []
      if parser.take(mark: "]") { return values }
      repeat { values.append(try parser.element()) } while parser.take(mark: ",")
      try parser.expect("]", "to close the list")
      return values
    }
  }

  private mutating func element() throws(ExpressionError) -> ParameterValue {
    if token.kind == .mark("[") { return .list(try list()) }
    let isNegative = take(mark: "-")
    let current = token
    switch current.kind {
    case .number(let value):
      place += 1
      return isNegative ? ChoiceArithmetic.negative(value) ?? value : value
    case .word("true") where !isNegative, .word("false") where !isNegative:
      place += 1
      return .boolean(current.kind == .word("true"))
    case .word(let text) where !isNegative && !ExpressionToken.reservedWords.contains(text):
      place += 1
      return .text(text)
    case .quoted(let text) where !isNegative:
      place += 1
      return .text(text)
    default: throw unexpected("a value, since lists hold no expressions")
    }
  }

  // MARK: Tokens

  private var token: ExpressionToken { tokens[min(place, tokens.count - 1)] }

  private mutating func take(word: String) -> Bool { take(.word(word)) }
  private mutating func take(mark: String) -> Bool { take(.mark(mark)) }

  private mutating func take(_ kind: ExpressionToken.Kind) -> Bool {
    guard token.kind == kind else { return false }
    place += 1
    return true
  }

  private mutating func take(_ operations: [ChoiceExpression.Operator]) -> ChoiceExpression.Operator? {
    operations.first { take(mark: $0.rawValue) }
  }

  private mutating func comparisonOperator() -> ChoiceExpression.Operator? {
    take([.equal, .notEqual, .lessOrEqual, .greaterOrEqual, .less, .greater])
  }

  private mutating func expect(_ mark: String, _ purpose: String) throws(ExpressionError) {
    guard take(mark: mark) else { throw unexpected("'\(mark)' \(purpose)") }
  }

  private func unexpected(_ expected: String) -> ExpressionError {
    ExpressionError(
      message: token.kind == .end
        ? "the expression ends here; expected \(expected)"
        : "\(token.shown) stands here; expected \(expected)",
      offset: token.offset)
  }

  /// One level deeper, so that no text can exhaust the stack.
  private mutating func nested<Result>(
    _ read: (inout ExpressionParser) throws(ExpressionError) -> Result
  ) throws(ExpressionError) -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else {
      throw ExpressionError(message: "nested deeper than \(Self.depthLimit) levels", offset: token.offset)
    }
    return try read(&self)
  }
}
