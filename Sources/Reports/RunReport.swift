import ArchitecturePlugins
import CandidateRanking
import Foundation
import ScoringMetrics
import Trainability

/// A ranking with what explains it: what each choice contributes, how metrics agree, what quality costs, and how it was
/// made.
package struct RunReport: Sendable {
  /// The run as its store knows it.
  package struct Facts: Sendable {
    package let identifier: Int64
    /// `finished`, `interrupted`, …
    package let status: String
    package let started: Date
    /// Nil when the run was killed, or goes on.
    package let finished: Date?
    /// The command line that was typed.
    package let command: String
    /// What the search space says, as canonical JSON; nil when it is not known.
    package let definition: String?
    /// What made the report.
    package let program: String

    package init(
      identifier: Int64, status: String, started: Date, finished: Date?, command: String,
      definition: String? = nil, program: String
    ) {
      self.definition = definition
      self.identifier = identifier
      self.status = status
      self.started = started
      self.finished = finished
      self.command = command
      self.program = program
    }
  }

  /// What a ranked candidate's network takes.
  package struct Cost: Hashable, Sendable {
    package let parameters: Int
    package let multiplyAdds: Int

    package init(parameters: Int, multiplyAdds: Int) {
      self.parameters = parameters
      self.multiplyAdds = multiplyAdds
    }
  }

  /// The eigenvalues of a candidate's tangent kernel.
  package struct Spectrum: Sendable {
    /// The candidate's identifier.
    package let id: String
    /// Descending, one list for each seed; nil for a seed without any.
    package let seeds: [[Double]?]

    package init(id: String, seeds: [[Double]?]) {
      self.id = id
      self.seeds = seeds
    }
  }

  package let ranking: RankingReport
  package let facts: Facts
  /// One for each ranked candidate.
  package let costs: [Cost]
  /// Of some candidates, those that were asked for first.
  package let spectra: [Spectrum]
  /// Whether each ranked candidate is beaten by none in score and parameters, and in score and multiply–adds. Candidates
  /// with failed seeds neither are nor beat.
  package let fronts: (parameters: [Bool], multiplyAdds: [Bool])
  /// Between every two metrics of the run, in its order; nil where there is none.
  package let correlations: [[RankCorrelation?]]
  /// Of the choices that vary, the most important first.
  package let importance: [ChoiceImportance]

  /// - Parameter costs: one for each ranked candidate.
  package init(ranking: RankingReport, facts: Facts, costs: [Cost], spectra: [Spectrum]) {
    self.ranking = ranking
    self.facts = facts
    self.costs = costs
    self.spectra = spectra
    let scores = ranking.ranked.map { ranking.isWhole($0) ? ranking.cost(of: $0) ?? .nan : .nan }
    fronts = (
      ParetoFront.contains(zip(scores, costs).map { ($0, Double($1.parameters)) }),
      ParetoFront.contains(zip(scores, costs).map { ($0, Double($1.multiplyAdds)) })
    )
    let values = ranking.metrics.map { metric in ranking.ranked.map { $0.values[metric.name]?.value } }
    var correlations = values.map { _ in [RankCorrelation?](repeating: nil, count: values.count) }
    for row in values.indices {
      // Neither measure has a direction.
      for column in values.indices.dropFirst(row + 1) {
        correlations[row][column] = RankCorrelation(values[row], values[column])
        correlations[column][row] = correlations[row][column]
      }
    }
    self.correlations = correlations
    importance = ranking.importance
  }
}

extension RankingReport {
  /// What decides: one metric, or the sum of the ranks by several.
  var scoreTitle: String { isRankSum ? "Σ ranks" : rankingMetric?.title ?? "score" }

  /// The metric that decides, or the first of several.
  var rankingMetric: MetricDescription? { metrics.first { $0.name == rankingMetrics.first } }

  /// The number behind a candidate's place, on its own scale.
  func score(of candidate: Ranked) -> Double? {
    isRankSum
      ? candidate.rankSum.map(Double.init) : rankingMetrics.first.flatMap { candidate.values[$0]?.value }
  }

  /// The same as a table shows it.
  func scoreText(of candidate: Ranked?) -> String {
    guard let candidate else { return NumberText.missing }
    if isRankSum { return candidate.rankSum.map(NumberText.grouped) ?? NumberText.missing }
    guard let metric = rankingMetric else { return NumberText.missing }
    return Self.cell(candidate.values[metric.name], of: metric)
  }

  /// Whether ratios of scores count, not differences.
  var isLogarithmic: Bool { !isRankSum && rankingMetric?.scale == .logarithmic }

  /// The score turned so that smaller is better.
  func cost(of candidate: Ranked) -> Double? {
    score(of: candidate).map { isRankSum || rankingMetric?.direction != .higherIsBetter ? $0 : -$0 }
  }

  /// Whether every seed gave a score; others are averages over other seeds, and compared with none.
  fileprivate func isWhole(_ candidate: Ranked) -> Bool { candidate.seedsOk >= seeds.count }

  /// Of whole candidates. Scores are compared as the ranking does: a difference that it takes for rounding varies in
  /// nothing.
  fileprivate var importance: [ChoiceImportance] {
    let whole = ranked.filter(isWhole).compactMap { candidate -> (Ranked, Double)? in
      guard let score = score(of: candidate).map(roundedToTenSignificantDigits), !isLogarithmic || score > 0
      else { return nil }
      return (candidate, isLogarithmic ? log(score) : score)
    }
    return varyingChoiceNames.compactMap { name in
      ChoiceImportance(
        name: name,
        levels: whole.map { candidate, _ in
          let value = candidate.choices[name]
          return .init(label: value?.description ?? NumberText.missing, number: value?.number)
        }, scores: whole.map(\.1))
    }.sorted { ($1.adjustedShare ?? $1.share, $0.name) < ($0.adjustedShare ?? $0.share, $1.name) }
  }
}
