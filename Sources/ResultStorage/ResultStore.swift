import Foundation
import GRDB
import Trainability

/// Scores that outlive the process: one SQLite file.
///
/// **Threads and processes.** A store may be used from any thread, and calls block until they are done.
/// Several processes may share the file: writers wait for each other, at most for the busy timeout; readers
/// never wait.
///
/// **Durability.** Every call that writes is one transaction. When it has returned, a crash or `kill -9` of
/// any process loses none of it. The log is not forced to the disk at each commit (write-ahead log with
/// `synchronous = NORMAL`): a power cut or a crash of the operating system may lose the last commits,
/// typically those of the last seconds and never one without those after it, and leaves the file consistent;
/// the next run recomputes what is missing. Forcing it would cost a disk flush for each score.
///
/// **Nothing is overwritten.** See `Insertion` for what happens to a score that the store has already.
public struct ResultStore: Sendable {
  /// The file as the user gave it; nil in memory.
  public let path: String?
  let writer: any DatabaseWriter
  let busyTimeout: Double

  /// Opens a store, creating the file or bringing an older one up to date. The folder has to exist.
  /// - Parameter busyTimeout: seconds to wait for another process's transaction.
  /// - Throws: `StoreError`; a file that is not a store, or is a newer version's, is left as it is.
  public static func open(_ path: String, busyTimeout: Double = 15) throws(StoreError) -> ResultStore {
    let deadline = Date().addingTimeInterval(busyTimeout)
    var attempts = 0
    while true {
      do {
        try StoreInspection.check(path)
        var configuration = storeConfiguration(busyTimeout)
        configuration.journalMode = .wal
        let pool = try DatabasePool(path: path, configuration: configuration)
        try StoreSchema.migrator.migrate(pool)
        return ResultStore(path: path, writer: pool, busyTimeout: busyTimeout)
      } catch {
        // Two processes that create one store get in each other's way: SQLite does not wait while the journal
        // mode changes, and the second finds the first one's tables. Looking again finds a finished store.
        let code = (error as? DatabaseError)?.resultCode
        attempts += 1
        let isCreation = code == .SQLITE_ERROR || code == .SQLITE_CONSTRAINT
        let mayPass = code == .SQLITE_BUSY || code == .SQLITE_LOCKED || (isCreation && attempts < 50)
        guard mayPass, Date() < deadline else {
          throw StoreError(error, path: path, busyTimeout: busyTimeout)
        }
        Thread.sleep(forTimeInterval: 0.02)
      }
    }
  }

  /// A store that ends with the process.
  public static func inMemory() throws(StoreError) -> ResultStore {
    do {
      let queue = try DatabaseQueue(configuration: storeConfiguration(0))
      try StoreSchema.migrator.migrate(queue)
      return ResultStore(path: nil, writer: queue, busyTimeout: 0)
    } catch {
      throw StoreError(error, path: "in memory", busyTimeout: 0)
    }
  }

  /// Merges the log into the file and closes it. Later calls throw. Closing is not needed for durability.
  public func close() throws(StoreError) {
    do { try writer.close() } catch { throw storeError(error) }
  }

  /// The path, for messages.
  var name: String { path ?? "in memory" }

  func storeError(_ error: any Error) -> StoreError {
    StoreError(error, path: name, busyTimeout: busyTimeout)
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    do { return try writer.read(body) } catch { throw storeError(error) }
  }

  /// For a single statement, which is consistent by itself: without the transaction of `read`.
  func readOnce<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    do { return try writer.unsafeRead(body) } catch { throw storeError(error) }
  }

  func write<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    do { return try writer.write(body) } catch { throw storeError(error) }
  }

  private static func storeConfiguration(_ busyTimeout: Double) -> Configuration {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(busyTimeout)
    configuration.label = "ntkscorer store"
    return configuration
  }
}

/// Looks at a file before anything in it is changed.
private enum StoreInspection {
  private static let magic = "SQLite format 3\0".utf8

  static func check(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    // SQLite takes a file of fewer bytes than its header for an empty database, and would write over it.
    let start = FileHandle(forReadingAtPath: path).flatMap { try? $0.read(upToCount: magic.count) } ?? Data()
    guard start.isEmpty || start == Data(magic) else {
      throw StoreError.notAStore(path: path, reason: "it is not an SQLite file")
    }
    var configuration = Configuration()
    configuration.busyMode = .timeout(1)
    // A queue leaves the journal mode alone, where a pool would turn any SQLite file into one with a log.
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? queue.close() }
    try queue.read { database in
      let identifier = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
      let tables = try String.fetchAll(
        database,
        sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'grdb_%' LIMIT 3")
      guard identifier == StoreSchema.applicationID || (identifier == 0 && tables.isEmpty) else {
        throw StoreError.notAStore(
          path: path,
          reason: "it is another program's database, with tables \(tables.joined(separator: ", "))")
      }
      let unknown = try StoreSchema.migrator.appliedIdentifiers(database)
        .subtracting(StoreSchema.migrator.migrations)
      guard unknown.isEmpty else {
        throw StoreError.newerVersion(path: path, unknownMigrations: unknown.sorted())
      }
    }
  }
}
