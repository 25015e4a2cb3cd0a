import ArchitecturePlugins
import Foundation
import ScoringMetrics
import SearchSpaces

/// What a run ranked and how, as far as its identity does not say: kept with the run, so that it can be reported without
/// the search-space file.
public struct RunDescription: Codable, Hashable, Sendable {
  /// Its name.
  public let space: String
  /// Its name.
  public let family: String
  /// Of one sample.
  public let inputShape: [Int]
  /// O, numbers per sample at the networks' output.
  public let outputs: Int
  /// As search spaces name it: `gaussian`, `cifar10`.
  public let dataset: String
  /// Paths as written in the search space; empty for generated inputs.
  public let datasetPaths: [String]
  /// n, of one batch.
  public let samples: Int
  /// Parameters that are the same in all candidates, as canonical JSON.
  private let fixedJSON: String
  /// The parameters that vary, in the order of the search space.
  public let choiceOrder: [String]
  /// In the order in which scores are kept.
  public let seeds: [UInt64]
  /// Canonical names.
  public let metrics: [String]
  /// Those of `metrics` that plugins brought; nil when an earlier version ran it.
  let pluginMetrics: [RecordedMetric]?
  /// Of what was measured; nil when an earlier version ran it.
  let versions: MeasurementVersions?
  /// Canonical names of those that rank, in the order of the rule.
  public let rankingMetrics: [String]
  /// Whether the ranks by these are added up.
  public let isRankSum: Bool
  /// Of a sample: how many candidates were asked for, and the seed that drew them.
  public let limit: Int?
  /// Without effect when `limit` is nil.
  public let samplingSeed: UInt64

  init(_ space: SearchSpace, rules: ScoringRules, limit: Int?, samplingSeed: UInt64) {
    self.space = space.name
    family = space.family.name
    inputShape = space.input.shape.dimensions
    outputs = space.input.outputs
    dataset = space.input.dataset.kind
    datasetPaths = space.input.dataset.paths
    samples = space.input.samples
    fixedJSON = space.fixed.canonicalJSON
    choiceOrder = space.axes.map(\.name)
    seeds = rules.seeds
    metrics = space.scoring.metrics
    pluginMetrics = rules.metrics.compactMap { RecordedMetric($0) }
    versions = rules.versions
    rankingMetrics = space.ranking.metrics
    if case .rankSum = space.ranking { isRankSum = true } else { isRankSum = false }
    self.limit = limit
    self.samplingSeed = samplingSeed
  }

  /// Parameters that are the same in all candidates.
  public var fixed: Choices { Choices(canonicalJSON: fixedJSON) ?? [:] }

  var ranking: RankingRule {
    isRankSum ? .rankSum(rankingMetrics) : .metric(rankingMetrics.first ?? MetricRegistry.headline)
  }

  /// One text per description.
  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Texts, whole numbers and validated choices always encode.
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  /// Nil when the text is none.
  init?(json: String) {
    guard let description = try? JSONDecoder().decode(RunDescription.self, from: Data(json.utf8)) else {
      return nil
    }
    self = description
  }
}
