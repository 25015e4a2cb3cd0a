import CandidateRanking
import ResultStorage
import ScoringMetrics
import SearchSpaces
import TangentKernel
import Trainability

/// What the scores of a run mean: which identities answer for it, which metrics are made of them, and what ranks. All that
/// reading a run back from a store takes.
struct ScoringRules: Sendable {
  /// With the requested precision as the computing one.
  let identity: ScoreIdentity
  let seeds: [UInt64]
  /// What the run shows, the condition number first.
  let metrics: [any ScoringMetric]
  /// What is measured of every network and seed: nothing when no metric needs a kernel.
  let needs: Set<MetricNeed>
  let rule: CandidateRanking.RankingRule
  /// For each need, the identities under which the store may have an answer, in order of preference.
  let servable: [MetricNeed: [ServableIdentity]]
  /// What is measured with.
  let versions: MeasurementVersions

  struct ServableIdentity: Sendable {
    let hash: String
    let json: String
    let precision: Precision

    init(_ identity: ScoreIdentity) {
      hash = identity.hash
      json = identity.canonicalJSON
      precision = identity.precision
    }
  }

  /// - Parameter versions: of what was measured, where that is a run of the past; today's when not given.
  init(
    identity: ScoreIdentity, seeds: [UInt64], metricNames: [String], ranking: SearchSpaces.RankingRule,
    registry: MetricRegistry, versions: (Set<MetricNeed>) -> MeasurementVersions = MeasurementVersions.init
  ) throws(MetricError) {
    self.identity = identity
    self.seeds = seeds
    metrics = try Self.metrics([MetricRegistry.headline] + metricNames + ranking.metrics, registry)
    rule = try Self.rule(ranking, registry)
    needs = Set(metrics.flatMap(\.description.needs)).subtracting([.network])
    let versions = versions(needs)
    self.versions = versions
    servable = Dictionary(
      uniqueKeysWithValues: needs.map { need in
        (need, identity.servable(need, versions.version(of: need)).map(ServableIdentity.init))
      })
  }

  private static func metrics(
    _ names: [String], _ registry: MetricRegistry
  ) throws(MetricError) -> [any ScoringMetric] {
    var metrics: [any ScoringMetric] = []
    for name in names {
      let metric = try registry.metric(named: name)
      if !metrics.contains(where: { $0.description.name == metric.description.name }) {
        metrics.append(metric)
      }
    }
    return metrics
  }

  private static func rule(
    _ rule: SearchSpaces.RankingRule, _ registry: MetricRegistry
  ) throws(MetricError) -> CandidateRanking.RankingRule {
    var metrics: [RankingMetric] = []
    for name in rule.metrics {
      let description = try registry.metric(named: name).description
      metrics.append(
        RankingMetric(
          name: description.name,
          direction: description.direction == .lowerIsBetter ? .lowerIsBetter : .higherIsBetter))
    }
    switch rule {
    case .metric: return .metric(metrics[0])
    case .rankSum: return .rankSum(metrics)
    }
  }

  /// The seed that a measurement stands under: what does not depend on weights is one measurement for all seeds that
  /// share a batch.
  func storedSeed(of need: MetricNeed, _ seed: UInt64) -> UInt64 {
    switch need.dependence {
    case .nothing: 0
    case .batch: identity.batchRule == BatchRule.fixed.rawValue ? 0 : seed
    case .weights: seed
    }
  }

  /// The stored seeds of all seeds of the run, each once.
  func storedSeeds(of need: MetricNeed) -> [UInt64] {
    Set(seeds.map { storedSeed(of: need, $0) }).sorted()
  }

  /// Whether single precision was asked for and did not suffice.
  func isPromoted(_ need: MetricNeed, to precision: Precision) -> Bool {
    need.dependence == .weights && precision != identity.requestedPrecision
  }

  /// What is known of one network: for each seed, by need. Of several identities that have an answer, the first counts.
  ///
  /// - Parameter includesPassing: whether a failure by circumstance, too little memory, say, counts as an answer where
  ///   there is no lasting one: it does for a report, and not for a run that may have more memory.
  func known(
    _ hash: String, includesPassing: Bool = false, _ answers: (ServableIdentity) -> [ScoreKey: ScoreRecord]
  ) -> [[MetricNeed: KnownMeasurement]] {
    var known = [[MetricNeed: KnownMeasurement]](repeating: [:], count: seeds.count)
    for isLasting in includesPassing ? [true, false] : [true] {
      for (need, identities) in servable {
        for identity in identities {
          let found = answers(identity)
          for (index, seed) in seeds.enumerated() where known[index][need] == nil {
            let key = ScoreKey(
              networkHash: hash, identityHash: identity.hash, seed: storedSeed(of: need, seed))
            guard let record = found[key], record.outcome.isReproducible == isLasting,
              let measurement = Measurement(
                need, eigenvalues: record.eigenvalues, numbers: record.metrics, outcome: record.outcome,
                message: record.message, epsilon: identity.precision.epsilon)
            else { continue }
            known[index][need] = KnownMeasurement(
              measurement: measurement, wasPromoted: isPromoted(need, to: identity.precision),
              isFromStore: true)
          }
        }
      }
    }
    return known
  }

  // MARK: What ranks

  /// Whether a seed gave every metric that the ranking rule needs.
  func isRankable(_ seed: SeedScore) -> Bool { firstFailure(in: seed) == nil }

  /// Whether no seed did, though the metrics apply.
  func hasFailed(_ scores: NetworkScores) -> Bool {
    scores.seeds.allSatisfy { firstFailure(in: $0).map { !$0.0.isInapplicable } ?? false }
  }

  /// Of the rule's metrics in its order.
  func firstFailure(in seed: SeedScore) -> (Outcome, String)? {
    for name in rule.metrics.map(\.name) {
      guard let index = metrics.firstIndex(where: { $0.description.name == name }) else { continue }
      if case .failure(let outcome, let message) = seed.values[index].usable(
        on: metrics[index].description.scale)
      {
        return (outcome, message)
      }
    }
    return nil
  }
}

extension MetricValue {
  /// Zero and negative numbers have no logarithm.
  func usable(on scale: MetricScale) -> MetricValue {
    guard case .value(let value) = self, scale == .logarithmic, value <= 0 else { return self }
    return .failure(.rankDeficient, message: "the value is \(value), which has no logarithm")
  }
}
