import ArchitecturePlugins
import Foundation
import ResultStorage
import ScoringMetrics
import TangentKernel

/// A run of `rank`, read back from its store: nothing is computed, and neither the search-space file nor the data are
/// needed.
public struct StoredRun: Sendable {
  /// As the store keeps it.
  public let record: RunRecord
  /// As the run gave it, with what other runs have added to the store since. Candidates that the run did not come to are
  /// among the failed ones, as cancelled.
  public let result: RankingResult
  /// By network hash.
  public let sizes: [String: NetworkSize]
  /// What the search space says, as canonical JSON.
  public let definition: String?
  private let rules: ScoringRules
  private let store: ResultStore

  /// The eigenvalues of the tangent kernel, descending, one list for each seed of the run; nil for seeds without any.
  public func eigenvalues(ofNetwork hash: String) throws(ScorerError) -> [[Double]?] {
    var lists = [[Double]?](repeating: nil, count: rules.seeds.count)
    for identity in rules.servable[.tangentKernelSpectrum] ?? [] {
      let found: [ScoreKey: ScoreRecord]
      do {
        found = try store.scores(
          networkHashes: [hash], identityHash: identity.hash, seeds: rules.seeds)
      } catch { throw .store(error) }
      for record in found.values {
        guard let place = rules.seeds.firstIndex(of: record.key.seed) else { continue }
        lists[place] = lists[place] ?? record.eigenvalues
      }
    }
    return lists
  }

  init(record: RunRecord, description: RunDescription, rules: ScoringRules, store: ResultStore)
    throws(ScorerError)
  {
    self.record = record
    self.rules = rules
    self.store = store
    var entries: [CandidateEntry] = []
    var scores: [String: NetworkScores] = [:]
    var sizes: [String: NetworkSize] = [:]
    do throws(StoreError) {
      definition = try store.spaces().first { $0.contentHash == record.spaceContentHash }?.definition
      for failure in try store.failures(ofRun: record.id) {
        entries.append(
          CandidateEntry(
            id: failure.identifier, choices: Choices(canonicalJSON: failure.choicesJSON) ?? [:],
            networkHash: nil, failure: failure.message))
      }
      let candidates = try store.candidates(ofRun: record.id)
      for candidate in candidates {
        guard let choices = Choices(canonicalJSON: candidate.choicesJSON), let depth = candidate.depth else {
          throw StoreError.corrupt(
            path: store.path ?? "in memory", reason: "a candidate's choices cannot be read")
        }
        entries.append(
          CandidateEntry(
            id: candidate.identifier, choices: choices, networkHash: candidate.networkHash, failure: nil))
        sizes[candidate.networkHash] = NetworkSize(
          parameters: candidate.parameters, multiplyAdds: candidate.multiplyAdds, depth: depth)
      }
      // A few networks at a time, since eigenvalues come along and are not kept.
      let hashes = sizes.keys.sorted()
      for start in stride(from: 0, to: hashes.count, by: 200) {
        let some = Array(hashes[start..<min(start + 200, hashes.count)])
        var answers: [String: [ScoreKey: ScoreRecord]] = [:]
        for (need, identities) in rules.servable {
          for identity in identities {
            answers[identity.hash] = try store.scores(
              networkHashes: some, identityHash: identity.hash, seeds: rules.storedSeeds(of: need))
          }
        }
        for hash in some {
          guard let size = sizes[hash] else { continue }
          let known = rules.known(hash, includesPassing: true) { answers[$0.hash] ?? [:] }
          let seeds = known.compactMap { SeedScore($0, size, rules, keepsEigenvalues: false) }
          if seeds.count == rules.seeds.count { scores[hash] = NetworkScores(seeds: seeds) }
        }
      }
    } catch { throw .store(error) }
    self.sizes = sizes
    var counts = RunCounts()
    counts.candidates = entries.count
    var assembly = RankingAssembly(
      rules: rules, entries: entries, scores: scores, counts: counts,
      ending: record.status == .finished ? .complete : .interrupted)
    if record.status == .running { assembly.reasonOfAbsence = "it is still to be computed" }
    result = assembly.result(
      for: description, spaceHash: record.spaceContentHash ?? "",
      wallSeconds: record.finished.map { $0.timeIntervalSince(record.started) } ?? 0)
  }
}

extension Scorer {
  /// Reads a run of `rank` back from a store.
  /// - Parameter id: nil for the newest.
  /// - Throws: `ScorerError.invalidRequest` when there is no such run, or none that can be reported.
  public func storedRun(_ id: Int64? = nil, in store: ResultStore) throws(ScorerError) -> StoredRun {
    let runs: [RunRecord]
    do { runs = try store.runs() } catch { throw .store(error) }
    let rankings = runs.filter { $0.spaceContentHash != nil }
    guard let record = id.map({ id in runs.first { $0.id == id } }) ?? rankings.last else {
      let shown = rankings.suffix(8).map { "\($0.id)" }.joined(separator: ", ")
      throw .invalidRequest(
        rankings.isEmpty
          ? "the store holds no run of `rank`"
          : "the store holds no run \(id.map { "\($0)" } ?? ""); the newest that ranked a space are \(shown)")
    }
    guard record.spaceContentHash != nil else {
      throw .invalidRequest("run \(record.id) scored a single network and ranked nothing: \(record.command)")
    }
    let description = record.description.flatMap(RunDescription.init(json:))
    let identity = try? JSONDecoder().decode(ScoreIdentity.self, from: Data(record.settingsJSON.utf8))
    // What plugins brought is shown as the run kept it: they may be gone by now, or be others.
    let rules = description.flatMap { description in
      identity.flatMap { identity in
        try? ScoringRules(
          identity: identity, seeds: description.seeds, metricNames: description.metrics,
          ranking: description.ranking, registry: metrics.showing(description.pluginMetrics ?? []),
          versions: { description.versions ?? MeasurementVersions($0, ofRunWith: identity) })
      }
    }
    guard let description, let rules else {
      throw .invalidRequest(
        "run \(record.id) was made by another version, which kept less than a report needs; repeat it, which takes what "
          + "was computed from the store: \(record.command)")
    }
    return try StoredRun(record: record, description: description, rules: rules, store: store)
  }
}
