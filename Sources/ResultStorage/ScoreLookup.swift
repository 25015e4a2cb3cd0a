import GRDB

/// A question that is put to a store for one network after the other: its scores under some identities and seeds.
public struct ScoreLookup: Sendable {
  /// `ScoreRecord.identityJSON` by its hash.
  let identities: [String: String]
  let seeds: [UInt64]
  private let sql: String
  /// All but the first, which is the network's hash.
  private let arguments: StatementArguments
  /// A statement takes so many values.
  private static let mostArguments = 100

  /// - Parameter identities: `ScoreRecord.identityJSON` by its hash.
  public init(identities: [String: String], seeds: [UInt64]) {
    func places(_ count: Int) -> String { Array(repeating: "?", count: count).joined(separator: ",") }
    self.identities = identities
    self.seeds = seeds
    sql = """
      SELECT * FROM scores
      WHERE network_hash = ? AND identity_hash IN (\(places(identities.count)))
        AND seed IN (\(places(seeds.count)))
      """
    arguments =
      StatementArguments(identities.keys) + StatementArguments(seeds.map { Int64(bitPattern: $0) })
  }

  var isOneStatement: Bool { identities.count + seeds.count < Self.mostArguments }

  /// The rows that are there, by one prepared statement.
  func rows(ofNetwork hash: String, _ database: Database) throws -> RowCursor {
    let first: StatementArguments = [hash]
    return try Row.fetchCursor(try database.cachedStatement(sql: sql), arguments: first + arguments)
  }
}

/// What can be asked for stored scores: a store, or a connection of its own to one.
public protocol ScoreSource: Sendable {
  /// The scores that are there for one network, by key; absent ones are absent.
  ///
  /// - Throws: `StoreError`.
  func scores(networkHash: String, _ lookup: ScoreLookup) throws(StoreError) -> [ScoreKey: ScoreRecord]
}

extension ResultStore: ScoreSource {
  /// The scores that are there for one network, by key; absent ones are absent.
  ///
  /// - Throws: `StoreError`, `.corrupt` among them for a row that holds no valid score.
  public func scores(
    networkHash: String, _ lookup: ScoreLookup
  ) throws(StoreError) -> [ScoreKey: ScoreRecord] {
    guard lookup.isOneStatement else {
      var found: [ScoreKey: ScoreRecord] = [:]
      for hash in lookup.identities.keys {
        found.merge(try scores(networkHashes: [networkHash], identityHash: hash, seeds: lookup.seeds)) { $1 }
      }
      return found
    }
    return try readOnce { database in try self.scores(networkHash, lookup, database) }
  }

  func scores(
    _ networkHash: String, _ lookup: ScoreLookup, _ database: Database
  ) throws -> [ScoreKey: ScoreRecord] {
    let rows = try lookup.rows(ofNetwork: networkHash, database)
    var found: [ScoreKey: ScoreRecord] = [:]
    while let row = try rows.next() {
      let hash = try row.stored(String.self, "identity_hash", in: name)
      let score = try score(row, identityJSON: lookup.identities[hash] ?? "")
      found[score.key] = score
    }
    return found
  }
}
