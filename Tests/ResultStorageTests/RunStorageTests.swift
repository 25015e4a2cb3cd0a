import Foundation
import ResultStorage
import Testing
import Trainability

@Suite struct RunStorageTests {
  static let space = SpaceRecord(name: "tiny", contentHash: "s1", definition: "family: fully_connected")
  static let candidates = (0..<5).map {
    CandidateRecord(
      networkHash: "n\($0 / 2)", family: "fully_connected", choicesJSON: #"{"depth":\#($0)}"#,
      parameters: 100 * $0, multiplyAdds: 90 * $0)
  }

  @Test func runIsKeptFromStartToFinish() throws {
    let store = try ResultStore.inMemory()
    let started = Date(timeIntervalSince1970: 1_700_000_000)
    let id = try store.startRun(
      space: Self.space, settingsJSON: #"{"seeds":3}"#, command: "rank tiny.yaml", started: started)
    try store.addCandidates(Self.candidates, toRun: id)
    let running = try #require(try store.runs().first)
    #expect(running.status == .running)
    #expect(running.finished == nil)
    #expect(running.candidateCount == 5)
    try store.finishRun(id, as: .interrupted, at: started.addingTimeInterval(60))
    let run = try #require(try store.runs().first)
    #expect(run.id == id)
    #expect(run.spaceContentHash == "s1")
    #expect(run.settingsJSON == #"{"seeds":3}"#)
    #expect(run.command == "rank tiny.yaml")
    #expect(run.started == started)
    #expect(run.finished == started.addingTimeInterval(60))
    #expect(run.status == .interrupted)
  }

  @Test func spacesAndCandidatesAreSharedBetweenRuns() throws {
    let store = try ResultStore.inMemory()
    for _ in 0..<2 {
      let id = try store.startRun(space: Self.space, settingsJSON: "{}", command: "rank")
      try store.addCandidates(Self.candidates, toRun: id)
      try store.addCandidates(Self.candidates, toRun: id)
    }
    let single = try store.startRun(space: nil, settingsJSON: "{}", command: "score")
    try store.addCandidates([Self.candidates[4]], toRun: single)
    #expect(try store.spaces() == [Self.space])
    #expect(try store.candidates() == Self.candidates)
    #expect(try store.candidates(ofRun: single) == [Self.candidates[4]])
    #expect(try store.runs().map(\.candidateCount) == [5, 5, 1])
    #expect(try store.runs().map(\.spaceContentHash) == ["s1", "s1", nil])
  }

  @Test func whatReportsNeedIsKept() throws {
    let store = try ResultStore.inMemory()
    let id = try store.startRun(
      space: Self.space, settingsJSON: "{}", description: "what was ranked", command: "rank")
    let candidate = CandidateRecord(
      identifier: "abc", networkHash: "n", family: "f", choicesJSON: "{}", parameters: 3, multiplyAdds: 2,
      depth: 4)
    try store.addCandidates([candidate], toRun: id)
    let failures = ["b", "a"].map {
      FailureRecord(identifier: $0, choicesJSON: "{\"x\":\"\($0)\"}", message: "no network of \($0)")
    }
    try store.addFailures(failures, toRun: id)
    try store.addFailures(failures, toRun: id)
    #expect(try store.candidates(ofRun: id) == [candidate])
    #expect(try store.failures(ofRun: id) == failures.reversed())
    let run = try #require(try store.runs().first)
    #expect(run.description == "what was ranked" && run.candidateCount == 3)
  }

  @Test func theNewestRunOfASpaceIsFoundByItsName() throws {
    let store = try ResultStore.inMemory()
    #expect(try store.newestRun(ofSpaceNamed: "tiny") == nil)
    _ = try store.startRun(space: Self.space, settingsJSON: "1", command: "rank")
    let other = SpaceRecord(name: "tiny", contentHash: "s2", definition: "changed")
    _ = try store.startRun(space: other, settingsJSON: "2", command: "rank")
    _ = try store.startRun(space: nil, settingsJSON: "3", command: "score")
    #expect(try store.newestRun(ofSpaceNamed: "tiny")?.settingsJSON == "2")
  }

  /// The hash of a definition does not cover its name.
  @Test func aRunKeepsTheNameOfItsSpace() throws {
    let store = try ResultStore.inMemory()
    for name in ["tiny", "copy"] {
      let space = SpaceRecord(name: name, contentHash: "s1", definition: "same")
      _ = try store.startRun(space: space, settingsJSON: name, command: "rank")
    }
    _ = try store.startRun(space: nil, settingsJSON: "{}", command: "score")
    #expect(try store.runs().map(\.spaceName) == ["tiny", "copy", nil])
    #expect(try store.newestRun(ofSpaceNamed: "copy")?.settingsJSON == "copy")
    #expect(try store.newestRun(ofSpaceNamed: "tiny")?.settingsJSON == "tiny")
  }

  @Test func unknownRunIsAnError() throws {
    let store = try ResultStore.inMemory()
    let expected = StoreError.unknownReference(path: "in memory", reason: "no run 7")
    #expect(throws: expected) { try store.finishRun(7, as: .finished) }
    #expect(throws: expected) { try store.addCandidates(Self.candidates, toRun: 7) }
  }

  @Test func statisticsCountWhatIsThere() throws {
    let store = try ResultStore.inMemory()
    let id = try store.startRun(space: Self.space, settingsJSON: "{}", command: "rank")
    try store.addCandidates(Self.candidates, toRun: id)
    try store.insert([score(key("a")), score(key("b")), score(key("c"), [:], outcome: .rankDeficient)])
    try store.insert(score(key("a"), ["conditionNumber": 99]))
    let statistics = try store.statistics()
    #expect(statistics.spaces == 1)
    #expect(statistics.candidates == 5)
    #expect(statistics.runs == 1)
    #expect(statistics.scores == 3)
    #expect(statistics.scoresByOutcome == [.ok: 2, .rankDeficient: 1])
    #expect(statistics.conflicts == 1)
    #expect(statistics.bytes > 0)
  }
}
