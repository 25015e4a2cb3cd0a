import Foundation
import GRDB

extension ResultStore {
  /// Takes a job, in one transaction with the look at its key and the queue. When this returns `.created`, the job
  /// survives `kill -9`.
  /// - Parameters:
  ///   - idempotencyKey: what tells a repeated request from a new one; nil for none.
  ///   - requestHash: of everything that the request asks for.
  ///   - mostWaiting: how many jobs may be queued.
  public func submitJob(
    space: SpaceDocument, optionsJSON: String, idempotencyKey: String?, requestHash: String, mostWaiting: Int,
    created: Date = Date()
  ) throws(StoreError) -> JobSubmission {
    try write { database in
      if let idempotencyKey,
        let row = try Row.fetchOne(
          database, sql: "\(Self.selectedJobs) WHERE jobs.idempotency_key = ?", arguments: [idempotencyKey])
      {
        let earlier = try self.job(row)
        let hash = try row.stored(String.self, "request_hash", in: self.name)
        return hash == requestHash ? .repeated(earlier) : .keyReused(earlier)
      }
      let waiting =
        try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM jobs WHERE status = 'queued'") ?? 0
      guard waiting < mostWaiting else { return .queueFull(waiting: waiting) }
      try self.keep(space, database)
      try database.execute(
        sql: """
          INSERT INTO jobs (space_hash, options, idempotency_key, request_hash, status, created)
          VALUES (?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          space.contentHash, optionsJSON, idempotencyKey, requestHash, JobStatus.queued.rawValue, created,
        ])
      return .created(try self.storedJob(database.lastInsertedRowID, database))
    }
  }

  /// Keeps the text of a search space, which its name then means.
  public func keepSpaceDocument(_ space: SpaceDocument) throws(StoreError) {
    try write { try self.keep(space, $0) }
  }

  /// The content hash of the search space that `spaceDocument` gives.
  public func spaceDocumentHash(_ nameOrHash: String) throws(StoreError) -> String? {
    try readOnce { try self.spaceDocumentHash(nameOrHash, $0) }
  }

  func spaceDocumentHash(_ nameOrHash: String, _ database: Database) throws -> String? {
    try String.fetchOne(
      database.cachedStatement(
        sql: """
          SELECT content_hash FROM space_documents WHERE name = ?1 OR content_hash = ?1
          ORDER BY name = ?1 DESC, used DESC LIMIT 1
          """), arguments: [nameOrHash])
  }

  /// The search space with a name, or else with a content hash.
  public func spaceDocument(_ nameOrHash: String) throws(StoreError) -> SpaceDocument? {
    try read { database in
      try Row.fetchOne(
        database,
        sql: """
          SELECT * FROM space_documents WHERE name = ?1 OR content_hash = ?1
          ORDER BY name = ?1 DESC, used DESC LIMIT 1
          """, arguments: [nameOrHash]
      ).map(self.spaceDocument)
    }
  }

  /// The search space with a content hash, also where another has that for its name.
  public func spaceDocument(contentHash: String) throws(StoreError) -> SpaceDocument? {
    try read { database in
      try Row.fetchOne(
        database, sql: "SELECT * FROM space_documents WHERE content_hash = ?", arguments: [contentHash]
      ).map(self.spaceDocument)
    }
  }

  /// The search spaces by name: of several with the same one, that which was used last.
  /// - Parameters:
  ///   - after: only those with names behind this one, in the order of UTF-8; nil for all.
  ///   - limit: at most so many.
  public func spaceDocuments(
    after: String? = nil, limit: Int = .max
  ) throws(StoreError) -> [SpaceDocument] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT *, MAX(used) FROM space_documents WHERE ?1 IS NULL OR name > ?1
          GROUP BY name ORDER BY name LIMIT ?2
          """, arguments: [after, limit]
      ).map(self.spaceDocument)
    }
  }

  /// The job with a number; nil when there is none.
  public func job(_ id: Int64) throws(StoreError) -> JobRecord? {
    try read { try self.jobIfPresent(id, $0) }
  }

  /// Jobs from the newest.
  /// - Parameters:
  ///   - before: only those with a smaller identifier; nil for all.
  ///   - limit: at most so many.
  public func jobs(
    status: JobStatus? = nil, before: Int64? = nil, limit: Int = .max
  ) throws(StoreError) -> [JobRecord] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          \(Self.selectedJobs)
          WHERE (?1 IS NULL OR jobs.status = ?1) AND (?2 IS NULL OR jobs.id < ?2)
          ORDER BY jobs.id DESC LIMIT ?3
          """, arguments: [status?.rawValue, before, limit]
      ).map(self.job)
    }
  }

  /// How many jobs there are of each status; those without any are absent.
  public func jobCounts() throws(StoreError) -> [JobStatus: Int] {
    try read { database in
      var counts: [JobStatus: Int] = [:]
      for row in try Row.fetchAll(
        database, sql: "SELECT status, COUNT(*) AS count FROM jobs GROUP BY status")
      {
        counts[try self.status(row)] = try row.stored(Int.self, "count", in: self.name)
      }
      return counts
    }
  }

  /// Notes that someone wants a running job to end, which survives the process that works on it.
  public func requestCancellation(ofJob id: Int64) throws(StoreError) {
    try write { database in
      try database.execute(
        sql: "UPDATE jobs SET cancel_requested = 1 WHERE id = ? AND status = 'running'", arguments: [id])
    }
  }

  /// Puts jobs that were running when their process died back into the queue, where they keep their places. Those that
  /// someone wanted to end have ended, and those that it died of too often have failed.
  /// - Parameters:
  ///   - mostDeaths: so many in a row, without a candidate computed in between, are too often.
  ///   - message: why those have failed.
  @discardableResult
  public func requeueRunningJobs(
    mostDeaths: Int = .max, message: String = "", at date: Date = Date()
  ) throws(StoreError) -> RequeuedJobs {
    try write { database in
      try database.execute(
        sql: """
          UPDATE jobs SET status = 'cancelled', finished = ?, revision = revision + 1
          WHERE status = 'running' AND cancel_requested
          """, arguments: [date])
      let failed = try Int64.fetchAll(
        database,
        sql: """
          UPDATE jobs SET status = 'failed', deaths = deaths + 1, message = ?1, finished = ?2,
            revision = revision + 1
          WHERE status = 'running' AND deaths + 1 >= ?3
          RETURNING id
          """, arguments: [message, date, mostDeaths])
      try database.execute(
        sql: """
          UPDATE jobs SET status = 'queued', deaths = deaths + 1, revision = revision + 1
          WHERE status = 'running'
          """)
      return RequeuedJobs(waiting: database.changesCount, failed: failed.sorted())
    }
  }

  /// Takes the oldest waiting job and marks it as running; nil when none waits.
  public func takeQueuedJob(at date: Date = Date()) throws(StoreError) -> JobRecord? {
    try write { database in
      let id = try Int64.fetchOne(
        database, sql: "SELECT id FROM jobs WHERE status = 'queued' ORDER BY id LIMIT 1")
      guard let id else { return nil }
      try database.execute(
        sql: """
          UPDATE jobs SET status = 'running', started = COALESCE(started, ?), revision = revision + 1
          WHERE id = ?
          """, arguments: [date, id])
      return try self.storedJob(id, database)
    }
  }

  /// Notes how far a running job has come. One that has computed a candidate is not what its process died of.
  /// - Returns: the job as it is now; nil when there is none.
  @discardableResult
  public func updateJob(
    _ id: Int64, runID: Int64?, progress: JobProgress
  ) throws(StoreError) -> JobRecord? {
    try write { database in
      try database.execute(
        sql: """
          UPDATE jobs SET run_id = COALESCE(?1, run_id), done = ?2, total = ?3, from_store = ?4, failed = ?5,
            deaths = CASE WHEN ?2 > ?4 THEN 0 ELSE deaths END, revision = revision + 1
          WHERE id = ?6
          """,
        arguments: [runID, progress.done, progress.total, progress.fromStore, progress.failed, id])
      return try self.jobIfPresent(id, database)
    }
  }

  /// Moves a job that has not ended.
  /// - Parameter message: why it failed.
  /// - Returns: the job as it is now, moved or not; nil when there is none.
  public func moveJob(
    _ id: Int64, to status: JobStatus, message: String? = nil, at date: Date = Date()
  ) throws(StoreError) -> JobRecord? {
    try write { database in
      try database.execute(
        sql: """
          UPDATE jobs SET status = ?1, message = ?2, finished = CASE WHEN ?3 THEN ?4 END,
            revision = revision + 1
          WHERE id = ?5 AND status IN ('queued', 'running')
          """, arguments: [status.rawValue, message, status.isEnd, date, id])
      return try self.jobIfPresent(id, database)
    }
  }

  /// Forgets a job that has ended; its scores stay.
  /// - Returns: whether there was such a job.
  public func deleteEndedJob(_ id: Int64) throws(StoreError) -> Bool {
    try write { database in
      try database.execute(
        sql: "DELETE FROM jobs WHERE id = ? AND status NOT IN ('queued', 'running')", arguments: [id])
      return database.changesCount == 1
    }
  }

  // MARK: Rows

  private static let selectedJobs = """
    SELECT jobs.*, space_documents.name AS space_name
    FROM jobs JOIN space_documents ON space_documents.content_hash = jobs.space_hash
    """

  private func keep(_ space: SpaceDocument, _ database: Database) throws {
    try database.execute(
      sql: """
        INSERT INTO space_documents (content_hash, name, text, used)
        VALUES (?, ?, ?, (SELECT COALESCE(MAX(used), 0) + 1 FROM space_documents))
        ON CONFLICT (content_hash) DO UPDATE SET used = excluded.used
        """, arguments: [space.contentHash, space.name, space.text])
  }

  private func spaceDocument(_ row: Row) throws -> SpaceDocument {
    SpaceDocument(
      contentHash: try row.stored(String.self, "content_hash", in: name),
      name: try row.stored(String.self, "name", in: name), text: try row.stored(String.self, "text", in: name)
    )
  }

  private func jobIfPresent(_ id: Int64, _ database: Database) throws -> JobRecord? {
    try Row.fetchOne(database, sql: "\(Self.selectedJobs) WHERE jobs.id = ?", arguments: [id]).map(job)
  }

  private func storedJob(_ id: Int64, _ database: Database) throws -> JobRecord {
    guard let job = try jobIfPresent(id, database) else {
      throw StoreError.unknownReference(path: name, reason: "no job \(id)")
    }
    return job
  }

  private func status(_ row: Row) throws -> JobStatus {
    let text = try row.stored(String.self, "status", in: name)
    guard let status = JobStatus(rawValue: text) else {
      throw StoreError.corrupt(path: name, reason: "a job has the status '\(text)'")
    }
    return status
  }

  private func job(_ row: Row) throws -> JobRecord {
    JobRecord(
      id: try row.stored(Int64.self, "id", in: name),
      space: SpaceTitle(
        contentHash: try row.stored(String.self, "space_hash", in: name),
        name: try row.stored(String.self, "space_name", in: name)),
      optionsJSON: try row.stored(String.self, "options", in: name), status: try status(row),
      progress: JobProgress(
        done: try row.stored(Int.self, "done", in: name),
        total: try row.storedIfPresent(Int.self, "total", in: name),
        fromStore: try row.stored(Int.self, "from_store", in: name),
        failed: try row.stored(Int.self, "failed", in: name)),
      runID: try row.storedIfPresent(Int64.self, "run_id", in: name),
      message: try row.storedIfPresent(String.self, "message", in: name),
      created: try row.stored(Date.self, "created", in: name),
      started: try row.storedIfPresent(Date.self, "started", in: name),
      finished: try row.storedIfPresent(Date.self, "finished", in: name),
      deaths: try row.stored(Int.self, "deaths", in: name),
      revision: try row.stored(Int.self, "revision", in: name))
  }
}
