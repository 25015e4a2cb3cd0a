import ArchitectureScorer
import ResultStorage
import ScoringMetrics
import SearchSpaces
import TangentKernel
import Testing

/// `nineNetworks` under all metrics that ship.
private func everything(_ scorer: Scorer) throws -> SearchSpace {
  let names = scorer.metrics.metrics.map(\.description.snakeCaseName).joined(separator: ", ")
  let old = "lambda_max, lambda_min, kernel_trace, effective_rank, parameters"
  return try scorer.space(nineNetworks.replacing(old, with: names))
}

private func values(_ result: RankingResult, _ metric: String) -> [String: [Double?]] {
  Dictionary(
    uniqueKeysWithValues: result.candidates.map { ($0.id, $0.metrics[metric]?.perSeed ?? []) })
}

@Test func everyMetricThatShipsIsComputedForEveryCandidate() throws {
  let scorer = Scorer()
  let result = try scorer.rank(try everything(scorer))
  #expect(result.candidates.count == 9)
  for candidate in result.candidates {
    for metric in scorer.metrics.names {
      let summary = try #require(candidate.metrics[metric])
      // Ten samples are more than some networks can tell apart by one measure or another.
      // Gaussian inputs have no labels, and no network is in every phase.
      #expect(
        summary.seedsOk == 2 || summary.outcome == .rankDeficient || summary.outcome == .notApplicable,
        "\(metric): \(summary)")
    }
    #expect(candidate.metrics["layerEqualizedLambdaMin"]?.seedsOk == 2)
    #expect(candidate.metrics["inputGradientParticipationRatio"]?.seedsOk == 2)
  }
}

@Test func metricsServedFromTheStoreAreThoseThatWereComputed() throws {
  let scorer = Scorer()
  let store = try ResultStore.inMemory()
  let first = try scorer.rank(try everything(scorer), store: store)
  let second = try scorer.rank(try everything(scorer), store: store)
  #expect(first.counts.computed == 9)
  #expect(second.counts.computed == 0)
  #expect(second.counts.fromStore == 9)
  #expect(second.candidates == first.candidates)
}

@Test func aStoreThatLacksAMeasurementIsAskedForTheOthersAlone() throws {
  let scorer = Scorer()
  let store = try ResultStore.inMemory()
  _ = try scorer.rank(try scorer.space(nineNetworks), store: store)
  let scores = try store.statistics().scores
  let ranked = try scorer.rank(
    try scorer.space(nineNetworks + "\nranking: {by: layer_equalized_lambda_min}\n"), store: store)
  // One row more for each network and seed: the spectra were there.
  #expect(try store.statistics().scores == scores + 18)
  let alone = try scorer.rank(
    try scorer.space(nineNetworks + "\nranking: {by: layer_equalized_lambda_min}\n"))
  #expect(alone.candidates == ranked.candidates)
  let together = try scorer.rank(try everything(scorer))
  for metric in ["layerEqualizedLambdaMin", "conditionNumber"] {
    #expect(values(alone, metric) == values(together, metric))
  }
}

@Test func measurementsUnderOtherSettingsHaveIdentitiesOfTheirOwn() throws {
  let scorer = Scorer()
  let identity = try scorer.rank(try scorer.space(nineNetworks), options: RankingOptions(limit: 1)).identity
  let equalized = identity.measuring(.layerEqualizedSpectrum)
  #expect(equalized.normalizationMode == .removed && equalized.parameterFilter == .kernels)
  #expect(identity.measuring(.centeredKernelSpectrum).normalizationMode == identity.normalizationMode)
  #expect(identity.measuring(.tangentKernelSpectrum) == identity)
  #expect(Set(MetricNeed.shipped.map { identity.measuring($0).hash }).count == MetricNeed.shipped.count)
}
