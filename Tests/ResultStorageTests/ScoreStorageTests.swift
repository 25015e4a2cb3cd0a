import Foundation
import GRDB
import ResultStorage
import Testing
import Trainability

@Suite struct ScoreStorageTests {
  @Test func scoresAreThereAfterReopening() throws {
    let folder = try TemporaryFolder()
    let full = score(
      key("n1", seed: .max), ["conditionNumber": 1.0 / 3, "lambdaMax": 0x1p-1074, "kernelTrace": -1e300],
      eigenvalues: [3, 1e-300, -0.0])
    let failed = score(key("n2"), [:], outcome: .rankDeficient, message: "λ_min ≤ n·ε·λ_max \"quoted\"")
    do {
      let store = try ResultStore.open(folder.store)
      #expect(try store.insert([full, failed]) == [.inserted, .inserted])
      try store.close()
    }
    let store = try ResultStore.open(folder.store)
    #expect(try store.score(full.key) == full)
    #expect(try store.score(failed.key) == failed)
    #expect(store.path == folder.store)
  }

  @Test func lookUpFindsExactlyWhatIsThere() throws {
    let store = try ResultStore.inMemory()
    // More than one SQL statement holds.
    let scores = (0..<1500).map {
      score(key("n\($0)", seed: UInt64($0 % 3)), ["conditionNumber": Double($0)])
    }
    try store.insert(scores)
    try store.insert(score(key("n7", seed: 1, identity: "other"), ["conditionNumber": -1]))
    let found = try store.scores(
      networkHashes: (0..<2000).map { "n\($0)" }, identityHash: "i1", seeds: [0, 1, 9])
    #expect(found.count == 1000)
    #expect(found[key("n7", seed: 1)]?.metrics == ["conditionNumber": 7])
    #expect(found[key("n8", seed: 2)] == nil)
    #expect(try store.scores(networkHashes: ["n1"], identityHash: "unknown", seeds: [0]).isEmpty)
    #expect(try store.scores(networkHashes: [], identityHash: "i1", seeds: [0]).isEmpty)
  }

  @Test func oneNetworkIsLookedUpUnderSeveralIdentitiesAtOnce() throws {
    let store = try ResultStore.inMemory()
    let wanted = [
      score(key("n1", seed: 0), ["a": 1]), score(key("n1", seed: .max), ["a": 2], eigenvalues: [4, 3]),
      score(key("n1", seed: 0, identity: "i2"), [:], outcome: .rankDeficient, message: "singular"),
    ]
    try store.insert(
      wanted + [score(key("n2")), score(key("n1", seed: 5)), score(key("n1", identity: "i3"))])
    let identities = Dictionary(
      uniqueKeysWithValues: wanted.map { ($0.key.identityHash, $0.identityJSON) }.suffix(2))
    let found = try store.scores(networkHash: "n1", ScoreLookup(identities: identities, seeds: [0, .max, 7]))
    #expect(found == Dictionary(uniqueKeysWithValues: wanted.map { ($0.key, $0) }))
    // More seeds than one statement has places for.
    let many = try store.scores(
      networkHash: "n1", ScoreLookup(identities: identities, seeds: Array(0..<2000) + [.max]))
    #expect(many.count == 4)
    #expect(try store.scores(networkHash: "n1", ScoreLookup(identities: [:], seeds: [0])).isEmpty)
    #expect(try store.scores(networkHash: "n1", ScoreLookup(identities: identities, seeds: [])).isEmpty)
  }

  @Test func aConnectionOfItsOwnReadsWhatTheStoreHolds() throws {
    let folder = try TemporaryFolder()
    for store in [try ResultStore.open(folder.store), try .inMemory()] {
      let reader = try StoreReader(of: store)
      let kept = score(key("n1", seed: 3), ["a": 1], eigenvalues: [4, 3])
      let identities = [kept.key.identityHash: kept.identityJSON]
      let lookup = ScoreLookup(identities: identities, seeds: [3])
      #expect(try reader.scores(networkHash: "n1", lookup).isEmpty)
      try store.insert(kept)
      #expect(try reader.scores(networkHash: "n1", lookup) == [kept.key: kept])
      #expect(try reader.scores(networkHash: "n2", lookup).isEmpty)
      let many = ScoreLookup(identities: identities, seeds: Array(0..<2000))
      #expect(try reader.scores(networkHash: "n1", many) == [kept.key: kept])
      #expect(try reader.spaceDocumentHash("tiny") == nil)
      try store.keepSpaceDocument(SpaceDocument(contentHash: "h1", name: "tiny", text: "name: tiny"))
      #expect(try reader.spaceDocumentHash("tiny") == "h1")
    }
  }

  @Test(
    arguments: [
      (#"{}"#, [:]), (#"{"a":1}"#, ["a": 1]), (#"{"a":-0.5,"b":1e-300}"#, ["a": -0.5, "b": 1e-300]),
      (#" {"a" : 1 , "b": 2e3}"#, ["a": 1, "b": 2000]), (#"{"\u0061\"":1}"#, ["a\"": 1]),
      (#"{"a":1"#, nil), (#"{"a":"1"}"#, nil), (#"{"a":1} x"#, nil), (#"[1]"#, nil), (#"{"a":-inf}"#, nil),
    ] as [(String, [String: Double]?)])
  func metricsInAnySpellingOfJSONAreRead(text: String, expected: [String: Double]?) throws {
    let folder = try TemporaryFolder()
    let store = try ResultStore.open(folder.store)
    try store.insert(score(key("n1")))
    try DatabaseQueue(path: folder.store).write {
      try $0.execute(sql: "UPDATE scores SET metrics = ?", arguments: [text])
    }
    if let expected {
      #expect(try store.score(key("n1"))?.metrics == expected)
    } else {
      #expect(throws: StoreError.self) { try store.score(key("n1")) }
    }
  }

  @Test func everyCommitOfAnyoneChangesTheRevision() throws {
    let folder = try TemporaryFolder()
    let store = try ResultStore.open(folder.store)
    let reader = try StoreReader(of: store)
    var last = try reader.revision()
    #expect(try reader.revision() == last)
    func expectChange(_ change: () throws -> Void) throws {
      try change()
      let now = try reader.revision()
      #expect(now != last)
      last = now
      #expect(try reader.revision() == last)
    }
    try expectChange { try store.insert(score(key("n1"))) }
    try expectChange { try ResultStore.open(folder.store).insert(score(key("n2"))) }
    try expectChange {
      try DatabaseQueue(path: folder.store).write { try $0.execute(sql: "DELETE FROM scores") }
    }
    _ = try store.score(key("n1"))
    #expect(try reader.revision() == last)

    let inMemory = try ResultStore.inMemory()
    let other = try StoreReader(of: inMemory)
    let before = try other.revision()
    #expect(try other.revision() == before)
    try inMemory.insert(score(key("n1")))
    #expect(try other.revision() != before)
  }

  @Test func sameValuesAgainChangeNothing() throws {
    let store = try ResultStore.inMemory()
    let first = score(key("n1"), ["conditionNumber": 12.34567890123])
    try store.insert(first)
    #expect(try store.insert(first) == .unchanged)
    // Equal to ten significant digits.
    #expect(try store.insert(score(key("n1"), ["conditionNumber": 12.34567890124])) == .unchanged)
    #expect(try store.score(key("n1")) == first)
    #expect(try store.statistics().conflicts == 0)
  }

  @Test func otherValuesArePutAsideAndReportedWithBoth() throws {
    let store = try ResultStore.inMemory()
    let first = score(key("n1"), ["conditionNumber": 12.34567891])
    let second = score(key("n1"), ["conditionNumber": 12.34567892], eigenvalues: [5])
    let third = score(key("n1"), ["conditionNumber": 13])
    try store.insert(first)
    #expect(try store.insert([second, third, second]) == [.conflict, .conflict, .conflict])
    #expect(try store.score(key("n1")) == first)
    let conflicts = try store.conflicts()
    #expect(conflicts.map(\.kept) == [first, first])
    #expect(conflicts.map(\.other) == [second, third])
    #expect(try store.statistics().conflicts == 2)
  }

  @Test func anotherLastingOutcomeIsAConflict() throws {
    let store = try ResultStore.inMemory()
    try store.insert(score(key("n1")))
    #expect(try store.insert(score(key("n1"), [:], outcome: .rankDeficient)) == .conflict)
    #expect(try store.conflicts().map(\.other.outcome) == [.rankDeficient])
  }

  @Test(arguments: [Outcome.overBudget, .pluginError, .cancelled])
  func circumstantialFailuresGiveWayToResults(outcome: Outcome) throws {
    let store = try ResultStore.inMemory()
    let result = score(key("n1"))
    try store.insert(score(key("n1"), [:], outcome: outcome, message: "first"))
    #expect(try store.insert(score(key("n1"), [:], outcome: outcome, message: "again")) == .replaced)
    #expect(try store.score(key("n1"))?.message == "again")
    #expect(try store.insert(result) == .replaced)
    #expect(try store.insert(score(key("n1"), [:], outcome: outcome)) == .unchanged)
    #expect(try store.score(key("n1")) == result)
    #expect(try store.conflicts().isEmpty)
  }

  @Test func furtherMetricsAreAdded() throws {
    let store = try ResultStore.inMemory()
    try store.insert(score(key("n1"), ["conditionNumber": 2]))
    let more = score(key("n1"), ["conditionNumber": 2, "lambdaMax": 8], eigenvalues: [8, 4])
    #expect(try store.insert(more) == .extended)
    #expect(try store.insert(score(key("n1"), ["conditionNumber": 2])) == .unchanged)
    let kept = try #require(try store.score(key("n1")))
    #expect(kept.metrics == ["conditionNumber": 2, "lambdaMax": 8])
    #expect(kept.eigenvalues == [8, 4])
    #expect(try store.insert(score(key("n1"), ["conditionNumber": 3, "lambdaMin": 1])) == .conflict)
    #expect(try store.score(key("n1")) == kept)
  }

  @Test func valuesThatAreNotFiniteAreNotKept() throws {
    let store = try ResultStore.inMemory()
    let record = score(key("n1"), ["a": .nan, "b": .infinity, "c": 1], outcome: .nonFinite)
    try store.insert(record)
    #expect(try store.score(key("n1"))?.metrics == ["c": 1])
    #expect(try store.insert(record) == .unchanged)
  }

  @Test func oneHashStandsForOneIdentityText() throws {
    let store = try ResultStore.inMemory()
    try store.insert(score(key("n1")))
    let other = ScoreRecord(
      key: key("n2"), identityJSON: "{}", outcome: .ok, metrics: [:], seconds: 0, engineVersion: "0.1")
    let error = storeError { try store.insert([score(key("n3")), other]) }
    #expect(error == .identityMismatch(hash: "i1", stored: #"{"name":"i1"}"#, given: "{}"))
    // A batch is kept whole or not at all.
    #expect(try store.score(key("n3")) == nil)
  }

  @Test func exportVisitsEveryScoreInAFixedOrder() throws {
    let store = try ResultStore.inMemory()
    let keys = [
      key("b", seed: 2), key("a", seed: 10), key("b", seed: 1), key("a", seed: 9), key("a", identity: "i0"),
    ]
    try store.insert(keys.map { score($0) })
    var visited: [ScoreKey] = []
    try store.forEachScore { visited.append($0.key) }
    #expect(
      visited == [
        key("a", identity: "i0"), key("a", seed: 9), key("a", seed: 10), key("b", seed: 1), key("b", seed: 2),
      ])
  }

  @Test func errorOfTheVisitorPassesUnchanged() throws {
    struct Stop: Error {}
    let store = try ResultStore.inMemory()
    try store.insert([score(key("a")), score(key("b"))])
    var visits = 0
    #expect(throws: Stop.self) {
      try store.forEachScore { _ in
        visits += 1
        throw Stop()
      }
    }
    #expect(visits == 1)
  }
}
