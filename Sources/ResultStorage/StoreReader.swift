import GRDB

/// Puts short questions to a store through a connection of its own, so that they wait for nobody who reads at length. Also
/// tells whether the store has changed, whoever changed it: this process or another (`PRAGMA data_version`).
///
/// An answer takes tens of microseconds, a look at the revision a few.
public final class StoreReader: ScoreSource {
  private let store: ResultStore
  private let connection: (any DatabaseReader)?

  /// - Throws: `StoreError` when the store's file cannot be opened once more.
  public init(of store: ResultStore) throws(StoreError) {
    self.store = store
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(store.busyTimeout)
    configuration.label = "ntkscorer store reader"
    do {
      connection = try store.path.map { try DatabaseQueue(path: $0, configuration: configuration) }
    } catch { throw store.storeError(error) }
  }

  /// Another number whenever something was committed since the last look. What was read from the store after a look is
  /// still right while the number stays.
  public func revision() throws(StoreError) -> Int64 {
    // A store in memory has one connection, which counts its own changes.
    guard connection != nil else { return try store.readOnce { Int64($0.totalChangesCount) } }
    return try readOnce { database in
      try Int64.fetchOne(database.cachedStatement(sql: "PRAGMA data_version")) ?? 0
    }
  }

  /// The scores that are there for one network, by key; absent ones are absent. What takes more than one statement goes
  /// through the store.
  ///
  /// - Throws: `StoreError`.
  public func scores(
    networkHash: String, _ lookup: ScoreLookup
  ) throws(StoreError) -> [ScoreKey: ScoreRecord] {
    guard lookup.isOneStatement else { return try store.scores(networkHash: networkHash, lookup) }
    return try readOnce { database in try self.store.scores(networkHash, lookup, database) }
  }

  /// `ResultStore.spaceDocumentHash(_:)`.
  public func spaceDocumentHash(_ nameOrHash: String) throws(StoreError) -> String? {
    try readOnce { database in try self.store.spaceDocumentHash(nameOrHash, database) }
  }

  private func readOnce<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    guard let connection else { return try store.readOnce(body) }
    do { return try connection.unsafeRead(body) } catch { throw store.storeError(error) }
  }
}
