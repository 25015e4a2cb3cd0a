import ArchitecturePlugins
import ScoringMetrics
import Trainability

/// A finished ranking, as every format shows it.
package struct RankingReport: Sendable {
  /// One metric of one candidate over its seeds.
  package struct Value: Hashable, Sendable {
    package let value: Double
    /// Of the natural logarithm, over seeds; nil for metrics averaged linearly.
    package let logMean: Double?
    package let logStandardDeviation: Double?
    /// How many seeds gave a value.
    package let seedsOk: Int

    package init(value: Double, logMean: Double?, logStandardDeviation: Double?, seedsOk: Int) {
      self.value = value
      self.logMean = logMean
      self.logStandardDeviation = logStandardDeviation
      self.seedsOk = seedsOk
    }
  }

  /// Why a metric has no value for a candidate, or not under all seeds.
  package struct Absence: Hashable, Sendable {
    /// Never `.ok`.
    package let outcome: Outcome
    package let message: String

    package init(outcome: Outcome, message: String) {
      self.outcome = outcome
      self.message = message
    }
  }

  /// A candidate with its place.
  package struct Ranked: Sendable {
    package let rank: Int
    /// Whether another candidate shares the rank.
    package let isTied: Bool
    /// When the order is by a sum of ranks.
    package let rankSum: Int?
    package let id: String
    package let choices: Choices
    /// Of the failed seeds, when there are any.
    package let outcome: Outcome
    /// How many seeds gave all that the ranking needs.
    package let seedsOk: Int
    /// By metric name; absent where there is none.
    package let values: [String: Value]
    /// By metric name.
    package let absences: [String: Absence]

    package init(
      rank: Int, isTied: Bool = false, rankSum: Int? = nil, id: String, choices: Choices,
      outcome: Outcome = .ok,
      seedsOk: Int, values: [String: Value], absences: [String: Absence] = [:]
    ) {
      self.rank = rank
      self.isTied = isTied
      self.rankSum = rankSum
      self.id = id
      self.choices = choices
      self.outcome = outcome
      self.seedsOk = seedsOk
      self.values = values
      self.absences = absences
    }
  }

  /// A candidate without a place, and why.
  package struct Failed: Sendable {
    package let id: String
    package let choices: Choices
    package let outcome: Outcome
    package let message: String

    package init(id: String, choices: Choices, outcome: Outcome, message: String) {
      self.id = id
      self.choices = choices
      self.outcome = outcome
      self.message = message
    }
  }

  package let space: String
  /// How the scores were made.
  package let identity: JSONValue
  package let seeds: [UInt64]
  /// In the order in which they are shown; the headline first.
  package let metrics: [MetricDescription]
  /// Names of the metrics that decide, and whether by the sum of their ranks.
  package let rankingMetrics: [String]
  package let isRankSum: Bool
  /// Parameters in the order in which columns stand; others follow by name.
  package let choiceOrder: [String]
  /// What the candidates have in common, in words; empty for nothing to say.
  package let context: String
  /// The best first.
  package let ranked: [Ranked]
  package let failed: [Failed]

  package init(
    space: String, identity: JSONValue, seeds: [UInt64], metrics: [MetricDescription],
    rankingMetrics: [String],
    isRankSum: Bool = false, choiceOrder: [String] = [], context: String = "", ranked: [Ranked],
    failed: [Failed]
  ) {
    self.space = space
    self.identity = identity
    self.seeds = seeds
    self.metrics = metrics
    self.rankingMetrics = rankingMetrics
    self.isRankSum = isRankSum
    self.choiceOrder = choiceOrder
    self.context = context
    self.ranked = ranked
    self.failed = failed
  }
}

extension RankingReport {
  /// Names of the parameters that any candidate gives, in one order for all formats.
  package var choiceNames: [String] {
    var names: Set<String> = []
    for choices in ranked.map(\.choices) + failed.map(\.choices) { names.formUnion(choices.keys) }
    let leading = choiceOrder.filter(names.contains)
    return leading + names.subtracting(leading).sorted()
  }

  /// Those that are not the same in all candidates.
  package var varyingChoiceNames: [String] {
    let all = ranked.map(\.choices) + failed.map(\.choices)
    return choiceNames.filter { name in all.contains { $0[name] != all[0][name] } }
  }

  /// The value as a table shows it.
  package static func cell(_ value: Value?, of metric: MetricDescription, absence: Absence? = nil) -> String {
    if value == nil, absence?.outcome.isInapplicable == true { return NumberText.inapplicable }
    return metric.scale == .linear || metric.unit == "steps"
      ? NumberText.count(value?.value) : NumberText.significant(value?.value)
  }
}
