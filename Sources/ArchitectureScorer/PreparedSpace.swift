import ArchitecturePlugins
import NetworkGraph
import ResultStorage
import ScoringMetrics
import SearchSpaces
import Synchronization

/// A search space that is ready to be asked about one candidate after the other: settings checked, data open, identities
/// made. For loops that ask thousands of times.
public final class PreparedSpace: Sendable {
  /// Whose candidates are asked about.
  public let space: SearchSpace
  let scoring: PreparedScoring
  private let seedsInPlace: [UInt64]?
  private let metricsInPlace: [String]?
  private let known = Mutex(KnownNetworks())
  private let files = Mutex<[FileKind: PreparedNetworks]>([:])

  /// Networks by the choices that make them.
  private struct KnownNetworks {
    var networks: [String: KnownNetwork] = [:]
    /// That making one took of late; nil before the first.
    var seconds: Double?
  }

  /// Networks of files that are scored by one plan.
  private struct FileKind: Hashable {
    let inputShape: TensorShape
    let parameterization: Parameterization?
  }

  /// More are forgotten, all at once: they can be made again.
  private static let mostKnown = 200_000
  private static let secondsAtOnce = 0.001
  private static let mostFileKinds = 8

  init(
    _ space: SearchSpace, metrics: [String]?, options: RankingOptions, scorer: Scorer
  ) throws(ScorerError) {
    self.space = space
    seedsInPlace = options.seeds
    metricsInPlace = metrics
    scoring = PreparedScoring(
      try ScoringPlan(
        space: space, seeds: options.seeds, metrics: metrics, resources: options.resources, scorer: scorer),
      resources: options.resources, scorer: scorer)
  }

  /// Of every answer, in this order.
  public var seeds: [UInt64] { scoring.plan.seeds }
  /// How the scores are made, as the store keeps it.
  public var identity: ScoreIdentity { scoring.plan.identity }
  /// `ScoreIdentity.canonicalJSON` of `identity`, made once.
  public var identityJSON: String { scoring.identityJSON }
  /// What scores are shown as, the condition number first.
  public var metrics: [MetricDescription] { scoring.plan.rules.metrics.map(\.description) }

  /// A candidate's scores, if the store has all of them; nil when something would have to be computed, or the candidate
  /// makes no network within the budgets of its space.
  public func storedScore(of candidate: Candidate, in source: any ScoreSource) throws(ScorerError)
    -> ScoreResult?
  {
    guard let network = knownNetwork(of: candidate) else { return nil }
    let entry = CandidateEntry(
      id: candidate.id, choices: candidate.choices, networkHash: network.hash, failure: nil)
    return try scoring.stored(entry, network, in: source)
  }

  /// Whether `storedScore` has its answer within a millisecond or so: the candidate's network is known, or networks of
  /// this space have been made quickly so far, in this process. What other programs make may take any time.
  public func isQuicklyKnown(_ candidate: Candidate) -> Bool {
    known.withLock { known in
      if let seconds = known.seconds, seconds < Self.secondsAtOnce, !(space.family is ExternalFamily) {
        return true
      }
      return known.networks[candidate.choices.canonicalJSON] != nil
    }
  }

  /// A candidate's scores, computed where the store does not have them, and kept there. Blocks until it is done. The
  /// store's list of runs does not show it.
  /// - Parameters:
  ///   - threads: of this computation; those that the space was prepared with when nil.
  ///   - slots: shared with runs that go on at once; nil to have the processors to itself.
  /// - Throws: `ScorerError`. A candidate that cannot be scored is no error: the result has its outcome.
  public func score(
    _ candidate: Candidate, in store: ResultStore?, threads: Int? = nil,
    slots: ComputationSlots? = nil, cancellation: Cancellation = Cancellation()
  ) throws(ScorerError) -> ScoreResult {
    try scoring.computed(
      SpaceSource.visit(candidate, of: space), in: store, threads: threads, slots: slots,
      cancellation: cancellation)
  }

  /// Networks that come from files, scored as the candidates of this space are: its data, its settings, its budgets.
  /// - Parameters:
  ///   - inputShape: of the networks; the space's, or that flattened.
  ///   - parameterization: in place of the space's; nil for that.
  public func networks(
    inputShape: TensorShape, parameterization: Parameterization?
  ) throws(ScorerError) -> PreparedNetworks {
    let kind = FileKind(inputShape: inputShape, parameterization: parameterization)
    if let known = files.withLock({ $0[kind] }) { return known }
    let plan = try ScoringPlan(
      filesLike: space, inputShape: inputShape, parameterization: parameterization,
      dataset: scoring.plan.dataset, seeds: seedsInPlace, metrics: metricsInPlace,
      resources: scoring.resources, scorer: scoring.scorer)
    let made = PreparedNetworks(
      PreparedScoring(plan, resources: scoring.resources, scorer: scoring.scorer), space: space)
    files.withLock { files in
      if files.count >= Self.mostFileKinds { files.removeAll() }
      files[kind] = made
    }
    return made
  }

  private func knownNetwork(of candidate: Candidate) -> KnownNetwork? {
    let key = candidate.choices.canonicalJSON
    if let found = known.withLock({ $0.networks[key] }) { return found }
    let start = ContinuousClock.now
    guard case .network(_, _, _, let network) = SpaceSource.visit(candidate, of: space),
      let made = KnownNetwork(network)
    else { return nil }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    known.withLock { known in
      if known.networks.count >= Self.mostKnown { known.networks.removeAll() }
      known.networks[key] = made
      // The last few count most: one that was interrupted says little of the others.
      known.seconds = known.seconds.map { $0 + (seconds - $0) / 4 } ?? seconds
    }
    return made
  }
}

extension Scorer {
  /// Makes a search space ready for many single questions: opens its data and checks its settings.
  /// - Parameters:
  ///   - metrics: beside the condition number and those that rank, in either case style; the space's own when nil.
  ///   - options: a sample's size and seed have no part in it.
  public func prepare(
    _ space: SearchSpace, metrics: [String]? = nil, options: RankingOptions = RankingOptions()
  ) throws(ScorerError) -> PreparedSpace {
    try PreparedSpace(space, metrics: metrics, options: options, scorer: self)
  }
}
