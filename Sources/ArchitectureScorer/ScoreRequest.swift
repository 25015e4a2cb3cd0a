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
  /// What is scored.
  public var network: Network
  /// Nil for a network that came from a file.
  public var family: (name: String, version: String)?
  /// What the network was made of; empty for a file.
  public var choices: Choices
  /// What its batches are drawn from, of the network's input shape.
  public var dataset: Dataset
  /// n, of one batch; at least 2.
  public var samples: Int
  /// Whether each seed has a batch of its own.
  public var batchRule: BatchRule
  /// Different, at least one.
  public var seeds: [UInt64]
  /// How kernels are made.
  public var settings: KernelSettings
  /// In either case style; the condition number is always added.
  public var metrics: [String]
  /// Threads and memory.
  public var resources: Resources
  /// The command line as it was typed, for the store's list of runs.
  public var command: String

  /// Nothing is checked before it is scored.
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
  /// How the scores were made. Its precision is the requested one.
  public let identity: ScoreIdentity
  /// In the order in which `eigenvalues` stand.
  public let seeds: [UInt64]
  /// In the order in which they are shown.
  public let metrics: [MetricDescription]
  /// The network as a candidate, with its metrics.
  public let candidate: ScoredCandidate
  /// Descending, one list per seed; nil for seeds without a spectrum.
  public let eigenvalues: [[Double]?]
  /// Whether the store had every seed, so that nothing was computed.
  public let wasServedFromStore: Bool
  /// From the question to the answer, seconds.
  public let wallSeconds: Double
}
