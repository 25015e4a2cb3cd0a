import ArchitecturePlugins
import Datasets
import NetworkGraph
import ScoringMetrics
import SearchSpaces
import TangentKernel

/// One network to score, and how.
public struct ScoreRequest: Sendable {
  /// For messages and results: a file's name, say.
  public var name: String
  public var network: Network
  /// Nil for a network that came from a file.
  public var family: (name: String, version: String)?
  /// What the network was made of; empty for a file.
  public var choices: Choices
  public var dataset: Dataset
  public var samples: Int
  public var batchRule: BatchRule
  public var seeds: [UInt64]
  public var settings: KernelSettings
  /// In either case style; the condition number is always added.
  public var metrics: [String]
  public var resources: Resources
  /// The command line as it was typed, for the store's list of runs.
  public var command: String

  public init(
    name: String, network: Network, family: (name: String, version: String)? = nil, choices: Choices = [:],
    dataset: Dataset, samples: Int = 32, batchRule: BatchRule = .perSeed, seeds: [UInt64] = [0, 1, 2],
    settings: KernelSettings = KernelSettings(), metrics: [String] = [], resources: Resources = Resources(),
    command: String = ""
  ) {
    self.name = name
    self.network = network
    self.family = family
    self.choices = choices
    self.dataset = dataset
    self.samples = samples
    self.batchRule = batchRule
    self.seeds = seeds
    self.settings = settings
    self.metrics = metrics
    self.resources = resources
    self.command = command
  }
}

/// The scores of one network.
public struct ScoreResult: Sendable {
  public let identity: ScoreIdentity
  public let seeds: [UInt64]
  /// In the order in which they are shown.
  public let metrics: [MetricDescription]
  public let candidate: ScoredCandidate
  /// Descending, one list per seed; nil for seeds without a spectrum.
  public let eigenvalues: [[Double]?]
  public let wasServedFromStore: Bool
  public let wallSeconds: Double
}
