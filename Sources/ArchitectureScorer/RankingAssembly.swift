import CandidateRanking
import ScoringMetrics
import SearchSpaces
import Trainability

/// Puts the scores of a finished run together: aggregates over seeds, ranks, and says why what has no rank has none.
struct RankingAssembly {
  let rules: ScoringRules
  let entries: [CandidateEntry]
  /// By network hash; absent for those that were not finished.
  let scores: [String: NetworkScores]
  let counts: RunCounts
  let ending: RunEnding
  /// Why there are no scores of a network.
  var reasonOfAbsence = "the run was interrupted before it was computed"

  init(
    rules: ScoringRules, entries: [CandidateEntry], scores: [String: NetworkScores], counts: RunCounts,
    ending: RunEnding
  ) {
    self.rules = rules
    self.entries = entries
    self.scores = scores
    self.counts = counts
    self.ending = ending
  }

  init(run: ScoringRun) {
    self.init(
      rules: run.plan.rules, entries: run.entries, scores: run.scores, counts: run.counts, ending: run.ending)
  }

  func result(for run: RunDescription, spaceHash: String, wallSeconds: Double) -> RankingResult {
    let verdicts = entries.map(verdict)
    let ranking = Ranking(
      zip(entries, verdicts).map { entry, verdict in
        RankingCandidate(
          identifier: entry.id, canonicalHash: entry.networkHash ?? "",
          values: verdict.metrics.compactMapValues(\.value), seedsOk: verdict.seedsOk,
          seedsTotal: rules.seeds.count, outcome: verdict.outcome, message: verdict.message)
      }, by: rules.rule)

    // Identifiers are short hashes: two candidates of a very large space may share one.
    var places: [String: [Int]] = [:]
    for index in entries.indices.reversed() { places[entries[index].id, default: []].append(index) }
    func candidate(_ ranked: RankingCandidate, rank: RankedCandidate?, reason: String?) -> ScoredCandidate? {
      guard let index = places[ranked.identifier]?.popLast() else { return nil }
      let (entry, verdict) = (entries[index], verdicts[index])
      return ScoredCandidate(
        rank: rank?.rank, isTied: rank?.isTied ?? false, id: entry.id, choices: entry.choices,
        networkHash: entry.networkHash, outcome: verdict.outcome, message: reason ?? verdict.message,
        seedsOk: verdict.seedsOk,
        metrics: verdict.metrics, metricRanks: rank?.metricRanks ?? [], wasPromoted: verdict.wasPromoted)
    }
    let ranked = ranking.ranked.compactMap { candidate($0.candidate, rank: $0, reason: nil) }
    let unranked = ranking.unranked.compactMap { candidate($0.candidate, rank: nil, reason: $0.reason) }
    let failed =
      unranked.filter { !$0.outcome.isInapplicable } + unranked.filter(\.outcome.isInapplicable)

    var counts = counts
    counts.inapplicable = failed.count(where: \.outcome.isInapplicable)
    counts.failed = failed.count - counts.inapplicable
    return RankingResult(
      run: run, spaceHash: spaceHash,
      identity: rules.identity, seeds: rules.seeds, rule: rules.rule,
      metrics: rules.metrics.map(\.description), candidates: ranked, failed: failed, counts: counts,
      ending: ending, wallSeconds: wallSeconds)
  }

  /// The result of a run of a single network; nil when its source gave none.
  func single(wallSeconds: Double) -> ScoreResult? {
    guard let entry = entries.first else { return nil }
    let verdict = verdict(entry)
    let scores = entry.networkHash.flatMap { self.scores[$0] }
    return ScoreResult(
      identity: rules.identity, seeds: rules.seeds, metrics: rules.metrics.map(\.description),
      candidate: ScoredCandidate(
        rank: nil, isTied: false, id: entry.id, choices: entry.choices, networkHash: entry.networkHash,
        outcome: verdict.outcome, message: verdict.message, seedsOk: verdict.seedsOk,
        metrics: verdict.metrics,
        metricRanks: [],
        wasPromoted: verdict.wasPromoted),
      eigenvalues: scores.map { $0.seeds.map(\.eigenvalues) } ?? rules.seeds.map { _ in nil },
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
    guard let hash = entry.networkHash, let scores = self.scores[hash] else {
      return Verdict(outcome: .cancelled, message: reasonOfAbsence)
    }
    var verdict = Verdict(
      seedsOk: scores.seeds.count(where: rules.isRankable),
      wasPromoted: scores.seeds.contains(where: \.wasPromoted))
    for (index, metric) in rules.metrics.enumerated() {
      let values = scores.seeds.map { $0.values[index].usable(on: metric.description.scale) }
      verdict.metrics[metric.description.name] = MetricSummary(values, scale: metric.description.scale)
    }
    let failures = scores.seeds.lazy.compactMap { rules.firstFailure(in: $0) }
    if let (outcome, message) = failures.first { (verdict.outcome, verdict.message) = (outcome, message) }
    return verdict
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
