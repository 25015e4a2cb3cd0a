import ArchitectureScorer
import Foundation
import ResultStorage
import SearchSpaces
import Testing
import Trainability

private let scorer = Scorer()

@Test func aPreparedSpaceAnswersAsTheRankingDid() throws {
  let space = try scorer.space(nineNetworks)
  let store = try ResultStore.inMemory()
  let prepared = try scorer.prepare(space)
  let candidate = try space.candidate(choices: ["depth": .integer(2), "width": .integer(24)])
  #expect(try prepared.storedScore(of: candidate, in: store) == nil)

  let computed = try prepared.score(candidate, in: store)
  #expect(!computed.wasServedFromStore)
  // Single questions are no runs.
  #expect(try store.runs().isEmpty)
  let stored = try #require(try prepared.storedScore(of: candidate, in: store))
  #expect(stored.wasServedFromStore)
  #expect(stored.candidate == computed.candidate)
  #expect(stored.eigenvalues == computed.eigenvalues)

  let ranked = try scorer.rank(space, store: store)
  let same = try #require(ranked.candidates.first { $0.id == candidate.id })
  #expect(same.metrics == computed.candidate.metrics)
  #expect(ranked.counts.fromStore == 1)
  for candidate in space.candidates {
    #expect(try prepared.storedScore(of: candidate, in: store) != nil)
  }
}

@Test func otherMetricsOfAPreparedSpaceNeedNoOtherComputation() throws {
  let space = try scorer.space(nineNetworks)
  let store = try ResultStore.inMemory()
  _ = try scorer.rank(space, store: store)
  let prepared = try scorer.prepare(space, metrics: ["participation_ratio"])
  #expect(prepared.metrics.map(\.snakeCaseName) == ["condition_number", "participation_ratio"])
  let first = try #require(space.candidate(at: 0))
  let stored = try #require(try prepared.storedScore(of: first, in: store))
  #expect(stored.candidate.metrics["participationRatio"]?.value ?? 0 > 1)
  #expect(throws: ScorerError.self) { try scorer.prepare(space, metrics: ["participation"]) }
}

@Test(
  arguments: [
    (["depth": 2], "no 'width' is given; expected one of 16, 24, 32"),
    (["depth": 2, "width": 25], "'width' is never 25 in 'nine'; did you mean '24'?"),
    (["depth": 2, "width": 99], "'width' is never 99 in 'nine'; expected one of 16, 24, 32"),
    (["depth": 2, "with": 24], "'nine' does not vary 'with'; did you mean 'width'?"),
  ] as [([String: Int], String)])
func choicesThatNameNoCandidateAreExplained(choices: [String: Int], expected: String) throws {
  let space = try scorer.space(nineNetworks)
  #expect {
    try space.candidate(choices: choices.mapValues { .integer($0) })
  } throws: { "\($0)" == expected }
}

@Test func whatIsFixedMayBeSaidAndNotChanged() throws {
  let space = try scorer.space(
    """
    family: fully_connected
    input: {shape: [4], outputs: 2, samples: 4}
    fixed: {weight_variance: 2}
    choices: {depth: [1, 2], width: [8]}
    """)
  let candidate = try space.candidate(choices: ["depth": .integer(2), "weight_variance": .integer(2)])
  #expect(candidate.index == 1)
  #expect(throws: CandidateError.self) {
    try space.candidate(choices: ["depth": .integer(2), "weight_variance": .integer(3)])
  }
}

@Test func aNetworkOfAFileIsScoredAsTheCommandLineDoesAndKeptUnderOneIdentity() throws {
  let space = try scorer.space(nineNetworks)
  let store = try ResultStore.inMemory()
  let prepared = try scorer.prepare(space)
  let candidate = try space.candidate(choices: ["depth": .integer(2), "width": .integer(24)])
  let network = try space.makeNetwork(candidate)
  let networks = try prepared.networks(inputShape: network.inputShape, parameterization: nil)
  #expect(try networks.storedScore(of: network, name: nil, in: store) == nil)
  let computed = try networks.score(network, name: nil, in: store)
  #expect(computed.candidate.id == computed.candidate.networkHash.map { String($0.prefix(12)) })
  // The same numbers as the candidate has, under another identity: no family made this network.
  #expect(try prepared.score(candidate, in: nil).candidate.metrics == computed.candidate.metrics)
  #expect(try prepared.storedScore(of: candidate, in: store) == nil)
  let stored = try #require(try networks.storedScore(of: network, name: "mine", in: store))
  #expect(stored.candidate.id == "mine" && stored.wasServedFromStore)
  #expect(stored.candidate.metrics == computed.candidate.metrics)

  // Without a space: what `score NETWORK.yaml` keeps is served, and the other way round.
  let request = ScoreRequest(
    name: "n", network: network, dataset: try .gaussian(shape: network.inputShape), samples: 24)
  let typed = try scorer.score(request, store: store)
  let own = try scorer.prepareNetworks(
    inputShape: network.inputShape, samples: 24, scoring: space.scoring, parameterization: nil,
    seeds: [0, 1, 2], metrics: [], resources: Resources())
  #expect(own.identityJSON == typed.identity.canonicalJSON)
  let served = try #require(try own.storedScore(of: network, name: nil, in: store))
  #expect(served.candidate.metrics == typed.candidate.metrics)
  let ntk = try prepared.networks(inputShape: network.inputShape, parameterization: .ntk)
  #expect(ntk.identityJSON.contains(#""parameterization":"ntk""#))
  #expect(throws: ScorerError.self) {
    try prepared.networks(inputShape: .features(3), parameterization: nil)
  }
}

@Test func aNetworkOutsideTheBudgetsOfItsSpaceIsRefused() throws {
  let space = try scorer.space(nineNetworks + "\nconstraints: {parameters: {at_most: 10}}\n")
  let network = try space.makeNetwork(try #require(space.candidate(at: 0)))
  let networks = try scorer.prepare(space).networks(inputShape: network.inputShape, parameterization: nil)
  let store = try ResultStore.inMemory()
  #expect(try networks.storedScore(of: network, name: nil, in: store) == nil)
  #expect(throws: ScorerError.self) { try networks.score(network, name: nil, in: store) }
}

@Test func trainingOnLabelsIsWhatTheMetricsOfLabelsSay() throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("training-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let rows = (0..<30).map { "\($0 % 3),\(Double($0 * 7 % 11) / 11),\(Double($0) / 30),class\($0 % 3)" }
  try (["a,b,c,class"] + rows).joined(separator: "\n").write(
    to: folder.appendingPathComponent("table.csv"), atomically: true, encoding: .utf8)
  let text = """
    family: fully_connected
    input: {shape: [3], outputs: 3, samples: 12, dataset: {kind: csv, path: \(folder.path)/table.csv, label: class}}
    fixed: {depth: 2}
    choices: {width: [24, 32]}
    scoring: {metrics: [label_displacement], seeds: 2, precision: double}
    """
  let prepared = try scorer.prepare(try scorer.space(text))
  #expect(prepared.hasLabels)
  let candidate = try prepared.space.candidate(choices: ["width": .integer(24)])
  let scored = try prepared.score(candidate, in: nil)
  let displacements = try #require(scored.candidate.metrics["labelDisplacement"]?.perSeed)
  for (seed, expected) in zip(prepared.seeds, displacements) {
    let dynamics = try #require(try prepared.trainingDynamics(of: candidate, seed: seed))
    #expect(dynamics.targets.rows == 12 && dynamics.targets.columns == 3)
    let displacement = try dynamics.displacement(at: .gradientFlow(time: .infinity))
    #expect(abs(displacement / (try #require(expected)) - 1) < 1e-9)
  }
  let unlabelled = try scorer.prepare(try scorer.space(nineNetworks))
  let any = try #require(unlabelled.space.candidate(at: 0))
  #expect(try !unlabelled.hasLabels && unlabelled.trainingDynamics(of: any, seed: 0) == nil)
}

@Test func aNetworkThatWasMadeIsKnownQuickly() throws {
  let prepared = try scorer.prepare(try scorer.space(nineNetworks))
  let store = try ResultStore.inMemory()
  let first = try #require(prepared.space.candidate(at: 0))
  // How long making one takes is not known before the first.
  #expect(!prepared.isQuicklyKnown(first))
  #expect(try prepared.storedScore(of: first, in: store) == nil)
  #expect(prepared.isQuicklyKnown(first))
}
