import Foundation
import GRDB
import Trainability

extension ResultStore {
  /// The scores that the store has for these networks under one identity, by key; absent ones are absent.
  /// Complexity: O(k log n) for k = networks × seeds keys among n scores.
  public func scores(
    networkHashes: [String], identityHash: String, seeds: [UInt64]
  ) throws(StoreError) -> [ScoreKey: ScoreRecord] {
    try read { database in
      guard
        let identityJSON = try String.fetchOne(
          database, sql: "SELECT json FROM identities WHERE hash = ?", arguments: [identityHash])
      else { return [:] }
      var found: [ScoreKey: ScoreRecord] = [:]
      for networks in networkHashes.chunked(by: 400) {
        for someSeeds in seeds.chunked(by: 400) {
          let rows = try SQLRequest<Row>(
            literal: """
              SELECT * FROM scores
              WHERE network_hash IN \(networks) AND identity_hash = \(identityHash)
                AND seed IN \(someSeeds.map { Int64(bitPattern: $0) })
              """
          ).fetchCursor(database)
          while let row = try rows.next() {
            let score = try self.score(row, identityJSON: identityJSON)
            found[score.key] = score
          }
        }
      }
      return found
    }
  }

  /// One score.
  public func score(_ key: ScoreKey) throws(StoreError) -> ScoreRecord? {
    try scores(networkHashes: [key.networkHash], identityHash: key.identityHash, seeds: [key.seed])[key]
  }

  /// Keeps a finished score. When this returns, it survives `kill -9`.
  @discardableResult
  public func insert(_ score: ScoreRecord) throws(StoreError) -> Insertion {
    try insert([score])[0]
  }

  /// Keeps finished scores in one transaction: all of them or, after an error, none.
  /// - Returns: what became of each, in order.
  @discardableResult
  public func insert(_ scores: [ScoreRecord]) throws(StoreError) -> [Insertion] {
    try write { database in try scores.map { try self.insert($0, database) } }
  }

  /// Every score, by network hash, identity hash and seed (as signed integers), one at a time, from one
  /// consistent state of the store. `body` must not use the store itself.
  public func forEachScore(_ body: (ScoreRecord) throws -> Void) throws {
    // What `body` throws is the caller's and passes unchanged.
    var thrownByBody: (any Error)?
    do {
      try writer.read { database in
        let rows = try Row.fetchCursor(
          database,
          sql: """
            SELECT scores.*, identities.json AS identity FROM scores
            JOIN identities ON identities.hash = scores.identity_hash
            ORDER BY network_hash, identity_hash, seed
            """)
        while let row = try rows.next() {
          let score = try self.score(
            row, identityJSON: try row.stored(String.self, "identity", in: self.name))
          do { try body(score) } catch {
            thrownByBody = error
            return
          }
        }
      }
    } catch { throw storeError(error) }
    if let thrownByBody { throw thrownByBody }
  }

  /// Every pair of results that disagree, in the order they were found.
  public func conflicts() throws(StoreError) -> [ScoreConflict] {
    try read { database in
      let others = try Row.fetchAll(database, sql: "SELECT * FROM conflicts ORDER BY id")
      return try others.map { other in
        let scoreID = try other.stored(Int64.self, "score_id", in: self.name)
        let row = try Row.fetchOne(
          database,
          sql: """
            SELECT scores.*, identities.json AS identity FROM scores
            JOIN identities ON identities.hash = scores.identity_hash WHERE scores.id = ?
            """, arguments: [scoreID])
        guard let row else {
          throw StoreError.corrupt(path: self.name, reason: "a conflict without its score")
        }
        let kept = try self.score(row, identityJSON: try row.stored(String.self, "identity", in: self.name))
        return ScoreConflict(
          kept: kept,
          other: try ScoreEncoding.score(
            other, key: kept.key, identityJSON: kept.identityJSON, path: self.name))
      }
    }
  }

  func score(_ row: Row, identityJSON: String) throws -> ScoreRecord {
    let key = ScoreKey(
      networkHash: try row.stored(String.self, "network_hash", in: name),
      identityHash: try row.stored(String.self, "identity_hash", in: name),
      seed: UInt64(bitPattern: try row.stored(Int64.self, "seed", in: name)))
    return try ScoreEncoding.score(row, key: key, identityJSON: identityJSON, path: name)
  }

  private func insert(_ score: ScoreRecord, _ database: Database) throws -> Insertion {
    try keepIdentity(of: score, database)
    let key = score.key
    let seed = Int64(bitPattern: key.seed)
    let row = try Row.fetchOne(
      database.cachedStatement(
        sql: "SELECT * FROM scores WHERE network_hash = ? AND identity_hash = ? AND seed = ?"),
      arguments: [key.networkHash, key.identityHash, seed])
    guard let row else {
      let statement = try database.cachedStatement(
        sql: """
          INSERT INTO scores (\(ScoreEncoding.columns), network_hash, identity_hash, seed)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """)
      try statement.execute(
        arguments: try ScoreEncoding.arguments(score) + [key.networkHash, key.identityHash, seed])
      return .inserted
    }
    let stored = try self.score(row, identityJSON: score.identityJSON)
    let id = try row.stored(Int64.self, "id", in: name)
    let (insertion, merged) = ScoreComparison.compare(stored: stored, given: score)
    switch insertion {
    case .inserted, .unchanged: break
    case .extended, .replaced: try update(id, merged, database)
    case .conflict: try putAside(score, id, stored, database)
    }
    return insertion
  }

  private func keepIdentity(of score: ScoreRecord, _ database: Database) throws {
    let hash = score.key.identityHash
    let stored = try String.fetchOne(
      database.cachedStatement(sql: "SELECT json FROM identities WHERE hash = ?"), arguments: [hash])
    guard let stored else {
      return try database.execute(
        sql: "INSERT INTO identities (hash, json) VALUES (?, ?)", arguments: [hash, score.identityJSON])
    }
    guard stored == score.identityJSON else {
      throw StoreError.identityMismatch(hash: hash, stored: stored, given: score.identityJSON)
    }
  }

  private func update(_ id: Int64, _ score: ScoreRecord, _ database: Database) throws {
    try database.execute(
      sql: """
        UPDATE scores SET (\(ScoreEncoding.columns)) = (?, ?, ?, ?, ?, ?, ?) WHERE id = ?
        """, arguments: try ScoreEncoding.arguments(score) + [id])
  }

  /// A result that was put aside before is not put aside again.
  private func putAside(_ score: ScoreRecord, _ id: Int64, _ stored: ScoreRecord, _ database: Database) throws
  {
    let known = try Row.fetchAll(database, sql: "SELECT * FROM conflicts WHERE score_id = ?", arguments: [id])
    for row in known {
      let other = try ScoreEncoding.score(row, key: score.key, identityJSON: score.identityJSON, path: name)
      if ScoreComparison.compare(stored: other, given: score).0 == .unchanged { return }
    }
    try database.execute(
      sql: """
        INSERT INTO conflicts (\(ScoreEncoding.columns), score_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """, arguments: try ScoreEncoding.arguments(score) + [id])
  }
}

/// Whether two results for one key agree.
private enum ScoreComparison {
  /// What becomes of the given score, and the score to keep then.
  static func compare(stored: ScoreRecord, given: ScoreRecord) -> (Insertion, ScoreRecord) {
    guard stored.outcome.isReproducible else { return (.replaced, given) }
    guard given.outcome.isReproducible else { return (.unchanged, stored) }
    guard stored.outcome == given.outcome,
      stored.metrics.allSatisfy({ name, value in
        given.metrics[name].map {
          roundedToTenSignificantDigits($0) == roundedToTenSignificantDigits(value)
        } ?? true
      })
    else { return (.conflict, stored) }
    let metrics = stored.metrics.merging(given.metrics) { kept, _ in kept }
    let eigenvalues = stored.eigenvalues ?? given.eigenvalues
    guard metrics.count > stored.metrics.count || eigenvalues?.count != stored.eigenvalues?.count else {
      return (.unchanged, stored)
    }
    let merged = ScoreRecord(
      key: stored.key, identityJSON: stored.identityJSON, outcome: stored.outcome,
      message: stored.message ?? given.message, metrics: metrics, eigenvalues: eigenvalues,
      seconds: stored.seconds, engineVersion: stored.engineVersion, created: stored.created)
    return (.extended, merged)
  }
}

extension Array {
  fileprivate func chunked(by size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
