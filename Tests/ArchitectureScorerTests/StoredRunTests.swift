import ArchitectureScorer
import Foundation
import ResultStorage
import TangentKernel
import Testing

private let scorer = Scorer()

/// With reals that are whole numbers, a sum of ranks, a choice that makes no network, and one whose kernel is singular.
private let manySided = """
  name: many-sided
  family: fully_connected
  input: {shape: [4], outputs: 2, samples: 8}
  fixed: {weight_variance: 2.0}
  choices:
    depth: [0, 1, 2]
    width: [8, 16]
  scoring: {metrics: [effective_rank, lambda_max], seeds: [3, 1]}
  ranking: {rank_sum: [condition_number, parameters]}
  """

@Test(arguments: [nineNetworks, manySided])
func aStoredRunIsTheRankingThatWasMade(text: String) throws {
  let store = try ResultStore.inMemory()
  let result = try scorer.rank(
    try scorer.space(text), options: .init(command: "rank many.yaml"), store: store)
  let stored = try scorer.storedRun(in: store)
  #expect(stored.result.candidates == result.candidates)
  #expect(stored.result.failed == result.failed)
  #expect(stored.result.metrics == result.metrics)
  #expect(stored.result.rule == result.rule)
  #expect(stored.result.identity == result.identity)
  #expect(stored.result.run == result.run)
  #expect(stored.record.command == "rank many.yaml")
  #expect(stored.record.status == .finished)
  #expect(stored.definition?.isEmpty == false)
  for candidate in stored.result.candidates {
    let hash = try #require(candidate.networkHash)
    #expect(stored.sizes[hash].map { Double($0.parameters) } == candidate.metrics["parameters"]?.value)
    let spectra = try stored.eigenvalues(ofNetwork: hash)
    for (values, kappa) in zip(spectra, candidate.metrics["conditionNumber"]?.perSeed ?? []) {
      let eigenvalues = try #require(values)
      #expect(try #require(eigenvalues.first) / #require(eigenvalues.last) == kappa)
    }
  }
}

extension String {
  /// The version of an engine, with that of the tangent kernel's replaced.
  fileprivate func aged(to version: String) -> String {
    let today = TangentKernelEngine.version
    return self == today || hasPrefix(today + ",") ? version + dropFirst(today.count) : self
  }
}

/// As a store would be that an earlier engine had filled.
private func aged(
  _ store: ResultStore, _ version: String, keepsVersions: Bool
) throws -> ResultStore {
  let old = try ResultStore.inMemory()
  func aged(_ json: String) throws -> String {
    var object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    object["engineVersion"] = try #require(object["engineVersion"] as? String).aged(to: version)
    return try JSONDecoder().decode(
      ScoreIdentity.self, from: JSONSerialization.data(withJSONObject: object)
    ).canonicalJSON
  }
  let (run, space) = try (#require(store.runs().last), store.spaces().first)
  let described = try #require(run.description)
  var description = try #require(
    try JSONSerialization.jsonObject(with: Data(described.utf8)) as? [String: Any])
  var versions = try #require(
    (description.removeValue(forKey: "versions") as? [String: Any])?["byName"] as? [String: [String: String]])
  for (name, given) in versions {
    versions[name]?["engine"] = try #require(given["engine"]).aged(to: version)
  }
  if keepsVersions { description["versions"] = ["byName": versions] }
  let id = try old.startRun(
    space: space, settingsJSON: aged(run.settingsJSON),
    description: String(decoding: JSONSerialization.data(withJSONObject: description), as: UTF8.self),
    command: run.command)
  try old.addCandidates(store.candidates(ofRun: run.id), toRun: id)
  try old.addFailures(store.failures(ofRun: run.id), toRun: id)
  try store.forEachScore { score in
    let identity = try aged(score.identityJSON)
    let hash = try JSONDecoder().decode(ScoreIdentity.self, from: Data(identity.utf8)).hash
    _ = try old.insert(
      ScoreRecord(
        key: ScoreKey(networkHash: score.key.networkHash, identityHash: hash, seed: score.key.seed),
        identityJSON: identity, outcome: score.outcome, message: score.message, metrics: score.metrics,
        eigenvalues: score.eigenvalues, seconds: score.seconds, engineVersion: version))
  }
  try old.finishRun(id, as: .finished)
  return old
}

@Test(arguments: [true, false])
func aRunOfAnEarlierEngineIsReportedWithItsOwnScores(keepsVersions: Bool) throws {
  let store = try ResultStore.inMemory()
  let text = manySided.replacing(
    "effective_rank, lambda_max",
    with: "effective_rank, layer_equalized_lambda_min, infinite_condition_number")
  let result = try scorer.rank(try scorer.space(text), store: store)
  let old = try aged(store, "0.0 of long ago", keepsVersions: keepsVersions)
  let stored = try scorer.storedRun(in: old)
  #expect(stored.result.candidates == result.candidates)
  #expect(stored.result.failed == result.failed)
  #expect(stored.result.identity.engineVersion == "0.0 of long ago")
  let hash = try #require(stored.result.candidates.first?.networkHash)
  #expect(try stored.eigenvalues(ofNetwork: hash).allSatisfy { $0 != nil })
  // Today's engine serves none of them as its own, and leaves that run as it was.
  let again = try scorer.rank(try scorer.space(text), store: old)
  #expect(again.counts.computed > 0)
  let first = try #require(old.runs().first)
  #expect(try scorer.storedRun(first.id, in: old).result.candidates == result.candidates)
}

@Test func candidatesWithoutANetworkAreReportedInTheFamilysWords() throws {
  let store = try ResultStore.inMemory()
  let tripping = Scorer(families: [
    TrippingFamily { if $0 % 3 == 0 { throw Refusal(description: "width \($0) is not liked") } }
  ])
  let result = try tripping.rank(try tripping.space(trippingSpace(10)), store: store)
  let stored = try tripping.storedRun(in: store)
  #expect(result.failed.count { $0.outcome == .pluginError } == 3)
  #expect(stored.result.failed == result.failed)
  // Neither families nor data are needed to read it.
  #expect(try Scorer(families: []).storedRun(in: store).result.candidates == result.candidates)
}

@Test func aFailureForWantOfMemoryKeepsItsReason() throws {
  let store = try ResultStore.inMemory()
  let space = try scorer.space(
    """
    family: fully_connected
    input: {shape: [6], outputs: 3, samples: 16}
    choices: {width: [8, 400000]}
    scoring: {seeds: 1}
    """)
  let options = RankingOptions(resources: .init(threads: 2, memoryBudget: 16 << 20))
  let result = try scorer.rank(space, options: options, store: store)
  let stored = try scorer.storedRun(in: store)
  #expect(stored.result.failed.map(\.outcome) == [.overBudget])
  #expect(stored.result.failed.map(\.message) == result.failed.map(\.message))
}

@Test func anInterruptedRunIsReportedAsFarAsItCame() throws {
  let store = try ResultStore.inMemory()
  let cancellation = Cancellation()
  let tripping = Scorer(families: [TrippingFamily { if $0 == 120 { cancellation.cancel() } }])
  let partial = try tripping.rank(
    try tripping.space(trippingSpace(150)), options: .init(resources: .init(threads: 1)), store: store,
    cancellation: cancellation)
  let stored = try tripping.storedRun(in: store)
  #expect(stored.record.status == .interrupted)
  #expect(stored.result.ending == .interrupted)
  #expect(stored.result.candidates == partial.candidates)
}

@Test func runsThatCannotBeReportedSayWhy() throws {
  let store = try ResultStore.inMemory()
  func message(_ id: Int64?) -> String? {
    do {
      _ = try scorer.storedRun(id, in: store)
      return nil
    } catch { return "\(error)" }
  }
  #expect(message(nil) == "the store holds no run of `rank`")
  let space = SpaceRecord(name: "old", contentHash: "x", definition: "{}")
  let old = try store.startRun(space: space, settingsJSON: "{}", command: "rank old.yaml")
  let single = try store.startRun(space: nil, settingsJSON: "{}", command: "score net.yaml")
  #expect(message(old)?.hasSuffix("from the store: rank old.yaml") == true)
  #expect(message(single) == "run 2 scored a single network and ranked nothing: score net.yaml")
  #expect(message(99) == "the store holds no run 99; the newest that ranked a space are 1")
}
