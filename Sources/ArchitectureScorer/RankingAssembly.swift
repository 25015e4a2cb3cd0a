import CandidateRanking
import ScoringMetrics
import SearchSpaces
import Trainability

/// Puts the scores of a finished run together: aggregates over seeds, ranks, and says why what has no rank has none.
struct RankingAssembly {
  let run: ScoringRun

  private var plan: ScoringPlan { run.plan }

  func result(for space: SearchSpace, wallSeconds: Double) -> RankingResult {
    let verdicts = run.entries.map(verdict)
    let ranking = Ranking(
      zip(run.entries, verdicts).map { entry, verdict in
        RankingCandidate(
          identifier: entry.id, canonicalHash: entry.networkHash ?? "",
          values: verdict.metrics.compactMapValues(\.value), seedsOk: verdict.seedsOk,
          seedsTotal: plan.seeds.count, outcome: verdict.outcome, message: verdict.message)
      }, by: plan.rule)

    // Identifiers are short hashes: two candidates of a very large space may share one.
    var places: [String: [Int]] = [:]
    for index in run.entries.indices.reversed() { places[run.entries[index].id, default: []].append(index) }
    func candidate(_ ranked: RankingCandidate, rank: RankedCandidate?, reason: String?) -> ScoredCandidate? {
      guard let index = places[ranked.identifier]?.popLast() else { return nil }
      let (entry, verdict) = (run.entries[index], verdicts[index])
      return ScoredCandidate(
        rank: rank?.rank, isTied: rank?.isTied ?? false, id: entry.id, choices: entry.choices,
        networkHash: entry.networkHash, outcome: verdict.outcome, message: reason ?? verdict.message,
        metrics: verdict.metrics, metricRanks: rank?.metricRanks ?? [], wasPromoted: verdict.wasPromoted)
    }
    let ranked = ranking.ranked.compactMap { candidate($0.candidate, rank: $0, reason: nil) }
    let unranked = ranking.unranked.compactMap { candidate($0.candidate, rank: nil, reason: $0.reason) }
    let failed =
      unranked.filter { !$0.outcome.isInapplicable } + unranked.filter(\.outcome.isInapplicable)

    var counts = run.counts
    counts.inapplicable = failed.count(where: \.outcome.isInapplicable)
    counts.failed = failed.count - counts.inapplicable
    return RankingResult(
      spaceName: space.name, spaceHash: space.definitionHash, family: space.family.name,
      identity: plan.identity, seeds: plan.seeds, rule: plan.rule,
      metrics: plan.metrics.map(\.description), candidates: ranked, failed: failed, counts: counts,
      ending: run.ending, wallSeconds: wallSeconds)
  }

  /// The result of a run of a single network; nil when its source gave none.
  func single(wallSeconds: Double) -> ScoreResult? {
    guard let entry = run.entries.first else { return nil }
    let verdict = verdict(entry)
    let scores = entry.networkHash.flatMap { run.scores[$0] }
    return ScoreResult(
      identity: plan.identity, seeds: plan.seeds, metrics: plan.metrics.map(\.description),
      candidate: ScoredCandidate(
        rank: nil, isTied: false, id: entry.id, choices: entry.choices, networkHash: entry.networkHash,
        outcome: verdict.outcome, message: verdict.message, metrics: verdict.metrics, metricRanks: [],
        wasPromoted: verdict.wasPromoted),
      eigenvalues: scores.map { $0.seeds.map(\.eigenvalues) } ?? plan.seeds.map { _ in nil },
      wasServedFromStore: scores?.isFromStore ?? false, wallSeconds: wallSeconds)
  }

  /// A candidate's metrics over its seeds, and how it came out.
  private struct Verdict {
    var metrics: [String: MetricSummary] = [:]
    var seedsOk = 0
    var outcome = Outcome.ok
    var message: String?
    var wasPromoted = false
  }

  private func verdict(_ entry: CandidateEntry) -> Verdict {
    if let failure = entry.failure { return Verdict(outcome: .pluginError, message: failure) }
    guard let hash = entry.networkHash, let scores = run.scores[hash] else {
      return Verdict(outcome: .cancelled, message: "the run was interrupted before it was computed")
    }
    var verdict = Verdict(
      seedsOk: scores.seeds.count(where: plan.isRankable),
      wasPromoted: scores.seeds.contains(where: \.wasPromoted))
    for (index, metric) in plan.metrics.enumerated() {
      let values = scores.seeds.map { $0.values[index].usable(on: metric.description.scale) }
      verdict.metrics[metric.description.name] = MetricSummary(values, scale: metric.description.scale)
    }
    let failures = scores.seeds.lazy.compactMap { plan.firstFailure(in: $0) }
    if let (outcome, message) = failures.first { (verdict.outcome, verdict.message) = (outcome, message) }
    return verdict
  }
}

extension ScoringPlan {
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
  fileprivate func usable(on scale: MetricScale) -> MetricValue {
    guard case .value(let value) = self, scale == .logarithmic, value <= 0 else { return self }
    return .failure(.rankDeficient, message: "the value is \(value), which has no logarithm")
  }
}

extension MetricSummary {
  fileprivate init(_ values: [MetricValue], scale: MetricScale) {
    let aggregate = SeedAggregate(values.compactMap(\.value), scale: scale)
    let failure = values.first { $0.outcome != .ok }
    self.init(
      value: aggregate?.value, logMean: aggregate?.logMean,
      logStandardDeviation: aggregate?.logStandardDeviation,
      standardDeviation: aggregate?.standardDeviation, seedsOk: aggregate?.seedsOk ?? 0,
      outcome: failure?.outcome ?? .ok, message: failure?.message, perSeed: values.map(\.value))
  }
}
