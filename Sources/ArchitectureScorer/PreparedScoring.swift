import NetworkGraph
import ResultStorage
import ScoringMetrics

/// Settings, data and identities that are ready for one question after the other.
struct PreparedScoring: Sendable {
  let plan: ScoringPlan
  let resources: Resources
  let scorer: Scorer
  /// `ScoreIdentity.canonicalJSON` of the plan's.
  let identityJSON: String
  /// Every identity and seed that may have an answer.
  private let lookup: ScoreLookup

  init(_ plan: ScoringPlan, resources: Resources, scorer: Scorer) {
    self.plan = plan
    self.resources = resources
    self.scorer = scorer
    identityJSON = plan.identity.canonicalJSON
    lookup = ScoreLookup(
      identities: Dictionary(
        plan.rules.servable.values.joined().map { ($0.hash, $0.json) },
        uniquingKeysWith: { first, _ in first }),
      seeds: Set(plan.needs.flatMap { plan.rules.storedSeeds(of: $0) }).sorted())
  }

  /// The scores of a network, if the store has all of them; nil when something would have to be computed.
  func stored(
    _ entry: CandidateEntry, _ network: KnownNetwork, in source: any ScoreSource
  ) throws(ScorerError) -> ScoreResult? {
    let start = ContinuousClock.now
    let answers: [ScoreKey: ScoreRecord]
    do { answers = try source.scores(networkHash: network.hash, lookup) } catch { throw .store(error) }
    let known = plan.rules.known(network.hash) { _ in answers }
    let seeds = known.compactMap { SeedScore($0, network.size, plan.rules, keepsEigenvalues: true) }
    guard seeds.count == plan.seeds.count else { return nil }
    return RankingAssembly(
      rules: plan.rules, entries: [entry], scores: [network.hash: NetworkScores(seeds: seeds)],
      counts: RunCounts(), ending: .complete
    ).single(wallSeconds: (ContinuousClock.now - start) / .seconds(1))
  }

  /// The scores of what was met, computed where the store does not have them, and kept there. The store's list of runs
  /// does not show it.
  func computed(
    _ visit: CandidateVisit, in store: ResultStore?, threads: Int?, slots: ComputationSlots?,
    cancellation: Cancellation
  ) throws(ScorerError) -> ScoreResult {
    let start = ContinuousClock.now
    var resources = resources
    if let threads { resources.threads = max(1, threads) }
    let run = ScoringRun(
      plan: plan, source: CandidateSource(visit), resources: resources, store: store, slots: slots,
      cancellation: cancellation, progress: nil, logger: scorer.logger, keepsEigenvalues: true)
    try run.executeUnrecorded()
    return try scorer.single(run, since: start)
  }
}

/// What does not have to be built to be known.
struct KnownNetwork: Sendable {
  let hash: String
  let size: NetworkSize

  /// Nil for a network that has no canonical form.
  init?(_ network: Network) {
    guard let canonical = try? CanonicalNetwork(network) else { return nil }
    hash = canonical.hash
    size = NetworkSize(canonical.network)
  }
}
