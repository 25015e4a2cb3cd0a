import Trainability

/// What ranking needs to know of a candidate.
public struct RankingCandidate: Hashable, Sendable {
  /// How the search space calls it.
  public let identifier: String
  /// The canonical hash of its network, which orders ties.
  public let canonicalHash: String
  /// Each metric's value over the seeds that gave one.
  public let values: [String: Double]
  /// How many seeds gave every metric that the rule needs.
  public let seedsOk: Int
  /// How many seeds were asked for.
  public let seedsTotal: Int
  /// Of the whole candidate: of its failed seeds, when there are any.
  public let outcome: Outcome
  /// Why it failed, in words; nil when nothing failed.
  public let message: String?

  /// - Parameters:
  ///   - values: by metric; finite, or the candidate has no rank.
  ///   - seedsOk: at most `seedsTotal`.
  public init(
    identifier: String, canonicalHash: String, values: [String: Double], seedsOk: Int, seedsTotal: Int,
    outcome: Outcome, message: String? = nil
  ) {
    self.identifier = identifier
    self.canonicalHash = canonicalHash
    self.values = values
    self.seedsOk = seedsOk
    self.seedsTotal = seedsTotal
    self.outcome = outcome
    self.message = message
  }

  /// Whether no seed failed.
  public var isWhole: Bool { seedsOk > 0 && seedsOk >= seedsTotal }
}

/// A candidate with its place.
public struct RankedCandidate: Hashable, Sendable {
  /// From 1. Ties share the smaller rank, and the next candidate's rank counts all before it ("1224").
  public let rank: Int
  /// Who has the place.
  public let candidate: RankingCandidate
  /// Whether another candidate has the same rank.
  public let isTied: Bool
  /// Under `RankingRule.rankSum`: the dense rank under each metric, in the rule's order. Else empty.
  public let metricRanks: [Int]
  /// Under `RankingRule.rankSum`: the sum of `metricRanks`.
  public var rankSum: Int? { metricRanks.isEmpty ? nil : metricRanks.reduce(0, +) }
}

/// A candidate that has no place, and why.
public struct UnrankedCandidate: Hashable, Sendable {
  /// Who has none.
  public let candidate: RankingCandidate
  /// Of the candidate; `.nonFinite` when it calls itself `.ok` and a value is missing or not finite.
  public let outcome: Outcome
  /// Never empty.
  public let reason: String
}
