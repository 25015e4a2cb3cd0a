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

  init(tokens: [ExpressionToken], scope: ExpressionScope) {
    self.tokens = tokens
    self.scope = scope
  }

  /// A part that has been read.
  private struct Term {
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

  mutating func whole() throws(ExpressionError) -> ChoiceExpression {
    let term = try truth(try disjunction())
    guard token.kind == .end else { throw unexpected("'and', 'or' or the end") }
    return term.expression
  }

  // MARK: Grammar

  private mutating func disjunction() throws(ExpressionError) -> Term {
    try nested { parser throws(ExpressionError) in
      var left = try parser.conjunction()
      while parser.take(word: "or") { left = try parser.connect(.or, left, try parser.conjunction()) }
      return left
    }
  }

  private mutating func conjunction() throws(ExpressionError) -> Term {
    var left = try negation()
    while take(word: "and") { left = try connect(.and, left, try negation()) }
    return left
  }

  private mutating func negation() throws(ExpressionError) -> Term {
    let offset = token.offset
    guard take(word: "not") else { return try comparison() }
    let inner = try nested { parser throws(ExpressionError) in try parser.truth(try parser.negation()) }
    return Term(expression: .not(inner.expression), kind: .truth, offset: offset)
  }

  private mutating func comparison() throws(ExpressionError) -> Term {
    let left = try sum()
    let isNegated = token.kind == .word("not") && tokens[place + 1].kind == .word("in")
    if isNegated { place += 1 }
    if take(word: "in") {
      let member = try membership(left)
      return Term(expression: isNegated ? .not(member) : member, kind: .truth, offset: left.offset)
    }
    guard let operation = comparisonOperator() else { return left }
    let right = try sum()
    let result = try compare(operation, left, right)
    if comparisonOperator() != nil {
      place -= 1
      throw ExpressionError(
        message: "comparisons do not chain; join two of them with 'and'", offset: token.offset)
    }
    return result
  }

  private mutating func sum() throws(ExpressionError) -> Term {
    var left = try product()
    while let operation = take([.plus, .minus]) { left = try calculate(operation, left, try product()) }
    return left
  }

  private mutating func product() throws(ExpressionError) -> Term {
    var left = try factor()
    while let operation = take([.times, .dividedBy, .modulo]) {
      left = try calculate(operation, left, try factor())
    }
    return left
  }

  private mutating func factor() throws(ExpressionError) -> Term {
    let start = token
    switch start.kind {
    case .mark("-"):
      place += 1
      let inner = try nested { parser throws(ExpressionError) in try parser.number(try parser.factor()) }
      return Term(expression: .negated(inner.expression), kind: .number, offset: start.offset)
    case .mark("("):
      place += 1
      var inner = try disjunction()
      try expect(")", "to close the parenthesis")
      inner.offset = start.offset
      return inner
    case .mark("["):
      let values = try list()
      return Term(expression: .constant(.list(values)), kind: .list, offset: start.offset)
    case .word(let word) where !["and", "or", "not", "in"].contains(word):
      place += 1
      return try named(word, at: start.offset)
    case .number(let value):
      place += 1
      return Term(expression: .constant(value), kind: .number, offset: start.offset)
    case .quoted(let text):
      place += 1
      return Term(
        expression: .constant(.text(text)), kind: .name(text, isQuoted: true), offset: start.offset)
    default:
      throw unexpected("a parameter, a number or a value")
    }
  }

  private mutating func named(_ word: String, at offset: Int) throws(ExpressionError) -> Term {
    if word == "true" || word == "false" {
      return Term(expression: .constant(.boolean(word == "true")), kind: .truth, offset: offset)
    }
    if token.kind == .mark("(") { return try call(word, at: offset) }
    guard scope.isParameter(word) else {
      return Term(
        expression: .constant(.text(word)), kind: .name(word, isQuoted: false), offset: offset)
    }
    let kind = try scope.kind(of: word, at: offset)
    return Term(expression: .parameter(word), kind: .parameter(kind), offset: offset)
  }

  private mutating func call(_ name: String, at offset: Int) throws(ExpressionError) -> Term {
    guard let function = ChoiceExpression.Function(rawValue: name) else {
      let names = ChoiceExpression.Function.allCases.map(\.rawValue)
      throw ExpressionError(
        message: "there is no function '\(name)'; expected one of \(names.joined(separator: ", "))",
        offset: offset, suggestion: nearestSpelling(to: name, among: names))
    }
    place += 1
    var arguments: [Term] = []
    repeat { arguments.append(try disjunction()) } while take(mark: ",")
    try expect(")", "to close '\(name)('")
    for argument in arguments {
      switch argument.kind {
      case .parameter(.numberOrList), .parameter(.number), .number, .list: continue
      default: throw wrongKind(argument, "a number or a list of numbers", of: "'\(name)'")
      }
    }
    let takesMany = function == .min || function == .max
    guard takesMany || arguments.count == 1 else {
      throw ExpressionError(
        message: "'\(name)' takes one list, and \(arguments.count) arguments are given", offset: offset)
    }
    return Term(expression: .call(function, arguments.map(\.expression)), kind: .number, offset: offset)
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

  // MARK: Kinds

  private func truth(_ term: Term) throws(ExpressionError) -> Term {
    switch term.kind {
    case .truth, .parameter(.truth): return term
    case .name(let name, isQuoted: false): throw scope.unknown(name, at: term.offset)
    default:
      throw ExpressionError(
        message: "\(term.shown) is neither true nor false; expected a comparison\(example(term))",
        offset: term.offset)
    }
  }

  private func example(_ term: Term) -> String {
    switch term.kind {
    case .parameter(.word(let names)): ", such as \(term.expression) == \(names.first ?? "")"
    case .parameter(.number): ", such as \(term.expression) > 1"
    default: ""
    }
  }

  private func number(_ term: Term) throws(ExpressionError) -> Term {
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

  private func wrongKind(_ term: Term, _ expected: String, of what: String?) -> ExpressionError {
    if case .name(let name, isQuoted: false) = term.kind { return scope.unknown(name, at: term.offset) }
    let place = what.map { " in \($0)" } ?? ""
    return ExpressionError(
      message: "\(term.shown) stands here\(place); expected \(expected)", offset: term.offset)
  }

  private func connect(_ operation: ChoiceExpression.Operator, _ left: Term, _ right: Term)
    throws(ExpressionError) -> Term
  {
    let (left, right) = (try truth(left), try truth(right))
    return Term(
      expression: .binary(operation, left.expression, right.expression), kind: .truth, offset: left.offset)
  }

  private func calculate(_ operation: ChoiceExpression.Operator, _ left: Term, _ right: Term)
    throws(ExpressionError) -> Term
  {
    let (left, right) = (try number(left), try number(right))
    return Term(
      expression: .binary(operation, left.expression, right.expression), kind: .number, offset: left.offset)
  }

  private func compare(_ operation: ChoiceExpression.Operator, _ left: Term, _ right: Term)
    throws(ExpressionError) -> Term
  {
    if operation == .equal || operation == .notEqual {
      try requireComparable(left, right)
    } else {
      _ = (try number(left), try number(right))
    }
    return Term(
      expression: .binary(operation, left.expression, right.expression), kind: .truth, offset: left.offset)
  }

  private func requireComparable(_ left: Term, _ right: Term) throws(ExpressionError) {
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

  private func require(_ name: String, among names: [String], of parameter: Term, at offset: Int)
    throws(ExpressionError)
  {
    guard !names.contains(name) else { return }
    throw ExpressionError(
      message: "\(parameter.shown) is never '\(name)'; expected one of \(names.joined(separator: ", "))",
      offset: offset, suggestion: nearestSpelling(to: name, among: names))
  }

  private mutating func membership(_ left: Term) throws(ExpressionError) -> ChoiceExpression {
    let offset = token.offset
    let values = try list()
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
