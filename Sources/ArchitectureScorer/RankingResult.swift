import ArchitecturePlugins
import CandidateRanking
import ScoringMetrics
import TangentKernel
import Trainability

/// One metric of one candidate over its seeds.
public struct MetricSummary: Hashable, Sendable {
  /// On the logarithmic scale the geometric mean, else the mean; nil when no seed gave a value.
  public let value: Double?
  /// Mean and standard deviation (divisor n − 1) of the natural logarithm; nil for a linear metric.
  public let logMean: Double?
  /// As `logMean`; nil also with fewer than two values.
  public let logStandardDeviation: Double?
  /// Standard deviation on the metric's own scale.
  public let standardDeviation: Double?
  /// How many seeds gave a value.
  public let seedsOk: Int
  /// `.ok` when every seed gave a value; else the first failed seed's outcome.
  public let outcome: Outcome
  /// Why a seed failed; nil when none did.
  public let message: String?
  /// One per seed of the run, in its order; nil for seeds that failed.
  public let perSeed: [Double?]
}

/// A candidate with its scores.
public struct ScoredCandidate: Hashable, Sendable, Identifiable {
  /// From 1; ties share the smaller rank. Nil for a candidate without a value to rank by.
  public let rank: Int?
  /// Whether another candidate has the same rank.
  public let isTied: Bool
  /// As `enumerate` lists it; unique in a family.
  public let id: String
  /// The candidate's parameters that the space varies or fixes.
  public let choices: Choices
  /// The canonical hash of its network; nil when the family made none.
  public let networkHash: String?
  /// `.ok` when every seed gave every metric that ranks; else the first failed seed's outcome.
  public let outcome: Outcome
  /// Why it is not `.ok`.
  public let message: String?
  /// How many seeds gave every metric that ranks.
  public let seedsOk: Int
  /// By canonical name: every metric of the run that was computed. Empty when nothing was.
  public let metrics: [String: MetricSummary]
  /// Under a rank sum: the dense rank by each metric of the rule, in its order; else empty.
  public let metricRanks: [Int]
  /// True when a seed was computed in double precision although single was asked for.
  public let wasPromoted: Bool
}

/// What a run did.
public struct RunCounts: Hashable, Sendable {
  /// Candidates that were looked at and keep the budgets.
  public var candidates = 0
  /// Candidates outside the space's budgets, which are not part of the ranking.
  public var excluded = 0
  /// Networks for which at least one kernel was computed in this run.
  public var computed = 0
  /// Candidates whose scores the store had for every seed.
  public var fromStore = 0
  /// Candidates without a rank because something failed.
  public var failed = 0
  /// Candidates without a rank because a metric of the ranking rule does not apply to them.
  public var inapplicable = 0
  /// Candidates whose network equals, up to isomorphism, that of an earlier candidate: they share its scores.
  public var isomorphicDuplicates = 0
  /// Scores (of one network and seed) that were computed again in double precision.
  public var promotedScores = 0
  /// Scores that disagree with the store's; the store keeps both.
  public var conflicts = 0
}

/// Why a run ended.
public enum RunEnding: Hashable, Sendable {
  case complete
  /// Stopped by the user; the same run resumes from the store.
  case interrupted
  /// So many candidates in a row were outside the budgets, or made no network, that sampling gave up before it had as
  /// many as asked for.
  case rejectionLimit(overBudget: Int, failed: Int)
}

/// A ranked search space.
public struct RankingResult: Sendable {
  /// What was ranked.
  public let run: RunDescription
  /// Lowercase hexadecimal SHA-256 of the space's definition.
  public let spaceHash: String
  /// How the scores were made. Its precision is the requested one; see `ScoredCandidate.wasPromoted`.
  public let identity: ScoreIdentity
  /// In the order in which every `perSeed` stands.
  public let seeds: [UInt64]
  /// By what candidates were ordered.
  public let rule: RankingRule
  /// The metrics of the run in the order in which they are shown: the condition number first.
  public let metrics: [MetricDescription]
  /// Ranked candidates from the best.
  public let candidates: [ScoredCandidate]
  /// Candidates without a rank, and why: those that something failed for, then those that a metric of the rule does not
  /// apply to (`Outcome.isInapplicable`); each by canonical hash, then by identifier.
  public let failed: [ScoredCandidate]
  /// What became of the candidates.
  public let counts: RunCounts
  /// Whether the ranking is of all that was asked for.
  public let ending: RunEnding
  /// Of the whole run, seconds.
  public let wallSeconds: Double
}

/// What a run would take.
public struct RunEstimate: Hashable, Sendable {
  /// Candidates that would be looked at, as text for spaces of any size: `1536`, or `at most 1536`.
  public let candidates: String
  /// How many seeds every candidate is scored with.
  public let seeds: Int
  /// Kernels of finite networks to compute, when the number fits; none of them is looked up in the store.
  public let kernels: Int?
  /// Evaluations of infinite width, when the number fits: one for each batch of a candidate, 0 when no metric asks.
  public let infiniteWidthEvaluations: Int?
  /// Wall time; nil when the space is too large for the number to mean anything.
  public let seconds: Double?
  /// Of the largest candidate looked at, bytes.
  public let largestCandidateBytes: Int
  /// Of all candidates that run at once, bytes: never more than the budget.
  public let peakBytes: Int
  /// Of the program itself and of what it remembers of every candidate until all are ranked, bytes; comes on top of
  /// `peakBytes`, and is in no budget.
  public let processBytes: Int
  /// Multiply–adds of one kernel, the mean over the candidates looked at.
  public let multiplyAddsPerKernel: Double
  /// Measured on this machine, for one thread.
  public let multiplyAddsPerSecond: Double
  /// Covariances that one evaluation of infinite width writes, the mean over the candidates looked at; those that
  /// have no such kernel count as 0.
  public let covariancesPerEvaluation: Double
  /// Measured on this machine, for one thread.
  public let covariancesPerSecond: Double
  /// How many candidates were looked at to estimate.
  public let sampled: Int
  /// Of those: how many are outside the budgets or make no network.
  public let rejected: Int
}
