import ArchitecturePlugins
import NetworkGraph
import SearchSpaces
import Testing

/// `count` choices of a thousand values each would be 10^(3·count) candidates; parameters are few, so sizes are large.
private func hugeSpace(_ sections: String = "") throws -> SearchSpace {
  try space(
    spaceText(
      choices: "{tag: {from: 1, to: 1000000}, width: {from: 1, to: 1000000}, depth: [1], "
        + "weight_variance: {from: 0.001, to: 1000, step: 0.001}}", sections))
}

@Suite struct CardinalityTests {
  @Test func countIsTheProductOfTheChoices() throws {
    #expect(try space(spaceText()).cardinality.int == 12)
    #expect(try space(spaceText()).cardinality.description == "12")
  }

  @Test func budgetsMakeTheCountAnUpperBound() throws {
    let cardinality = try space(spaceText("constraints: {depth: {at_most: 2}}")).cardinality
    #expect(cardinality.isUpperBound)
    #expect(cardinality.int == 12)
    #expect(cardinality.description == "at most 12")
  }

  @Test func countIsExactBeyondMachineIntegers() throws {
    let quintillion = try hugeSpace()
    #expect(quintillion.cardinality.decimal == "1000000000000000000")
    #expect(quintillion.cardinality.int == 1_000_000_000_000_000_000)
    let more = try space(
      spaceText(
        choices: "{tag: {from: 1, to: 999983}, width: {from: 1, to: 999979}, depth: {from: 1, to: 61}, "
          + "weight_variance: {from: 0.001, to: 999.961, step: 0.001}, bias: [true, false]}"))
    #expect(more.cardinality.decimal == "121990606224356301394")  // 999983 · 999979 · 61 · 999961 · 2
    #expect(more.cardinality.int == nil)
    #expect(more.cardinality.uint64 == nil)
  }
}

@Suite struct EnumerationTests {
  @Test func firstChoiceVariesSlowest() throws {
    let space = try space(spaceText(choices: "{depth: [1, 2], width: [8, 16, 32]}"))
    let pairs = space.candidates.map { [$0.choices["depth"], $0.choices["width"]] }
    #expect(pairs.map { $0[0] } == [1, 1, 1, 2, 2, 2].map { .integer($0) })
    #expect(pairs.map { $0[1] } == [8, 16, 32, 8, 16, 32].map { .integer($0) })
  }

  @Test func candidateAtAnIndexIsTheOneEnumeratedThere() throws {
    let space = try space(spaceText(choices: "{depth: [1, 2], width: [8, 16, 32], bias: [true, false]}"))
    let all = Array(space.candidates)
    #expect(all.count == 12)
    #expect(all.map(\.index) == (0..<12).map { $0 })
    for (index, candidate) in all.enumerated() { #expect(space.candidate(at: UInt64(index)) == candidate) }
    #expect(space.candidate(at: 12) == nil)
    #expect(space.candidate(at: .max) == nil)
  }

  @Test func enumerationIsLazy() throws {
    let first = try hugeSpace().candidates.prefix(3).map(\.choices["weight_variance"])
    #expect(first == reals(0.001, 0.002, 0.003))
  }

  @Test func fixedParametersAreInEveryCandidate() throws {
    let space = try space(spaceText("fixed: {bias: false}"))
    #expect(space.candidates.allSatisfy { $0.choices["bias"] == .boolean(false) })
  }

  @Test func identifierDependsOnTheChoicesAlone() throws {
    let one = try space(spaceText(choices: "{depth: [1, 2], width: [8, 16]}"))
    let other = try space(spaceText(choices: "{width: [16], depth: [2]}", "scoring: {seeds: 1}"))
    let ids = one.candidates.map(\.id)
    #expect(Set(ids).count == 4)
    #expect(other.candidates.map(\.id) == [ids[3]])
    // SHA-256 of "stack"{"depth":2,"width":16}
    #expect(ids[3] == "c5fbf200ca9d")
  }
}

@Suite struct AdmissionTests {
  @Test func budgetsAreHeldAgainstTheNetwork() throws {
    // [4] → 8 → 2: 4·8 + 8 + 8·2 + 2 = 58 parameters, 48 multiply–adds, depth 2.
    for (budget, isKept) in [
      ("parameters: {at_most: 58}", true), ("parameters: {at_most: 57}", false),
      ("parameters: {at_least: 58}", true),
      ("parameters: {at_least: 59}", false), ("multiply_adds: {at_most: 48}", true),
      ("multiply_adds: {at_most: 47}", false), ("depth: {at_most: 2}", true), ("depth: {at_most: 1}", false),
    ] {
      let space = try space(spaceText(choices: "{depth: [1], width: [8]}", "constraints: {\(budget)}"))
      let network = try space.makeNetwork(#require(space.candidate(at: 0)))
      #expect(space.budgets.violations(of: network).isEmpty == isKept, "\(budget)")
    }
  }

  @Test func violationNamesTheQuantityAndTheBound() throws {
    let space = try space(
      spaceText(choices: "{depth: [1], width: [8]}", "constraints: {parameters: {at_most: 50}}"))
    guard case .overBudget(let violations) = space.admission(of: try #require(space.candidate(at: 0))) else {
      Issue.record("the candidate was not over budget")
      return
    }
    #expect(violations.map(\.description) == ["parameters: 58, where the search space asks for at most 50"])
  }

  @Test func familyErrorIsKeptInItsOwnWords() throws {
    let space = try space(spaceText(choices: "{depth: [1, 2], width: [[8, 8]]}"))
    guard case .failed(let message) = space.admission(of: try #require(space.candidate(at: 0))) else {
      Issue.record("the candidate did not fail")
      return
    }
    #expect(message == "2 widths for 1 layers")
    guard case .admitted = space.admission(of: try #require(space.candidate(at: 1))) else {
      Issue.record("the candidate was not admitted")
      return
    }
  }
}

@Suite struct DefinitionHashTests {
  @Test func layoutAndSpellingDoNotCount() throws {
    let one = try space(spaceText())
    let other = try space(
      """
      # the same, said otherwise
      name: other
      description: words
      choices:
        depth: [1, 2, 3, 4]
        width: {from: 8, to: 32, factor: 2.0}
      scoring: {metrics: [condition_number], seeds: [0, 1, 2], precision: single}
      ranking: {by: conditionNumber}
      input: {outputs: 2, shape: [4], samples: 32, dataset: {kind: gaussian}}
      family: stack
      """)
    #expect(one.definitionHash == other.definitionHash)
    #expect(one.definitionHash.count == 64)
  }

  @Test(arguments: [
    "scoring: {seeds: 2}", "scoring: {precision: double}", "ranking: {by: parameters}", "fixed: {bias: true}",
    "constraints: {depth: {at_most: 100}}", "constraints: {depth: {at_least: 1}}",
    "scoring: {metrics: [lambda_max]}",
    "scoring: {batch_norm: removed}", "scoring: {parameters: kernels}",
    "scoring: {initialization: orthogonal}",
  ])
  func everySettingCounts(section: String) throws {
    #expect(try space(spaceText(section)).definitionHash != space(spaceText()).definitionHash)
  }

  @Test func orderOfChoicesCounts() throws {
    let one = try space(spaceText(choices: "{depth: [1, 2], width: [8]}"))
    let other = try space(spaceText(choices: "{width: [8], depth: [1, 2]}"))
    #expect(one.definitionHash != other.definitionHash)
  }
}
