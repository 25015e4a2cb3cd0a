import SearchSpaces
import Testing

/// Expressions in the only way that files meet them: as a condition of the last choice of a space.
@Suite struct ExpressionTests {
  private static let choices =
    "depth: [1, 2, 3], width: [8, [8, 16], [4, 4, 4]], activation: [relu, tanh], bias: [true, false], "
    + "weight_variance: [0.5, 2]"

  private func constrained(_ expression: String) -> String {
    """
    family: stack
    input: {shape: [4], outputs: 2}
    choices: {\(Self.choices)}
    constraints:
      where:
        - \(expression)
    """
  }

  /// How many of the 72 candidates keep the expression.
  private func count(_ expression: String) throws -> Int? {
    try space(constrained(expression)).cardinality.int
  }

  @Test(arguments: [
    ("depth > 1", 48), ("depth >= 3", 24), ("depth < 1 or depth == 2", 24), ("depth != 2", 48),
    ("not depth == 2", 48), ("not (depth == 2 or depth == 3)", 24), ("bias", 36), ("not bias", 36),
    ("bias == false", 36), ("activation == relu", 36), ("activation == \"tanh\"", 36),
    ("relu != activation", 36),
    ("activation in [relu, tanh]", 72), ("activation not in [relu]", 36), ("depth in [1, 3]", 48),
    ("depth + 1 == 3", 24), ("depth * depth > 4", 24), ("depth - 1 - 1 == 1", 24), ("7 % depth == 1", 48),
    ("-7 % depth == 1", 24), ("depth / 2 == 1", 24), ("depth / 2 == 0.5", 24), ("2 * (depth + 1) <= 6", 48),
    ("weight_variance * depth <= 1", 24), ("min(width) == 8", 48), ("max(width) > 8", 24),
    ("length(width) == depth", 24 + 8 + 8), ("sum(width) <= 12", 48), ("first(width) < last(width)", 24),
    ("width == [8, 16]", 24), ("width in [8, [4, 4, 4]]", 48), ("max(depth, 2) == 2", 48),
    ("bias and depth == 1 or activation == relu and depth == 2", 12 + 12),
    ("bias and (depth == 1 or activation == relu) and depth == 2", 6),
    ("depth == 2 and true", 24), ("depth == 2 or false", 24),
  ])
  func expressionsMeanWhatTheySay(expression: String, expected: Int) throws {
    #expect(try count(expression) == expected)
  }

  /// `1 / (depth - 1)` has no value for depth 1: a constraint is broken only where it is false.
  @Test(arguments: [
    ("1 / (depth - 1) > 0.9", 48), ("not 1 / (depth - 1) > 0.9", 48),
    ("1 / (depth - 1) > 0.9 and depth > 1", 24),
    ("1 / (depth - 1) > 0.9 or depth > 1", 72), ("1 % (depth - 1) == 0 or depth > 5", 48),
  ])
  func whatHasNoValueIsNeitherTrueNorFalse(expression: String, expected: Int) throws {
    #expect(try count(expression) == expected)
  }

  @Test func integersAreExactBeyondDoubles() throws {
    let text = spaceText(
      choices: "{depth: [1], width: [8], tag: [9007199254740992, 9007199254740993]}",
      "constraints: {where: tag > 9007199254740992}")
    #expect(try space(text).cardinality.int == 1)
    // Beyond 64 bits, results are rounded instead of wrapped.
    #expect(
      try space(
        spaceText(
          choices: "{depth: [1], width: [8], tag: [9223372036854775807]}",
          "constraints: {where: tag + tag > 0}")
      ).cardinality.int == 1)
  }

  @Test func textInOneSpellingReadsBackAsItself() throws {
    let expressions = [
      "depth + 1 * 2 != (depth + 1) * 2", "not (bias and not bias) or bias",
      "depth - (1 - 2) != depth - 1 - 2",
      "-depth * -2 > -(depth + 1)", "activation in [relu, tanh]", "max(width, 3) == 8", "not depth in [1]",
      "(bias or depth == 1) and (bias or depth == 2)", "width == [8, 16]", "weight_variance > 0.25",
    ]
    for expression in expressions {
      let read = try space(constrained(expression))
      let shown = try #require(read.constraints.first).description
      #expect(try space(constrained(shown)).constraints == read.constraints, "\(expression): \(shown)")
    }
    #expect(
      try space(constrained("((depth)+(1))*2==6 and((bias))")).constraints.map(\.description)
        == ["(depth + 1) * 2 == 6 and bias"])
  }

  @Test(arguments: [
    ("depht > 1", "6:7", "the family 'stack' has no parameter 'depht'", "depth"),
    ("depth > 1 and wdth < 3", "6:21", "the family 'stack' has no parameter 'wdth'", "width"),
    ("activation == rleu", "6:21", "'activation' is never 'rleu'; expected one of relu, tanh, erf", "relu"),
    ("activation in [relu, tnah]", "6:21", "'activation' is never 'tnah'", "tanh"),
    ("depth = 2", "6:13", "'=' has no meaning in an expression", "=="),
    ("depth > 1 && bias", "6:17", "'&&' has no meaning in an expression", "and"),
    ("depth ≥ 1", "6:13", "'≥' has no meaning in an expression", ">="),
    ("depth > 1 $", "6:17", "'$' has no meaning in an expression; put text in quotes", nil),
    ("1 < depth < 3", "6:17", "comparisons do not chain; join two of them with 'and'", nil),
    ("depth", "6:7", "'depth' is neither true nor false; expected a comparison, such as depth > 1", nil),
    (
      "activation", "6:7",
      "'activation' is neither true nor false; expected a comparison, such as activation == relu", nil
    ),
    ("depth > relu", "6:15", "the family 'stack' has no parameter 'relu'", nil),
    ("depth > bias", "6:15", "'bias' stands here; expected a number", nil),
    ("bias > 1", "6:7", "'bias' stands here; expected a number", nil),
    ("bias == 1", "6:15", "the number 1 is neither true nor false; expected a comparison", nil),
    (
      "width > 8", "6:7",
      "'width' has lists among its values; say which of their numbers is meant: min(width)", nil
    ),
    ("depth >", "6:14", "the expression ends here; expected a parameter, a number or a value", nil),
    ("(depth > 1", "6:17", "the expression ends here; expected ')' to close the parenthesis", nil),
    ("depth > 1)", "6:16", "')' stands here; expected 'and', 'or' or the end", nil),
    ("depth in 3", "6:16", "'3' stands here; expected '[' to begin a list of values", nil),
    ("depth in [relu]", "6:16", "'depth' is never relu", nil),
    ("depth in [depth + 1]", "6:23", "'+' stands here; expected ']' to close the list", nil),
    ("depth > 0x10", "6:15", "'0x10' is no number; expected a decimal such as 64, 0.5 or 1e6", nil),
    ("depth > 1.2.3", "6:15", "'1.2.3' is no number", nil),
    ("depth > 1e999", "6:15", "'1e999' is no number", nil),
    ("depth > .inf", "6:15", "'.inf' is no number", nil),
    ("maximum(depth) > 1", "6:7", "there is no function 'maximum'; expected one of min, max", nil),
    ("length(width, depth) == 1", "6:7", "'length' takes one list, and 2 arguments are given", nil),
    ("max(activation) > 1", "6:11", "'activation' stands here in 'max'; expected a number or a list", nil),
    ("tag > 1 and weight_variance > 1 and \"x", "6:43", "this quote is never closed", nil),
  ])
  func mistakesAreReportedAtTheirCharacter(
    expression: String, place: String, message: String, suggestion: String?
  ) {
    let found = mistakes(constrained(expression))
    let expected = "\(place) the constraint: \(message)"
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix(expected) == true, "\(found)")
    #expect(found.first?.hasSuffix(suggestion.map { "[\($0)]" } ?? "") == true, "\(found)")
  }

  @Test func absurdExpressionsAreRefused() {
    let deep = String(repeating: "(", count: 5000) + "bias" + String(repeating: ")", count: 5000)
    #expect(mistakes(constrained(deep)).first?.contains("at most 4096 are read") == true)
    for opening in ["(", "not ", "-"] {
      let nested = String(repeating: opening, count: 900)
      #expect(mistakes(constrained(nested + "bias")).first?.contains("nested deeper than 64 levels") == true)
    }
    #expect(mistakes(constrained("depth in " + String(repeating: "[", count: 900))).count == 1)
  }

  @Test func placesInTextThatIsNotAsItStandsAreCounted() {
    let folded = constrained(">-\n        depth > 1\n        and wdth > 1")
    #expect(
      mistakes(folded) == [
        "6:7 the constraint: the family 'stack' has no parameter 'wdth' (character 15 of it) [width]"
      ])
  }
}
