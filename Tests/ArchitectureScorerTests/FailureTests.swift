import ArchitectureScorer
import Datasets
import NetworkGraph
import ResultStorage
import SearchSpaces
import Testing
import Trainability

private let scorer = Scorer()

@Test func familiesThatRefuseCostTheirCandidateOnly() throws {
  let scorer = Scorer(
    families: [
      TrippingFamily { width in
        if width % 3 == 0 { throw Refusal(description: "multiples of three are unlucky") }
      }
    ])
  let result = try scorer.rank(try scorer.space(trippingSpace(10)))
  #expect(result.ending == .complete)
  #expect(result.failed.filter { $0.outcome == .pluginError }.count == 3)
  for failed in result.failed where failed.outcome == .pluginError {
    #expect(failed.message == "multiples of three are unlucky")
    #expect(failed.networkHash == nil)
    #expect(failed.metrics.isEmpty)
  }
  #expect(result.counts.candidates == 10)
}

@Test func aCandidateLargerThanTheMemoryBudgetIsNotComputed() throws {
  let store = try ResultStore.inMemory()
  let space = try scorer.space(
    """
    family: fully_connected
    input: {shape: [6], outputs: 3, samples: 16}
    fixed: {depth: 1}
    choices: {width: [8, 400000]}
    scoring: {seeds: 1}
    """)
  let small = RankingOptions(resources: .init(threads: 2, memoryBudget: 16 << 20))
  let result = try scorer.rank(space, options: small, store: store)
  #expect(result.candidates.count == 1)
  let failed = try #require(result.failed.first)
  #expect(failed.outcome == .overBudget)
  #expect(failed.message?.contains("memory") == true)
  #expect(failed.choices["width"] == .integer(400_000))

  // With more memory the same store gets its score.
  let plenty = try scorer.rank(space, store: store)
  #expect(plenty.candidates.count == 2)
  #expect(plenty.counts.computed == 1)
  #expect(plenty.counts.fromStore == 1)
}

@Test func rankDeficientCandidatesComeLastWithTheReason() throws {
  // A linear map of 4 features has a kernel of rank 5 at most, here on 12 samples.
  let space = try scorer.space(
    """
    family: fully_connected
    input: {shape: [4], outputs: 3, samples: 12}
    fixed: {width: 64}
    choices: {depth: [0, 1, 2]}
    scoring: {metrics: [lambda_max, lambda_min]}
    """)
  let result = try scorer.rank(space)
  #expect(result.candidates.count == 2)
  let failed = try #require(result.failed.first)
  #expect(failed.outcome == .rankDeficient)
  #expect(failed.message?.contains("λ_min") == true)
  #expect(failed.choices["depth"] == .integer(0))
  // What is still defined is shown; what rounding alone decides is not.
  #expect((failed.metrics["lambdaMax"]?.value ?? 0) > 0)
  #expect(failed.metrics["lambdaMin"]?.value == nil)
  #expect(failed.metrics["lambdaMin"]?.outcome == .rankDeficient)
  #expect(failed.wasPromoted)
}

@Test func rankDeficientScoresAreServedFromTheStore() throws {
  let store = try ResultStore.inMemory()
  let space = try scorer.space(
    """
    family: fully_connected
    input: {shape: [4], outputs: 3, samples: 12}
    choices: {depth: [0]}
    """)
  let first = try scorer.rank(space, store: store)
  let second = try scorer.rank(space, store: store)
  #expect(first.counts.promotedScores == 3)
  #expect(second.counts.computed == 0)
  #expect(second.failed == first.failed)
}

@Test func theFullKernelOfTooFewParametersIsSingularByConstruction() throws {
  let space = try scorer.space(
    """
    family: fully_connected
    input: {shape: [4], outputs: 3, samples: 12}
    choices: {depth: [0]}
    scoring: {output_reduction: full}
    """)
  let result = try scorer.rank(space)
  let failed = try #require(result.failed.first)
  #expect(failed.outcome == .rankDeficient)
  #expect(failed.message?.contains("more rows than parameters") == true)
  #expect(result.counts.computed == 0)
}

@Test func kernelsThatOverflowAreNonFinite() throws {
  let space = try scorer.space(
    """
    family: fully_connected
    input: {shape: [6], outputs: 3, samples: 4}
    fixed: {width: 16, weight_variance: 1.0e+6}
    choices: {depth: [40, 200]}
    """)
  let result = try scorer.rank(space)
  // What overflows in single precision is tried in double.
  let good = try #require(result.candidates.first)
  #expect(good.choices["depth"] == .integer(40))
  let failed = try #require(result.failed.first)
  #expect(failed.choices["depth"] == .integer(200))
  #expect(failed.outcome == .nonFinite)
  #expect(failed.message?.contains("double precision") == true)
}

@Test func aDatasetThatIsNotThereIsAnError() throws {
  let space = try scorer.space(
    nineNetworks.replacing(
      "samples: 10", with: "samples: 10, dataset: {kind: npy, path: /nowhere/inputs.npy}"))
  let error = try #require(throws: ScorerError.self) { try scorer.rank(space) }
  #expect("\(error)".contains("/nowhere/inputs.npy"))
  #expect(!error.isInvalidInput)
}
