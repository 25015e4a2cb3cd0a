import ArchitectureScorer
import Datasets
import Foundation
import ResultStorage
import ScoringMetrics
import Testing
import Trainability

private let scorer = Scorer()

/// Two networks with a limit of infinite width and two without.
private let mixed = """
  name: mixed
  family: fully_connected
  input: {shape: [12], outputs: 4, samples: 6}
  fixed: {width: 24, activation: tanh, weight_variance: 1.5, bias_variance: 0.1}
  choices:
    depth: [1, 2]
    normalization: [none, batch_norm]
  scoring:
    metrics: [infinite_condition_number, nngp_condition_number, infinite_width_deviation, gradient_gain, effective_rank]
    seeds: 3
  """

@Test func aMetricThatDoesNotApplyLeavesTheOthersAlone() throws {
  let result = try scorer.rank(try scorer.space(mixed))
  #expect(result.candidates.count == 4)
  #expect(result.failed.isEmpty)
  for candidate in result.candidates {
    let isNormalized = candidate.choices["normalization"] == .text("batch_norm")
    #expect(candidate.outcome == .ok)
    #expect(candidate.metrics["effectiveRank"]?.seedsOk == 3)
    for name in ["infiniteConditionNumber", "nngpConditionNumber", "infiniteWidthDeviation"] {
      let summary = try #require(candidate.metrics[name])
      #expect(summary.outcome == (isNormalized ? .unsupportedAtInfiniteWidth : .ok))
      #expect(summary.seedsOk == (isNormalized ? 0 : 3))
      if isNormalized { #expect(summary.message?.contains("(batch_norm)") == true) }
    }
    #expect(candidate.metrics["gradientGain"]?.outcome == (isNormalized ? .notApplicable : .ok))
  }
}

@Test func candidatesThatTheRankingMetricDoesNotApplyToHaveNoRankAndDidNotFail() throws {
  let result = try scorer.rank(
    try scorer.space(mixed + "\nranking: {by: infinite_condition_number}\n"))
  #expect(result.candidates.map(\.rank) == [1, 2])
  #expect(result.failed.count == 2)
  #expect(result.counts.failed == 0)
  #expect(result.counts.inapplicable == 2)
  for candidate in result.failed {
    #expect(candidate.outcome == .unsupportedAtInfiniteWidth)
    #expect(candidate.message?.contains("(batch_norm)") == true)
    #expect(candidate.metrics["conditionNumber"]?.seedsOk == 3)
  }
}

@Test func whatDoesNotApplyIsServedFromTheStoreToo() throws {
  let store = try ResultStore.inMemory()
  let space = try scorer.space(mixed + "\nranking: {by: infinite_condition_number}\n")
  let first = try scorer.rank(space, store: store)
  let second = try scorer.rank(space, store: store)
  #expect(second.counts.computed == 0)
  #expect(second.counts.fromStore == 4)
  #expect(second.candidates == first.candidates)
  #expect(second.failed == first.failed)
  let outcomes = try store.statistics().scoresByOutcome
  // Two networks, three seeds, three measurements; mean field once for each network.
  #expect(outcomes[.unsupportedAtInfiniteWidth] == 18)
  #expect(outcomes[.notApplicable] == 2)
}

@Test func infiniteWidthStandsUnderTheSeedOfItsBatchAndInDoublePrecision() throws {
  let fixed = mixed.replacing("samples: 6", with: "samples: 6, batch: fixed")
  let store = try ResultStore.inMemory()
  let single = try scorer.rank(try scorer.space(fixed), store: store)
  // Per network: spectra and deviations of three seeds, two limits of one batch, one analysis.
  #expect(try store.statistics().scores == 4 * (3 + 3 + 2 + 1))
  for candidate in single.candidates {
    for name in ["infiniteConditionNumber", "gradientGain"] {
      let values = try #require(candidate.metrics[name]?.perSeed)
      #expect(Set(values).count == 1)
    }
    #expect(!candidate.wasPromoted)
  }
  // Another precision of the finite kernel shares them.
  _ = try scorer.rank(
    try scorer.space(fixed.replacing("seeds: 3", with: "seeds: 3\n  precision: double")), store: store)
  #expect(try store.statistics().scores == 4 * (3 + 3 + 2 + 1) + 4 * (3 + 3))
}

@Test func aRunThatLacksInfiniteWidthAloneComputesNoFiniteKernel() throws {
  let store = try ResultStore.inMemory()
  let finite = mixed.replacing(
    "infinite_condition_number, nngp_condition_number, infinite_width_deviation, gradient_gain, ", with: "")
  _ = try scorer.rank(try scorer.space(finite), store: store)
  let before = try store.statistics().scores
  let more = try scorer.rank(
    try scorer.space(mixed.replacing("infinite_width_deviation, ", with: "")), store: store)
  #expect(try store.statistics().scores == before + 4 * (2 * 3 + 1))
  let fresh = try scorer.rank(try scorer.space(mixed.replacing("infinite_width_deviation, ", with: "")))
  #expect(more.candidates == fresh.candidates)
}

@Test func labelsOfADatasetAreUsed() throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("labels-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  // Two classes at opposite sides.
  let count = 40
  let values = (0..<count * 6).map { index -> Double in
    let (row, column) = (index / 6, index % 6)
    return (row % 2 == 0 ? 1 : -1) * (column < 3 ? 1 : 0.2) + 0.1 * Double((index * 7919) % 13 - 6)
  }
  try NumericArray(shape: [count, 6], values: values).write(npy: folder.path + "/x.npy")
  try NumericArray(shape: [count], values: (0..<count).map { Double($0 % 2) }).write(
    npy: folder.path + "/y.npy")
  let result = try scorer.rank(
    try scorer.space(
      """
      family: fully_connected
      input: {shape: [6], outputs: 2, samples: 16, dataset: {kind: npy, path: \(folder.path)/x.npy, labels: \(folder.path)/y.npy}}
      fixed: {width: 32}
      choices: {depth: [1, 2]}
      scoring: {metrics: [infinite_validation_accuracy, nngp_validation_accuracy, label_alignment, relative_displacement]}
      ranking: {by: validation_accuracy}
      """))
  #expect(result.candidates.count == 2)
  for candidate in result.candidates {
    for name in ["validationAccuracy", "infiniteValidationAccuracy", "nngpValidationAccuracy"] {
      #expect(try #require(candidate.metrics[name]?.value) > 0.9)
    }
    #expect(try #require(candidate.metrics["labelAlignment"]?.value) > 0.5)
    #expect(try #require(candidate.metrics["relativeDisplacement"]?.value) > 0)
  }
}
