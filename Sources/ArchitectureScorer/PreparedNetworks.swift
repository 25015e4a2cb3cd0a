import NetworkGraph
import ResultStorage
import ScoringMetrics
import SearchSpaces

/// Ready to be asked about one network from a file after the other, all of one input shape and scored alike. Their scores
/// have the identity that `Scorer.score(_:store:cancellation:)` gives them under the same settings.
public final class PreparedNetworks: Sendable {
  private let scoring: PreparedScoring
  /// Whose budgets networks have to keep; nil for none.
  private let space: SearchSpace?

  init(_ scoring: PreparedScoring, space: SearchSpace?) {
    self.scoring = scoring
    self.space = space
  }

  /// Of every answer, in this order.
  public var seeds: [UInt64] { scoring.plan.seeds }
  /// `ScoreIdentity.canonicalJSON`, made once.
  public var identityJSON: String { scoring.identityJSON }

  private func isAdmitted(_ network: Network) -> Bool {
    space?.budgets.violations(of: network).isEmpty ?? true
  }

  /// A network's scores, if the store has all of them; nil when something would have to be computed, or the network does
  /// not keep the budgets.
  /// - Parameter name: of the result; the first 12 digits of the network's hash when nil.
  public func storedScore(
    of network: Network, name: String?, in source: any ScoreSource
  ) throws(ScorerError) -> ScoreResult? {
    guard isAdmitted(network), let known = KnownNetwork(network) else { return nil }
    let entry = CandidateEntry(
      id: name ?? String(known.hash.prefix(12)), choices: [:], networkHash: known.hash, failure: nil)
    return try scoring.stored(entry, known, in: source)
  }

  /// A network's scores, computed where the store does not have them, and kept there. Blocks until it is done. The store's
  /// list of runs does not show it.
  /// - Parameters:
  ///   - name: of the result; the first 12 digits of the network's hash when nil.
  ///   - threads: of this computation; those of the preparation when nil.
  ///   - slots: shared with runs that go on at once; nil to have the processors to itself.
  /// - Throws: `ScorerError`. A network that cannot be scored is no error: the result has its outcome.
  public func score(
    _ network: Network, name: String?, in store: ResultStore?, threads: Int? = nil,
    slots: ComputationSlots? = nil, cancellation: Cancellation = Cancellation()
  ) throws(ScorerError) -> ScoreResult {
    let id = name ?? KnownNetwork(network).map { String($0.hash.prefix(12)) } ?? "network"
    let visit =
      isAdmitted(network)
      ? CandidateVisit.network(id: id, choices: [:], family: "", network) : .excluded
    return try scoring.computed(
      visit, in: store, threads: threads, slots: slots,
      cancellation: cancellation)
  }
}

extension Scorer {
  /// Makes settings ready for many networks from files, on Gaussian inputs, as `ntkscorer score NETWORK.yaml` has them.
  /// - Parameters:
  ///   - samples: n, of one batch; at least 2.
  ///   - parameterization: in place of the settings'; nil for that.
  ///   - seeds: in place of the settings'; nil for those.
  ///   - metrics: in place of the settings'; nil for those.
  public func prepareNetworks(
    inputShape: TensorShape, samples: Int, scoring: ScoringSettings, parameterization: Parameterization?,
    seeds: [UInt64]?, metrics: [String]?, resources: Resources
  ) throws(ScorerError) -> PreparedNetworks {
    let plan = try ScoringPlan(
      inputShape: inputShape, samples: samples, scoring: scoring, parameterization: parameterization,
      seeds: seeds, metrics: metrics, resources: resources, scorer: self)
    return PreparedNetworks(
      PreparedScoring(plan, resources: resources, scorer: self), space: nil)
  }
}
