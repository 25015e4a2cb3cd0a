import ArchitectureScorer
import ResultStorage
import ScoringMetrics
import Testing
import Trainability

/// The gap between the two largest eigenvalues: a metric that somebody else might add.
private struct SpectralGap: ScoringMetric {
  let description = MetricDescription(
    name: "spectralGap", title: "λ₁/λ₂", unit: "1",
    explanation: "Ratio of the kernel's two largest eigenvalues.", source: "this test",
    direction: .lowerIsBetter, directionReason: "by decree", scale: .logarithmic,
    needs: [.tangentKernelSpectrum])

  func value(of measurements: Measurements) -> MetricValue {
    switch measurements.tangentKernelSpectrum {
    case .spectrum(let spectrum): .init(finite: spectrum.eigenvalues[0] / spectrum.eigenvalues[1])
    case .failure(let outcome, let message): .failure(outcome, message: message)
    case nil: .failure(.cancelled, message: "no spectrum")
    }
  }
}

/// In the headline's place: a metric that needs no kernel.
private struct StructuralHeadline: ScoringMetric {
  let description = MetricDescription(
    name: MetricRegistry.headline, title: "parameters", unit: "1", explanation: "A count.",
    source: "this test", direction: .lowerIsBetter, directionReason: "by decree", scale: .linear,
    needs: [.network])

  func value(of measurements: Measurements) -> MetricValue {
    #expect(measurements.tangentKernelSpectrum == nil)
    return .value(Double(measurements.network.parameters))
  }
}

@Test func aMetricOfOnesOwnIsRankedByAndServedFromScoresThatAreThere() throws {
  var metrics = MetricRegistry.standard
  try metrics.register(SpectralGap())
  let scorer = Scorer(metrics: metrics)
  let store = try ResultStore.inMemory()
  _ = try Scorer().rank(try Scorer().space(nineNetworks), store: store)
  let result = try scorer.rank(
    try scorer.space(nineNetworks + "\nranking: {by: spectral_gap}\n"), store: store)
  #expect(result.counts.computed == 0)
  let gaps = result.candidates.compactMap { $0.metrics["spectralGap"]?.value }
  #expect(gaps.count == 9)
  #expect(gaps == gaps.sorted())
}

@Test func metricsOfStructureAloneCostNoKernel() throws {
  let scorer = Scorer(metrics: try MetricRegistry([StructuralHeadline()]))
  let space = try scorer.space(trippingSpace(5).replacing("tripping", with: "fully_connected"))
  let result = try scorer.rank(space)
  #expect(result.counts.computed == 0)
  #expect(result.counts.fromStore == 0)
  #expect(result.candidates.map(\.rank) == [1, 2, 3, 4, 5])
}

/// λ_max, but for one value, which it has nothing to say of.
private struct Choosy: ScoringMetric {
  let name: String
  let dislikes: Double?

  var description: MetricDescription {
    MetricDescription(
      name: name, title: name, unit: "1", explanation: "λ_max.", source: "this test",
      direction: .lowerIsBetter, directionReason: "by decree", scale: .linear,
      needs: [.tangentKernelSpectrum])
  }

  func value(of measurements: Measurements) -> MetricValue {
    guard case .spectrum(let spectrum) = measurements.tangentKernelSpectrum,
      let largest = spectrum.eigenvalues.first,
      largest != dislikes
    else { return .failure(.nonFinite, message: "it is not liked") }
    return .value(largest)
  }
}

/// Two metrics rank, and each fails under another seed: what counts is under how many seeds neither did.
@Test func aSeedIsGoodWhenEveryMetricThatRanksHasAValue() throws {
  func result(_ left: Double?, _ right: Double?) throws -> RankingResult {
    var metrics = MetricRegistry.standard
    try metrics.register(Choosy(name: "left", dislikes: left))
    try metrics.register(Choosy(name: "right", dislikes: right))
    let scorer = Scorer(metrics: metrics)
    return try scorer.rank(
      scorer.space(
        """
        family: fully_connected
        input: {shape: [4], outputs: 2, samples: 6}
        choices: {width: [8]}
        scoring: {seeds: 3}
        ranking: {rank_sum: [left, right]}
        """))
  }
  let values = try #require(try result(nil, nil).candidates.first?.metrics["left"]?.perSeed)
  let candidate = try #require(try result(values[0], values[1]).candidates.first)
  #expect(candidate.metrics["left"]?.seedsOk == 2 && candidate.metrics["right"]?.seedsOk == 2)
  #expect(candidate.seedsOk == 1)
}
