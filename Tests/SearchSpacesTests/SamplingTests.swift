import NetworkGraph
import SearchSpaces
import Testing

private func hugeSpace() throws -> SearchSpace {
  try space(
    spaceText(
      choices: "{tag: {from: 1, to: 1000000}, width: {from: 1, to: 1000000}, depth: [1], "
        + "weight_variance: {from: 0.001, to: 1000, step: 0.001}}"))
}

/// Everything that a selection gives.
struct Drawn {
  var admitted: [(candidate: Candidate, network: Network)] = []
  var failures: [String] = []
  var overBudgetCount = 0
  /// As it is in the end.
  private(set) var selection: CandidateSelection

  init(_ selection: CandidateSelection) {
    self.selection = selection
    while let (candidate, admission) = self.selection.next() {
      switch admission {
      case .admitted(let network): admitted.append((candidate, network))
      case .overBudget: overBudgetCount += 1
      case .failed(let message): failures.append(message)
      }
    }
  }
}

extension SearchSpace {
  fileprivate func sample(_ count: Int, seed: UInt64, rejectionLimit: Int = 10_000) -> Drawn {
    Drawn(CandidateSelection(self, count: count, seed: seed, rejectionLimit: rejectionLimit))
  }
}

@Suite struct SamplingTests {
  @Test func sampleHasNoRepeats() throws {
    let space = try space(spaceText(choices: "{depth: [1], width: {from: 1, to: 500}}"))
    let ids = space.sample(400, seed: 1).admitted.map(\.candidate.id)
    #expect(ids.count == 400)
    #expect(Set(ids).count == 400)
  }

  @Test func sameSeedGivesTheSameSampleAndAnotherSeedAnother() throws {
    let space = try space(spaceText(choices: "{depth: [1], width: {from: 1, to: 500}}"))
    let ids = { (seed: UInt64) in space.sample(20, seed: seed).admitted.map(\.candidate.id) }
    #expect(ids(3) == ids(3))
    #expect(ids(3) != ids(4))
  }

  @Test func longerSampleBeginsWithTheShorterOne() throws {
    let space = try space(spaceText(choices: "{depth: [1], width: {from: 1, to: 500}}"))
    let long = space.sample(30, seed: 3).admitted.map(\.candidate.id)
    #expect(space.sample(10, seed: 3).admitted.map(\.candidate.id) == Array(long.prefix(10)))
  }

  @Test func sampleAsLargeAsTheSpaceIsTheSpace() throws {
    let space = try space(spaceText())
    let sample = space.sample(12, seed: 5)
    #expect(Set(sample.admitted.map(\.candidate)) == Set(space.candidates))
    let more = space.sample(1000, seed: 5)
    #expect(!more.selection.hasGivenUp)
    #expect(Set(more.admitted.map(\.candidate)) == Set(space.candidates))
  }

  @Test func sampleOfNoneIsEmpty() throws {
    #expect(try space(spaceText()).sample(0, seed: 0).admitted.isEmpty)
    #expect(try space(spaceText()).sample(-5, seed: 0).admitted.isEmpty)
  }

  @Test func everyCandidateIsDrawnEquallyOften() throws {
    // 5 of 30 candidates, 6000 times: each is expected 1000 times. Chi-square with 29 degrees of freedom exceeds
    // 58.3 with probability 0.001 (less here, since draws without replacement vary less).
    let space = try space(spaceText(choices: "{depth: {from: 1, to: 3}, width: {from: 1, to: 10}}"))
    var counts = [Int](repeating: 0, count: 30)
    var firsts = counts
    for seed in 0..<UInt64(6000) {
      for (order, candidate) in space.shuffled(seed: seed).prefix(5).enumerated() {
        let index = try Int(#require(candidate.index))
        counts[index] += 1
        if order == 0 { firsts[index] += 1 }
      }
    }
    func chiSquare(_ counts: [Int], expected: Double) -> Double {
      counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    }
    #expect(chiSquare(counts, expected: 1000) < 58.3)
    #expect(chiSquare(firsts, expected: 200) < 58.3)
  }

  @Test func everyPairIsDrawnEquallyOften() throws {
    // Ordered pairs of 6 candidates: 30 of them, 9000 draws, 300 expected.
    let space = try space(spaceText(choices: "{depth: [1, 2], width: [1, 2, 3]}"))
    var counts: [[UInt64?]: Int] = [:]
    for seed in 0..<UInt64(9000) {
      counts[space.shuffled(seed: seed).prefix(2).map(\.index), default: 0] += 1
    }
    #expect(counts.count == 30)
    #expect(counts.values.reduce(0) { $0 + Double(($1 - 300) * ($1 - 300)) / 300 } < 58.3)
  }

  @Test func tenOfAQuintillionAreDrawnAtOnce() throws {
    let space = try hugeSpace()
    let clock = ContinuousClock()
    var sample: [Candidate] = []
    let duration = clock.measure { sample = Array(space.shuffled(seed: 0).prefix(10)) }
    #expect(duration < .milliseconds(50))
    #expect(Set(sample).count == 10)
    // Ten uniform indices below 10¹⁸ all lie in one half with probability 1/512.
    let low = sample.filter { ($0.index ?? 0) < 500_000_000_000_000_000 }.count
    #expect((1...9).contains(low))
  }

  @Test func spacesBeyond64BitsAreSampledToo() throws {
    let space = try space(
      spaceText(
        choices: "{tag: {from: 1, to: 1000000}, width: {from: 1, to: 1000000}, depth: {from: 1, to: 64}, "
          + "weight_variance: {from: 0.001, to: 1000, step: 0.001}}"))
    #expect(space.cardinality.uint64 == nil)
    let sample = Array(space.shuffled(seed: 9).prefix(1000))
    #expect(Set(sample.map(\.id)).count == 1000)
    #expect(sample.map(\.id) == space.shuffled(seed: 9).prefix(1000).map(\.id))
    // 1000 uniform depths of 64: none missing has probability below 64 · (63/64)^1000 ≈ 1e-5 of failing.
    #expect(Set(sample.map { $0.positions[2] }).count == 64)
  }

  @Test func sampleIsDrawnFromTheAdmissibleOnly() throws {
    let text = spaceText(
      choices: "{depth: {from: 1, to: 4}, width: {from: 1, to: 25}}",
      "constraints: {parameters: {at_most: 100}}")
    let space = try space(text)
    let admissible = try space.candidates.filter {
      try space.budgets.violations(of: space.makeNetwork($0)).isEmpty
    }
    let sample = space.sample(1000, seed: 2)
    #expect(!sample.selection.hasGivenUp)
    #expect(Set(sample.admitted.map(\.candidate)) == Set(admissible))
    #expect(sample.overBudgetCount == 100 - admissible.count)
    #expect((10...90).contains(admissible.count))
    let few = space.sample(5, seed: 2)
    #expect(few.admitted.allSatisfy { $0.network.parameterCount <= 100 })
  }

  @Test func candidatesThatMakeNoNetworkAreReportedNotDropped() throws {
    let space = try space(spaceText(choices: "{depth: {from: 1, to: 4}, width: [[8, 8], [8, 8, 8]]}"))
    let sample = space.sample(100, seed: 0)
    #expect(sample.admitted.count == 2)
    #expect(sample.failures.count == 6)
    #expect(sample.failures.allSatisfy { $0.hasSuffix("layers") })
  }

  @Test func budgetThatNothingKeepsEndsTheSearch() throws {
    let space = try space(
      spaceText(
        choices: "{depth: [1], width: {from: 1, to: 1000000}}", "constraints: {parameters: {at_most: 3}}"))
    let sample = space.sample(10, seed: 0, rejectionLimit: 500)
    #expect(sample.selection.hasGivenUp)
    #expect(sample.overBudgetCount == 500)
    #expect(sample.admitted.isEmpty)
  }

  @Test func whatIsNoPartOfASampleIsCountedByItsKind() throws {
    // Width [8, 8] fits depth 2 alone.
    let space = try space(
      spaceText(
        choices: "{depth: {from: 1, to: 4}, width: [8, [8, 8]]}", "constraints: {parameters: {at_most: 3}}"))
    let rejected = space.sample(1, seed: 0, rejectionLimit: 8).selection.rejectedInARow
    #expect(rejected.overBudget == 5 && rejected.failed == 3 && rejected.count == 8)
  }

  @Test func withoutACountAllAreGivenInOrder() throws {
    let space = try space(spaceText(choices: "{depth: {from: 1, to: 4}, width: [8, [8, 8]]}"))
    var selection = CandidateSelection(space, rejectionLimit: 1)
    var ids: [String] = []
    while let next = selection.next() { ids.append(next.candidate.id) }
    #expect(ids == space.candidates.map(\.id) && !selection.hasGivenUp)
  }
}
