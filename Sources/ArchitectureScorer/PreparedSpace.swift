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
  private let plan: ScoringPlan
  private let scorer: Scorer
  private let resources: Resources
  private let networks = Mutex<[String: KnownNetwork]>([:])

  /// What does not have to be built to be known.
  private struct KnownNetwork {
    let hash: String
    let size: NetworkSize
  }

  /// More are forgotten, all at once: they can be made again.
  private static let mostKnown = 200_000

  init(
    _ space: SearchSpace, metrics: [String]?, options: RankingOptions, scorer: Scorer
  ) throws(ScorerError) {
    self.space = space
    self.scorer = scorer
    resources = options.resources
    plan = try ScoringPlan(
      space: space, seeds: options.seeds, metrics: metrics, resources: options.resources, scorer: scorer)
  }

  /// Of every answer, in this order.
  public var seeds: [UInt64] { plan.seeds }
  /// How the scores are made, as the store keeps it.
  public var identity: ScoreIdentity { plan.identity }
  /// What scores are shown as, the condition number first.
  public var metrics: [MetricDescription] { plan.rules.metrics.map(\.description) }

  /// A candidate's scores, if the store has all of them; nil when something would have to be computed, or the candidate
  /// makes no network within the budgets of its space.
  public func storedScore(of candidate: Candidate, in store: ResultStore) throws(ScorerError) -> ScoreResult?
  {
    let start = ContinuousClock.now
    guard let network = knownNetwork(of: candidate) else { return nil }
    var answers: [String: [ScoreKey: ScoreRecord]] = [:]
    do {
      for (need, identities) in plan.rules.servable {
        let seeds = plan.rules.storedSeeds(of: need)
        for identity in identities {
          let found = try store.scores(
            networkHashes: [network.hash], identityHash: identity.hash, seeds: seeds)
          answers[identity.hash] = found
          // The others are looked at only for what this one lacks.
          if found.count == seeds.count, found.values.allSatisfy(\.outcome.isReproducible) { break }
        }
      }
    } catch { throw .store(error) }
    let known = plan.rules.known(network.hash) { answers[$0.hash] ?? [:] }
    let seeds = known.compactMap { SeedScore($0, network.size, plan.rules, keepsEigenvalues: true) }
    guard seeds.count == plan.seeds.count else { return nil }
    let entry = CandidateEntry(
      id: candidate.id, choices: candidate.choices, networkHash: network.hash, failure: nil)
    return RankingAssembly(
      rules: plan.rules, entries: [entry], scores: [network.hash: NetworkScores(seeds: seeds)],
      counts: RunCounts(), ending: .complete
    ).single(wallSeconds: (ContinuousClock.now - start) / .seconds(1))
  }

  /// A candidate's scores, computed where the store does not have them, and kept there. Blocks until it is done. The
  /// store's list of runs does not show it.
  /// - Parameter threads: of this computation; those that the space was prepared with when nil.
  /// - Throws: `ScorerError`. A candidate that cannot be scored is no error: the result has its outcome.
  public func score(
    _ candidate: Candidate, in store: ResultStore?, threads: Int? = nil,
    cancellation: Cancellation = Cancellation()
  ) throws(ScorerError) -> ScoreResult {
    let start = ContinuousClock.now
    var resources = resources
    if let threads { resources.threads = max(1, threads) }
    let run = ScoringRun(
      plan: plan, source: CandidateSource(SpaceSource.visit(candidate, of: space)), resources: resources,
      store: store, cancellation: cancellation, progress: nil, logger: scorer.logger, keepsEigenvalues: true)
    try run.executeUnrecorded()
    return try scorer.single(run, since: start)
  }

  private func knownNetwork(of candidate: Candidate) -> KnownNetwork? {
    let key = candidate.choices.canonicalJSON
    if let known = networks.withLock({ $0[key] }) { return known }
    guard case .network(_, _, _, let network) = SpaceSource.visit(candidate, of: space),
      let canonical = try? CanonicalNetwork(network)
    else { return nil }
    let known = KnownNetwork(hash: canonical.hash, size: NetworkSize(canonical.network))
    networks.withLock { networks in
      if networks.count >= Self.mostKnown { networks.removeAll() }
      networks[key] = known
    }
    return known
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
