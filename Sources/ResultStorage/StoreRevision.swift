import GRDB

/// Tells whether a store has changed, whoever changed it: this process or another.
///
/// It looks through a connection of its own, which SQLite tells of every other connection's commits
/// (`PRAGMA data_version`). A look takes a few microseconds.
public final class StoreRevision: Sendable {
  private let store: ResultStore
  private let connection: (any DatabaseReader)?

  /// - Throws: `StoreError` when the store's file cannot be opened once more.
  public init(of store: ResultStore) throws(StoreError) {
    self.store = store
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(store.busyTimeout)
    configuration.label = "ntkscorer store revision"
    do {
      connection = try store.path.map { try DatabaseQueue(path: $0, configuration: configuration) }
    } catch { throw store.storeError(error) }
  }

  /// Another number whenever something was committed since the last look. What was read from the store after a look is
  /// still right while the number stays.
  public func current() throws(StoreError) -> Int64 {
    guard let connection else {
      // A store in memory has one connection, which counts its own changes.
      return try store.readOnce { Int64($0.totalChangesCount) }
    }
    do {
      return try connection.unsafeRead { database in
        try Int64.fetchOne(database.cachedStatement(sql: "PRAGMA data_version")) ?? 0
      }
    } catch { throw store.storeError(error) }
  }
}
