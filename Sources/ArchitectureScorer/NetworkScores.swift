import ArchitecturePlugins
import NetworkGraph
import ScoringMetrics
import Trainability

/// What a run knows of one network, shared by all candidates that make it.
struct NetworkScores: Sendable {
  /// One per seed of the run, in its order.
  var seeds: [SeedScore]

  /// Whether the store had every seed.
  var isFromStore: Bool { seeds.allSatisfy(\.isFromStore) }
}

/// The metrics of one network and seed.
struct SeedScore: Sendable {
  /// One per metric of the plan, in its order.
  let values: [MetricValue]
  /// Only where the run keeps them.
  let eigenvalues: [Double]?
  /// Whether it was computed in double precision although single was asked for.
  let wasPromoted: Bool
  let isFromStore: Bool
}

/// A candidate on its way through a run.
struct CandidateEntry: Sendable {
  let id: String
  let choices: Choices
  /// Nil when the family made no network.
  let networkHash: String?
  /// Why there is no network; nil otherwise.
  let failure: String?
}

/// A network with the seeds that the store did not have.
struct NetworkTask: Sendable {
  let candidateID: String
  let network: CanonicalNetwork
  let size: NetworkSize
  /// One per seed of the plan; nil where it has to be computed.
  let known: [SeedScore?]

  var hash: String { network.hash }
}
