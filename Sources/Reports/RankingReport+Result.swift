import ArchitectureScorer
import CandidateRanking

extension RankingReport {
  /// The report of a run.
  package init(_ result: RankingResult) {
    let rankingMetrics = result.rule.metrics.map(\.name)
    var isRankSum = false
    if case .rankSum = result.rule { isRankSum = true }
    self.init(
      space: result.run.space, identity: .verbatim(result.identity.canonicalJSON), seeds: result.seeds,
      metrics: result.metrics, rankingMetrics: rankingMetrics, isRankSum: isRankSum,
      choiceOrder: result.run.choiceOrder,
      context: result.run.context,
      ranked: result.candidates.map { candidate in
        Ranked(
          rank: candidate.rank ?? 0, isTied: candidate.isTied,
          rankSum: isRankSum ? candidate.metricRanks.reduce(0, +) : nil, id: candidate.id,
          choices: candidate.choices, outcome: candidate.outcome,
          seedsOk: candidate.seedsOk,
          values: candidate.metrics.compactMapValues(Value.init),
          absences: candidate.metrics.compactMapValues(Absence.init))
      },
      failed: result.failed.map { candidate in
        Failed(
          id: candidate.id, choices: candidate.choices, outcome: candidate.outcome,
          message: candidate.message ?? candidate.outcome.rawValue)
      })
  }
}

extension RankingReport.Absence {
  /// Nil when every seed gave a value.
  package init?(_ summary: MetricSummary) {
    guard summary.outcome != .ok else { return nil }
    self.init(outcome: summary.outcome, message: summary.message ?? summary.outcome.rawValue)
  }
}

extension RankingReport.Value {
  /// Nil when no seed gave a value.
  package init?(_ summary: MetricSummary) {
    guard let value = summary.value else { return nil }
    self.init(
      value: value, logMean: summary.logMean, logStandardDeviation: summary.logStandardDeviation,
      seedsOk: summary.seedsOk)
  }
}

extension RunDescription {
  /// What all candidates have in common, in words.
  fileprivate var context: String {
    var parts = [
      family, "input \(inputShape), \(NumberText.counted(outputs, "output"))",
      "\(samples) \(dataset) samples",
      NumberText.counted(seeds.count, "seed"),
    ]
    let fixed = fixed
    if !fixed.isEmpty {
      parts.append(fixed.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    }
    return parts.joined(separator: " · ")
  }
}
