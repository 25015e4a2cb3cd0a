import Foundation
import GRDB
import ResultStorage
import Testing
import Trainability

@Suite struct StoreFileTests {
  @Test func fileThatIsNoDatabaseIsRefusedAndLeftAsItIs() throws {
    let folder = try TemporaryFolder()
    for text in ["x", "accuracy,loss\n1,2\n", String(repeating: "SQLite format 3, or not. ", count: 500)] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder.store))
      let error = storeError { _ = try ResultStore.open(folder.store) }
      #expect(error == .notAStore(path: folder.store, reason: "it is not an SQLite file"))
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder.store)) == Data(text.utf8))
    }
  }

  @Test func anotherProgramsDatabaseIsRefusedAndLeftAsItIs() throws {
    let folder = try TemporaryFolder()
    let database = try DatabaseQueue(path: folder.store)
    try database.write { try $0.execute(sql: "CREATE TABLE places (url TEXT)") }
    try database.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: folder.store))
    let error = storeError { _ = try ResultStore.open(folder.store) }
    #expect(
      error
        == .notAStore(path: folder.store, reason: "it is another program's database, with tables places"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.store)) == before)
  }

  @Test func storeOfANewerVersionIsRefused() throws {
    let folder = try TemporaryFolder()
    try ResultStore.open(folder.store).close()
    let database = try DatabaseQueue(path: folder.store)
    try database.write {
      try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 tables of the future')")
    }
    try database.close()
    let error = storeError { _ = try ResultStore.open(folder.store) }
    #expect(error == .newerVersion(path: folder.store, unknownMigrations: ["9 tables of the future"]))
    #expect(error?.description.contains("update ntkscorer") == true)
  }

  @Test func aStoreOfTheFirstVersionIsBroughtUpToDateAndKeepsItsRows() throws {
    let folder = try TemporaryFolder()
    let space = SpaceRecord(name: "tiny", contentHash: "s1", definition: "d")
    let old = CandidateRecord(
      networkHash: "n", family: "f", choicesJSON: "{}", parameters: 7, multiplyAdds: 6)
    do {
      let store = try ResultStore.open(folder.store)
      let id = try store.startRun(space: space, settingsJSON: "{}", command: "rank")
      try store.addCandidates([old], toRun: id)
      try store.insert(score(key("n")))
      try store.close()
      let database = try DatabaseQueue(path: folder.store)
      try database.write {
        try $0.execute(
          sql: """
            DROP TABLE run_failures;
            ALTER TABLE runs DROP COLUMN description;
            ALTER TABLE candidates DROP COLUMN identifier;
            ALTER TABLE candidates DROP COLUMN depth;
            DELETE FROM grdb_migrations WHERE identifier LIKE '3 %';
            """)
      }
      try database.close()
    }
    let store = try ResultStore.open(folder.store)
    #expect(try store.candidates() == [old])
    #expect(try store.runs().map(\.description) == [nil])
    #expect(try store.score(key("n")) != nil)
    // The next run over the same candidate adds what was not kept.
    let new = CandidateRecord(
      identifier: "c", networkHash: "n", family: "f", choicesJSON: "{}", parameters: 5, multiplyAdds: 4,
      depth: 2)
    let id = try store.startRun(space: space, settingsJSON: "{}", command: "rank")
    try store.addCandidates([new], toRun: id)
    #expect(try store.candidates() == [new])
  }

  @Test func runsOfAnEarlierVersionAreNamedByWhatTheySay() throws {
    let folder = try TemporaryFolder()
    do {
      let store = try ResultStore.open(folder.store)
      for (name, description) in [("tiny", "no JSON"), ("copy", #"{"space":"copy"}"#)] {
        let space = SpaceRecord(name: name, contentHash: "s1", definition: "d")
        _ = try store.startRun(space: space, settingsJSON: "{}", description: description, command: "rank")
      }
      try store.close()
      let database = try DatabaseQueue(path: folder.store)
      try database.write {
        try $0.execute(
          sql: """
            ALTER TABLE runs DROP COLUMN space_name;
            DELETE FROM grdb_migrations WHERE identifier LIKE '6 %';
            """)
      }
      try database.close()
    }
    #expect(try ResultStore.open(folder.store).runs().map(\.spaceName) == ["tiny", "copy"])
  }

  @Test func emptyFileBecomesAStore() throws {
    let folder = try TemporaryFolder()
    try Data().write(to: URL(fileURLWithPath: folder.store))
    let store = try ResultStore.open(folder.store)
    #expect(try store.insert(score(key("a"))) == .inserted)
  }

  @Test func pathsThatCannotHoldAFileAreExplained() throws {
    let folder = try TemporaryFolder()
    #expect(
      storeError { _ = try ResultStore.open(folder.path + "/none/store.sqlite") }
        == .cannotOpen(
          path: folder.path + "/none/store.sqlite", reason: "there is no folder \(folder.path)/none"))
    #expect(
      storeError { _ = try ResultStore.open(folder.path) }
        == .cannotOpen(path: folder.path, reason: "it is a folder"))
  }

  @Test func damagedPagesAreAnErrorAndNotACrash() throws {
    let folder = try TemporaryFolder()
    do {
      let store = try ResultStore.open(folder.store)
      try store.insert((0..<500).map { score(key("network \($0)")) })
      try store.close()
    }
    var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.store))
    for offset in stride(from: 8192, to: bytes.count - 64, by: 512) {
      bytes.replaceSubrange(offset..<offset + 64, with: Data(repeating: 0xa5, count: 64))
    }
    try bytes.write(to: URL(fileURLWithPath: folder.store))
    #expect(throws: StoreError.self) {
      let store = try ResultStore.open(folder.store)
      try store.forEachScore { _ in }
    }
  }

  @Test func unknownOutcomeIsReportedAsDamage() throws {
    let folder = try TemporaryFolder()
    let store = try ResultStore.open(folder.store)
    try store.insert(score(key("a")))
    let database = try DatabaseQueue(path: folder.store)
    try database.write { try $0.execute(sql: "UPDATE scores SET outcome = 'splendid', created = 'soon'") }
    let error = storeError { _ = try store.score(key("a")) }
    #expect(error?.description.contains("'splendid'") == true)
    try database.write { try $0.execute(sql: "UPDATE scores SET outcome = 'ok'") }
    #expect(
      storeError { _ = try store.score(key("a")) }
        == .corrupt(path: folder.store, reason: "a row holds no valid 'created'"))
  }

  @Test func lookingWhetherItTakesChangesChangesNothing() throws {
    let folder = try TemporaryFolder()
    let store = try ResultStore.open(folder.store)
    let reader = try StoreReader(of: store)
    let (before, files) = (
      try reader.revision(), try FileManager.default.contentsOfDirectory(atPath: folder.path)
    )
    try store.checkWritable()
    #expect(try reader.revision() == before)
    #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == Set(files))
    try ResultStore.inMemory().checkWritable()
  }

  @Test func closedStoreThrows() throws {
    let folder = try TemporaryFolder()
    let store = try ResultStore.open(folder.store)
    try store.close()
    #expect(throws: StoreError.self) { try store.statistics() }
  }
}

@Suite struct SharedStoreTests {
  @Test func manyTasksInsertAndReadAtOnce() async throws {
    let folder = try TemporaryFolder()
    let store = try ResultStore.open(folder.store)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for index in 0..<50 {
            let key = key("n\(task)-\(index)")
            try store.insert(score(key, ["conditionNumber": Double(index)]))
            guard try store.score(key)?.metrics == ["conditionNumber": Double(index)] else { throw Lost() }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try store.statistics().scores == 400)
  }

  /// Two handles stand for two processes: each has connections of its own.
  @Test func twoHandlesOnOneFileSeeEachOthersScores() async throws {
    let folder = try TemporaryFolder()
    let first = try ResultStore.open(folder.store)
    let second = try ResultStore.open(folder.store)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (name, store) in [("a", first), ("b", second)] {
        group.addTask {
          for index in 0..<100 { try store.insert(score(key("\(name)\(index)"))) }
        }
      }
      try await group.waitForAll()
    }
    #expect(try first.statistics().scores == 200)
    #expect(try second.score(key("a99")) != nil)
    #expect(try second.insert(score(key("a0"))) == .unchanged)
    #expect(try first.insert(score(key("b0"), ["conditionNumber": -1])) == .conflict)
  }

  @Test func storeMayBeCreatedByManyAtOnce() async throws {
    for _ in 0..<5 {
      let folder = try TemporaryFolder()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<6 {
          group.addTask {
            let store = try ResultStore.open(folder.store)
            try store.insert(score(key("n\(task)")))
          }
        }
        try await group.waitForAll()
      }
      #expect(try ResultStore.open(folder.store).statistics().scores == 6)
    }
  }

  @Test func writerThatWaitsTooLongSaysSo() throws {
    let folder = try TemporaryFolder()
    let store = try ResultStore.open(folder.store, busyTimeout: 0.1)
    let other = try DatabaseQueue(path: folder.store)
    try other.inDatabase { database in
      try database.execute(sql: "BEGIN IMMEDIATE")
      #expect(throws: StoreError.locked(path: folder.store, seconds: 0.1)) {
        try store.insert(score(key("a")))
      }
      // Readers never wait.
      #expect(try store.statistics().scores == 0)
      try database.execute(sql: "ROLLBACK")
    }
    #expect(try store.insert(score(key("a"))) == .inserted)
  }

  private struct Lost: Error {}
}
