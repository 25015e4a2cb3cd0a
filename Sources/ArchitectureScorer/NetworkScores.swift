import ArchitecturePlugins
import NetworkGraph
import ResultStorage
import ScoringMetrics
import Trainability

/// What a run knows of one network, shared by all candidates that make it.
struct NetworkScores: Sendable {
  /// One per seed of the run, in its order.
  var seeds: [SeedScore]

  /// Whether the store had every seed.
  var isFromStore: Bool { seeds.allSatisfy(\.isFromStore) }
}

/// A measurement, and where it came from.
struct KnownMeasurement: Sendable {
  let measurement: Measurement
  let wasPromoted: Bool
  let isFromStore: Bool
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

extension SeedScore {
  /// Nil unless everything that the plan needs was measured.
  init?(
    _ known: [MetricNeed: KnownMeasurement], _ size: NetworkSize, _ rules: ScoringRules,
    keepsEigenvalues: Bool
  ) {
    guard rules.needs.allSatisfy({ known[$0] != nil }) else { return nil }
    let measurements = Measurements(network: size, known.mapValues(\.measurement))
    values = rules.metrics.map { $0.value(of: measurements) }
    eigenvalues = keepsEigenvalues ? measurements[.tangentKernelSpectrum]?.spectrum?.eigenvalues : nil
    wasPromoted = known.values.contains(where: \.wasPromoted)
    isFromStore = !known.isEmpty && known.values.allSatisfy(\.isFromStore)
  }
}

/// A candidate on its way through a run.
struct CandidateEntry: Sendable {
  let id: String
  let choices: Choices
  /// Nil when the family made no network.
  let networkHash: String?
  /// Why there is no network; nil otherwise.
  let failure: String?

  /// What the store keeps of a candidate without a network.
  var failureRecord: FailureRecord? {
    failure.map { FailureRecord(identifier: id, choicesJSON: choices.canonicalJSON, message: $0) }
  }
}

/// A network with what the store had of it.
struct NetworkTask: Sendable {
  let candidateID: String
  let network: CanonicalNetwork
  let size: NetworkSize
  /// One per seed of the plan; what is absent has to be computed.
  let known: [[MetricNeed: KnownMeasurement]]

  var hash: String { network.hash }
}
