import Foundation
import GRDB
import Trainability

extension ResultStore {
  /// Notes that a command begins, and its space. The run is `running` until `finishRun`.
  /// - Parameters:
  ///   - settingsJSON: the settings that enter score identities, as canonical JSON.
  ///   - description: what else the caller needs to report the run.
  public func startRun(
    space: SpaceRecord?, settingsJSON: String, description: String? = nil, command: String,
    started: Date = Date()
  ) throws(StoreError) -> Int64 {
    try write { database in
      var spaceID: Int64?
      if let space {
        try database.execute(
          sql: "INSERT OR IGNORE INTO spaces (content_hash, name, definition) VALUES (?, ?, ?)",
          arguments: [space.contentHash, space.name, space.definition])
        spaceID = try Int64.fetchOne(
          database, sql: "SELECT id FROM spaces WHERE content_hash = ?", arguments: [space.contentHash])
      }
      try database.execute(
        sql: """
          INSERT INTO runs (space_id, space_name, settings, description, command, started, status)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          spaceID, space?.name, settingsJSON, description, command, started, RunStatus.running.rawValue,
        ])
      return database.lastInsertedRowID
    }
  }

  /// Notes how a run ended.
  /// - Throws: `StoreError.unknownReference` when there is no such run.
  public func finishRun(_ id: Int64, as status: RunStatus, at finished: Date = Date()) throws(StoreError) {
    try write { database in
      try database.execute(
        sql: "UPDATE runs SET finished = ?, status = ? WHERE id = ?",
        arguments: [finished, status.rawValue, id])
      guard database.changesCount == 1 else {
        throw StoreError.unknownReference(path: self.name, reason: "no run \(id)")
      }
    }
  }

  /// Adds candidates to a run, all or none. Those that the store or the run has already are not added twice.
  /// - Throws: `StoreError.unknownReference` when there is no such run.
  public func addCandidates(_ candidates: [CandidateRecord], toRun id: Int64) throws(StoreError) {
    try write { database in
      guard try Int64.fetchOne(database, sql: "SELECT id FROM runs WHERE id = ?", arguments: [id]) != nil
      else {
        throw StoreError.unknownReference(path: self.name, reason: "no run \(id)")
      }
      let insertion = try database.makeStatement(
        sql: """
          INSERT INTO candidates
            (network_hash, family, choices, parameters, multiply_adds, identifier, depth)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (network_hash, family, choices) DO UPDATE SET
            parameters = excluded.parameters, multiply_adds = excluded.multiply_adds,
            identifier = excluded.identifier, depth = excluded.depth
          WHERE depth IS NULL
          """)
      let link = try database.makeStatement(
        sql: """
          INSERT OR IGNORE INTO run_candidates (run_id, candidate_id)
          SELECT ?, id FROM candidates WHERE network_hash = ? AND family = ? AND choices = ?
          """)
      for candidate in candidates {
        try insertion.execute(arguments: [
          candidate.networkHash, candidate.family, candidate.choicesJSON, candidate.parameters,
          candidate.multiplyAdds, candidate.identifier, candidate.depth,
        ])
        try link.execute(arguments: [id, candidate.networkHash, candidate.family, candidate.choicesJSON])
      }
    }
  }

  /// Adds candidates that have no network to a run, all or none; those that it has already are not added twice.
  /// - Throws: `StoreError.failed` when there is no such run.
  public func addFailures(_ failures: [FailureRecord], toRun id: Int64) throws(StoreError) {
    try write { database in
      let insertion = try database.makeStatement(
        sql: "INSERT OR IGNORE INTO run_failures (run_id, identifier, choices, message) VALUES (?, ?, ?, ?)")
      for failure in failures {
        try insertion.execute(arguments: [id, failure.identifier, failure.choicesJSON, failure.message])
      }
    }
  }

  /// The candidates of a run that have no network, by identifier and choices.
  public func failures(ofRun id: Int64) throws(StoreError) -> [FailureRecord] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM run_failures WHERE run_id = ? ORDER BY identifier, choices",
        arguments: [id]
      ).map {
        FailureRecord(
          identifier: try $0.stored(String.self, "identifier", in: self.name),
          choicesJSON: try $0.stored(String.self, "choices", in: self.name),
          message: try $0.stored(String.self, "message", in: self.name))
      }
    }
  }

  /// Every run, the oldest first.
  public func runs() throws(StoreError) -> [RunRecord] {
    try read { database in
      try Row.fetchAll(database, sql: "\(Self.selectedRuns) ORDER BY runs.id").map(self.run)
    }
  }

  /// The run that was begun last over a space of this name.
  public func newestRun(ofSpaceNamed name: String) throws(StoreError) -> RunRecord? {
    try read { database in
      try Row.fetchOne(
        database, sql: "\(Self.selectedRuns) WHERE runs.space_name = ? ORDER BY runs.id DESC LIMIT 1",
        arguments: [name]
      ).map(self.run)
    }
  }

  private static let selectedRuns = """
    SELECT runs.*, spaces.content_hash AS content_hash,
      (SELECT COUNT(*) FROM run_candidates WHERE run_id = runs.id)
        + (SELECT COUNT(*) FROM run_failures WHERE run_id = runs.id) AS candidate_count
    FROM runs LEFT JOIN spaces ON spaces.id = runs.space_id
    """

  private func run(_ row: Row) throws -> RunRecord {
    let text = try row.stored(String.self, "status", in: name)
    guard let status = RunStatus(rawValue: text) else {
      throw StoreError.corrupt(path: name, reason: "a run has the status '\(text)'")
    }
    return RunRecord(
      id: try row.stored(Int64.self, "id", in: name),
      spaceContentHash: try row.storedIfPresent(String.self, "content_hash", in: name),
      spaceName: try row.storedIfPresent(String.self, "space_name", in: name),
      settingsJSON: try row.stored(String.self, "settings", in: name),
      description: try row.storedIfPresent(String.self, "description", in: name),
      command: try row.stored(String.self, "command", in: name),
      started: try row.stored(Date.self, "started", in: name),
      finished: try row.storedIfPresent(Date.self, "finished", in: name), status: status,
      candidateCount: try row.stored(Int.self, "candidate_count", in: name))
  }

  /// Every search space, in the order they were first used.
  public func spaces() throws(StoreError) -> [SpaceRecord] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM spaces ORDER BY id").map {
        SpaceRecord(
          name: try $0.stored(String.self, "name", in: self.name),
          contentHash: try $0.stored(String.self, "content_hash", in: self.name),
          definition: try $0.stored(String.self, "definition", in: self.name))
      }
    }
  }

  /// The candidates of one run, or of all, by network hash, family and choices.
  public func candidates(ofRun id: Int64? = nil) throws(StoreError) -> [CandidateRecord] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT * FROM candidates
          WHERE ? IS NULL OR id IN (SELECT candidate_id FROM run_candidates WHERE run_id = ?)
          ORDER BY network_hash, family, choices
          """, arguments: [id, id]
      ).map {
        CandidateRecord(
          identifier: try $0.stored(String.self, "identifier", in: self.name),
          networkHash: try $0.stored(String.self, "network_hash", in: self.name),
          family: try $0.stored(String.self, "family", in: self.name),
          choicesJSON: try $0.stored(String.self, "choices", in: self.name),
          parameters: try $0.stored(Int.self, "parameters", in: self.name),
          multiplyAdds: try $0.stored(Int.self, "multiply_adds", in: self.name),
          depth: try $0.storedIfPresent(Int.self, "depth", in: self.name))
      }
    }
  }

  /// What the store holds.
  public func statistics() throws(StoreError) -> StoreStatistics {
    try read { database in
      func count(_ table: String) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM \(table)") ?? 0
      }
      var byOutcome: [Outcome: Int] = [:]
      for row in try Row.fetchAll(
        database, sql: "SELECT outcome, COUNT(*) AS count FROM scores GROUP BY outcome")
      {
        let text = try row.stored(String.self, "outcome", in: self.name)
        guard let outcome = Outcome(rawValue: text) else {
          throw StoreError.corrupt(path: self.name, reason: "a score has the outcome '\(text)'")
        }
        byOutcome[outcome] = try row.stored(Int.self, "count", in: self.name)
      }
      let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
      let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0
      return StoreStatistics(
        spaces: try count("spaces"), candidates: try count("candidates"), runs: try count("runs"),
        scores: try count("scores"), scoresByOutcome: byOutcome, conflicts: try count("conflicts"),
        bytes: pages * pageSize)
    }
  }
}
