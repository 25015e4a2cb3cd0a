import ArchitecturePlugins
import SearchSpaces
import Testing

@Suite struct ConditionTests {
  private let conditional = spaceText(
    choices: "{depth: [1, 2, 3], width: [8, 16], "
      + "tag: {from: 1, to: 5, when: depth >= 2}, activation: {values: [relu, tanh], when: tag > 3}}")

  @Test func aChoiceWithoutAPartIsAbsent() throws {
    let space = try space(conditional)
    // depth 1: 2 widths; depth 2 and 3: 2 widths × (3 tags + 2 tags × 2 activations).
    #expect(space.cardinality.int == 2 + 2 * 2 * (3 + 2 * 2))
    let all = Array(space.candidates)
    #expect(all.count == 30)
    for candidate in all {
      #expect((candidate.choices["tag"] != nil) == (candidate.choices["depth"] != .integer(1)))
      let isDeepTag = [.integer(4), .integer(5)].contains(candidate.choices["tag"])
      #expect((candidate.choices["activation"] != nil) == isDeepTag)
      #expect(candidate.positions.map { $0 != nil } == space.axes.map { candidate.choices[$0.name] != nil })
    }
  }

  @Test func noTwoCandidatesDifferOnlyInWhatHasNoPart() throws {
    let space = try space(conditional)
    #expect(Set(space.candidates.map(\.id)).count == 30)
    #expect(Set(space.candidates.map(\.choices)).count == 30)
  }

  @Test func anAbsentChoiceHasTheFamilysDefaultInTheNetwork() throws {
    let space = try space(
      spaceText(choices: "{depth: [1, 2], width: [4], activation: {values: [tanh], when: depth == 2}}"))
    let names = try space.candidates.map { try space.makeNetwork($0).nodes.map(\.operation.name) }
    #expect(names[0].contains("relu"))
    #expect(names[1].contains("tanh"))
  }

  @Test func identifiersAreThoseOfTheSameChoicesElsewhere() throws {
    let plain = try space(spaceText(choices: "{depth: [1], width: [8, 16]}"))
    let ids = try space(conditional).candidates.prefix(2).map(\.id)
    #expect(plain.candidates.map(\.id) == ids)
  }

  @Test func everyPlaceHasItsCandidateAndBack() throws {
    let space = try space(conditional)
    for (place, candidate) in space.candidates.enumerated() {
      #expect(candidate.index == UInt64(place))
      #expect(space.candidate(at: UInt64(place)) == candidate)
      #expect(space.candidate(positions: candidate.positions) == candidate)
    }
    #expect(space.candidate(at: 30) == nil)
    #expect(space.candidate(positions: [0, 0, 0, nil]) == nil)
    #expect(space.candidate(positions: [1, 0, nil, nil]) == nil)
    #expect(space.candidate(positions: [1, 0, 9, nil]) == nil)
    #expect(space.candidate(positions: [0, 0]) == nil)
  }

  @Test func conditionsAndConstraintsAreInTheDefinition() throws {
    let plain = try space(spaceText())
    let bound = try space(spaceText("constraints: {where: depth * width <= 64}"))
    let same = try space(spaceText("constraints: {where: [depth*width<=64 and true == true]}"))
    let condition = try space(
      spaceText(
        choices: "{depth: {from: 1, to: 4}, width: [8, 16, 32], bias: {values: [true], when: depth > 1}}"))
    let always = try space(spaceText(choices: "{depth: {from: 1, to: 4}, width: [8, 16, 32], bias: [true]}"))
    #expect(Set([plain, bound, condition, always].map(\.definitionHash)).count == 4)
    #expect(bound.definitionHash != same.definitionHash)
    #expect(
      try space(spaceText("constraints: {where: [\"(depth*width)<=64\"]}")).definitionHash
        == bound.definitionHash)
    let swapped = try space(spaceText("constraints: {where: [depth > 1, width > 8]}"))
    #expect(
      try space(spaceText("constraints: {where: width > 8 and depth > 1}")).definitionHash
        == swapped.definitionHash)
  }

  @Test(arguments: [
    (
      "{depth: [1], width: [8], tag: {from: 1, to: 2, when: bias}, bias: [true, false]}",
      "3:63 the condition of 'tag': 'bias' is chosen below it; put 'bias' above 'tag'"
    ),
    (
      "{depth: [1], width: [8], tag: {from: 1, to: 2, when: tag > 1}}",
      "3:63 the condition of 'tag': it depends on 'tag' itself"
    ),
    (
      "{depth: {values: [1, 2], when: bias}, width: [8]}",
      "3:41 'depth' cannot have a condition, since the family 'stack' needs a value in every candidate"
    ),
    (
      "{depth: [1], width: [8], tag: {from: 1, to: 2, when: depth > 1}}",
      "3:35 'tag' has no part in any candidate: its condition is never true"
    ),
    (
      "{depth: [1], width: [8], tag: {from: 1, to: 2, when: weight_variance > 1}}",
      "3:63 the condition of 'tag': 'weight_variance' has no value in this space: it is neither fixed nor chosen"
    ),
    (
      "{depth: [1], width: [8], bias: {when: depth > 1}}",
      "3:41 the choice 'bias' is a mapping without 'values'; expected {values: [...], when: ...}"
    ),
    ("{depth: [1], width: [8], bias: {values: true}}", "3:50 'values' is 'true'; expected a list of values"),
    (
      "{depth: [1], width: [8], bias: {values: [true], wen: depth > 1}}",
      "3:58 unknown key 'wen' in the choice 'bias' [when]"
    ),
    (
      "{depth: [1], width: [8], tag: {from: 1, to: 2, when: [depth > 1]}}",
      "3:63 the condition of 'tag' is a list of 1; expected an expression such as depth > 2"
    ),
  ])
  func wrongConditionsAreReportedAtTheirPlace(choices: String, expected: String) {
    #expect(mistakes(spaceText(choices: choices)) == [expected])
  }

  @Test func constraintsThatNothingKeepsAreReported() {
    #expect(
      mistakes(spaceText("constraints: {where: depth > 4}")) == [
        "4:22 no combination of choices keeps the constraints"
      ])
  }

  @Test func combinationsBeyondTheLimitAreRefusedQuickly() {
    #expect(
      mistakes(
        spaceText(
          choices: "{depth: [1], width: {from: 1, to: 100000}, tag: {from: 1, to: 100000}}",
          "constraints: {where: tag * width % 7 == tag % 11}")
      ) == [
        "4:22 the conditions and constraints tie too many combinations of choices together; expected fewer values, "
          + "fewer choices in one expression, or fewer expressions"
      ])
  }

  /// Many expressions over few combinations cost as much as one over many.
  @Test func expressionsBeyondTheLimitAreRefusedToo() {
    let lines = (0..<30).map { "'(tag * 3 + width * 7 + depth * \($0 + 2)) % 1009 != 5'" }
    let found = mistakes(
      spaceText(
        choices: "{depth: {from: 1, to: 60}, width: {from: 1, to: 60}, tag: {from: 1, to: 60}}",
        "constraints: {where: [\(lines.joined(separator: ", "))]}"))
    #expect(found.count == 1 && found[0].contains("tie too many combinations of choices together"))
  }
}

@Suite struct ConstrainedCountingTests {
  private static let axes: [(name: String, values: [Int])] = [
    ("depth", [1, 2, 3]), ("width", [1, 2, 4, 8]), ("tag", [0, 1, 2, 3, 4]), ("weight_variance", [1, 2, 3]),
  ]
  private typealias Values = [String: Int]
  /// Conditions of the last axis, as text and as Swift.
  private static let conditions: [(String, @Sendable ([String: Int]) -> Bool)] = [
    ("true", { _ in true }), ("depth > 1", { $0["depth"]! > 1 }),
    ("depth * width > 4 and tag != 2", { $0["depth"]! * $0["width"]! > 4 && $0["tag"]! != 2 }),
    ("tag % 2 == 0 or width == 8", { $0["tag"]! % 2 == 0 || $0["width"]! == 8 }),
  ]
  /// Constraints; nil where they read what has no part.
  private static let constraints: [(String, @Sendable ([String: Int]) -> Bool?)] = [
    ("depth < 9", { _ in true }), ("depth * width <= 8", { $0["depth"]! * $0["width"]! <= 8 }),
    ("width + tag + depth < 10", { $0["width"]! + $0["tag"]! + $0["depth"]! < 10 }),
    ("weight_variance <= depth", { values in values["weight_variance"].map { $0 <= values["depth"]! } }),
    (
      "weight_variance == 1 or tag > 1",
      { values in values["tag"]! > 1 ? true : values["weight_variance"].map { $0 == 1 } }
    ),
    ("not (tag == 0 and width > 2)", { !($0["tag"]! == 0 && $0["width"]! > 2) }),
  ]

  private func combinations() -> [[Int]] {
    Self.axes.reduce([[]]) { lists, axis in lists.flatMap { list in axis.values.map { list + [$0] } } }
  }

  /// Every candidate by hand, in order.
  private func expected(_ condition: ([String: Int]) -> Bool, _ kept: [([String: Int]) -> Bool?]) -> [[String:
    Int]]
  {
    var result: [[String: Int]] = []
    for combination in combinations() {
      var values = Dictionary(uniqueKeysWithValues: zip(Self.axes.map(\.name), combination))
      if !condition(values) { values["weight_variance"] = nil }
      if kept.contains(where: { $0(values) == false }) || result.last == values { continue }
      result.append(values)
    }
    return result
  }

  @Test func countOrderAndPlacesAgreeWithTryingEverything() throws {
    for (text, condition) in Self.conditions {
      for (first, keepsFirst) in Self.constraints {
        for (second, keepsSecond) in Self.constraints {
          let space = try space(
            spaceText(
              choices: "{depth: [1, 2, 3], width: [1, 2, 4, 8], tag: [0, 1, 2, 3, 4], "
                + "weight_variance: {values: [1, 2, 3], when: \(text)}}",
              "constraints: {where: [\(first), \(second)]}"))
          let found = space.candidates.map { candidate in
            candidate.choices.compactMapValues { value -> Int? in
              switch value {
              case .integer(let integer): integer
              case .real(let real): Int(real)
              default: nil
              }
            }
          }
          let wanted = expected(condition, [keepsFirst, keepsSecond])
          #expect(found == wanted, "when \(text), where \(first), \(second)")
          #expect(space.cardinality.int == wanted.count)
          let drawn = space.shuffled(seed: 5).map(\.id)
          #expect(Set(drawn) == Set(space.candidates.map(\.id)) && drawn.count == wanted.count)
        }
      }
    }
  }

  @Test func countIsExactWhereNothingCouldBeListed() throws {
    // 10¹² pairs; tag is free in 1...10⁶ where depth is 2, absent where it is 1.
    let space = try space(
      spaceText(
        choices:
          "{depth: [1, 2], width: {from: 1, to: 1000000}, tag: {from: 1, to: 1000000, when: depth == 2}}",
        "constraints: {where: depth * 10 > 0}"))
    #expect(space.cardinality.decimal == "1000001000000")
    let last = try #require(space.candidate(at: 1_000_000_999_999))
    #expect(last.choices["tag"] == .integer(1_000_000))
    #expect(space.candidate(at: 999_999)?.choices["tag"] == nil)
    // Uniform: nearly every candidate has depth 2; 200 draws with depth 1 among them are a 1 in 5000 event.
    #expect(space.shuffled(seed: 3).prefix(200).allSatisfy { $0.choices["depth"] == .integer(2) })
  }

  @Test func sumsOfManyChoicesAreCountedThroughTheirPartialSums() throws {
    // Eight parameters of 20 values each would be 2.6 · 10¹⁰ combinations; the family has four numeric ones.
    let space = try space(
      spaceText(
        choices: "{depth: {from: 1, to: 60}, width: {from: 1, to: 60}, tag: {from: 1, to: 60}, "
          + "weight_variance: {from: 1, to: 60, step: 1}}",
        "constraints: {where: depth + width + tag + weight_variance <= 6}"))
    // Ways to write at most 6 as four positive numbers: C(6, 4).
    #expect(space.cardinality.int == 15)
  }

  @Test func spacesBeyond64BitsAreDrawnUniformlyAmongTheConstrained() throws {
    let space = try space(
      spaceText(
        choices: "{depth: {from: 1, to: 12}, width: {from: 1, to: 1000000}, "
          + "tag: {from: 1, to: 1000000, when: depth > 1}, weight_variance: {from: 0.001, to: 1000, step: 0.001}, "
          + "activation: [relu, tanh], bias: [true, false]}",
        "constraints: {where: depth < 3 or activation == relu}"))
    // 4 · 10¹² of depth 1, 4 · 10¹⁸ of depth 2, and 2 · 10¹⁸ of each of the ten others.
    #expect(space.cardinality.decimal == "24000004000000000000")
    #expect(space.cardinality.uint64 == nil)
    let sample = Array(space.shuffled(seed: 1).prefix(3000))
    // Binomial(3000, 1/6): mean 500, standard deviation 20.
    let shallow = sample.filter { $0.choices["depth"] == .integer(2) }
    #expect((400...600).contains(shallow.count))
    // Binomial(500, 1/2) of them have each activation; deeper ones have relu.
    #expect((180...320).contains(shallow.filter { $0.choices["activation"] == .text("tanh") }.count))
    #expect(
      sample.allSatisfy { $0.choices["depth"] == .integer(2) || $0.choices["activation"] == .text("relu") })
    #expect(Set(sample.map(\.id)).count == 3000)
    #expect(sample.map(\.id) == space.shuffled(seed: 1).prefix(3000).map(\.id))
  }
}
