/// Which way a metric is better.
public enum RankingDirection: String, Codable, Hashable, Sendable, CaseIterable {
  case lowerIsBetter = "lower"
  case higherIsBetter = "higher"
}

/// A metric to rank by.
public struct RankingMetric: Hashable, Sendable {
  /// The key of the metric in `RankingCandidate.values`.
  public let name: String
  /// Whether high or low values come first.
  public let direction: RankingDirection

  /// - Parameter name: canonical, as in `RankingCandidate.values`.
  public init(name: String, direction: RankingDirection) {
    self.name = name
    self.direction = direction
  }
}

/// What puts one candidate before another.
public enum RankingRule: Hashable, Sendable {
  /// The value of one metric.
  case metric(RankingMetric)
  /// The sum of the dense ranks under each metric (TE-NAS, Chen et al. 2021): smaller is better. Only
  /// order enters, so the metrics' units do not matter.
  case rankSum([RankingMetric])

  /// The metrics that a candidate needs a value of.
  public var metrics: [RankingMetric] {
    switch self {
    case .metric(let metric): [metric]
    case .rankSum(let metrics): metrics
    }
  }
}
