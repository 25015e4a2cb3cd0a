import GRDB

/// The tables and how they came to be. A migration that was released is never changed; a later one follows
/// it.
enum StoreSchema {
  /// "NTKS": tells a store from other SQLite files.
  static let applicationID: Int64 = 0x4e54_4b53

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 first tables", foreignKeyChecks: .immediate) { database in
      try database.execute(sql: "PRAGMA application_id = \(applicationID)")
      try database.execute(sql: firstTables)
    }
    // No table changes. Earlier versions do not know these outcomes and would call a store that holds them damaged; so
    // they say that it is newer than they are.
    migrator.registerMigration("2 outcomes of metrics that do not apply") { _ in }
    migrator.registerMigration("3 what reports need", foreignKeyChecks: .immediate) { database in
      try database.execute(sql: reportColumns)
    }
    migrator.registerMigration("4 jobs", foreignKeyChecks: .immediate) { database in
      try database.execute(sql: jobTables)
    }
    migrator.registerMigration("5 cancelled jobs") { database in
      try database.execute(
        sql: "ALTER TABLE jobs ADD COLUMN cancel_requested INTEGER NOT NULL DEFAULT 0")
    }
    migrator.registerMigration("6 names of runs") { database in
      try database.execute(sql: runNames)
    }
    migrator.registerMigration("7 deaths of jobs") { database in
      try database.execute(sql: "ALTER TABLE jobs ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0")
    }
    return migrator
  }

  /// Null, or an empty identifier, where an earlier version wrote the row.
  private static let reportColumns = """
    ALTER TABLE runs ADD COLUMN description TEXT;
    ALTER TABLE candidates ADD COLUMN identifier TEXT NOT NULL DEFAULT '';
    ALTER TABLE candidates ADD COLUMN depth INTEGER;
    CREATE TABLE run_failures (
      run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      identifier TEXT NOT NULL,
      choices TEXT NOT NULL,
      message TEXT NOT NULL,
      PRIMARY KEY (run_id, choices)
    ) WITHOUT ROWID, STRICT;
    """

  /// Spaces of equal content share a row whatever they are called, so that a name belongs to a run.
  private static let runNames = """
    ALTER TABLE runs ADD COLUMN space_name TEXT;
    UPDATE runs SET space_name = coalesce(
      CASE WHEN json_valid(description) THEN json_extract(description, '$.space') END,
      (SELECT name FROM spaces WHERE spaces.id = runs.space_id));
    """

  /// What a daemon was given and asked for. `used` orders the texts of one name.
  private static let jobTables = """
    CREATE TABLE space_documents (
      content_hash TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      text TEXT NOT NULL,
      used INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX space_documents_by_name ON space_documents (name, used);
    CREATE TABLE jobs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      space_hash TEXT NOT NULL REFERENCES space_documents (content_hash),
      options TEXT NOT NULL,
      idempotency_key TEXT UNIQUE,
      request_hash TEXT NOT NULL,
      status TEXT NOT NULL,
      done INTEGER NOT NULL DEFAULT 0,
      total INTEGER,
      from_store INTEGER NOT NULL DEFAULT 0,
      failed INTEGER NOT NULL DEFAULT 0,
      run_id INTEGER REFERENCES runs (id) ON DELETE SET NULL,
      message TEXT,
      created TEXT NOT NULL,
      started TEXT,
      finished TEXT,
      revision INTEGER NOT NULL DEFAULT 1
    ) STRICT;
    CREATE INDEX jobs_by_status ON jobs (status, id);
    """

  /// Strict, so that a value of another type cannot get in. Seeds are unsigned; SQLite holds their bit
  /// pattern, so those from 2⁶³ on look negative. Times are UTC.
  private static let firstTables = """
    CREATE TABLE spaces (
      id INTEGER PRIMARY KEY,
      content_hash TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      definition TEXT NOT NULL
    ) STRICT;
    CREATE TABLE candidates (
      id INTEGER PRIMARY KEY,
      network_hash TEXT NOT NULL,
      family TEXT NOT NULL,
      choices TEXT NOT NULL,
      parameters INTEGER NOT NULL,
      multiply_adds INTEGER NOT NULL,
      UNIQUE (network_hash, family, choices)
    ) STRICT;
    CREATE TABLE runs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      space_id INTEGER REFERENCES spaces (id),
      settings TEXT NOT NULL,
      command TEXT NOT NULL,
      started TEXT NOT NULL,
      finished TEXT,
      status TEXT NOT NULL
    ) STRICT;
    CREATE INDEX runs_by_space ON runs (space_id);
    CREATE TABLE run_candidates (
      run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      candidate_id INTEGER NOT NULL REFERENCES candidates (id),
      PRIMARY KEY (run_id, candidate_id)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX run_candidates_by_candidate ON run_candidates (candidate_id);
    CREATE TABLE identities (
      hash TEXT PRIMARY KEY NOT NULL,
      json TEXT NOT NULL
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE scores (
      id INTEGER PRIMARY KEY,
      network_hash TEXT NOT NULL,
      identity_hash TEXT NOT NULL REFERENCES identities (hash),
      seed INTEGER NOT NULL,
      outcome TEXT NOT NULL,
      message TEXT,
      metrics TEXT NOT NULL,
      eigenvalues BLOB,
      seconds REAL NOT NULL,
      engine_version TEXT NOT NULL,
      created TEXT NOT NULL,
      UNIQUE (network_hash, identity_hash, seed)
    ) STRICT;
    CREATE INDEX scores_by_identity ON scores (identity_hash);
    CREATE TABLE conflicts (
      id INTEGER PRIMARY KEY,
      score_id INTEGER NOT NULL REFERENCES scores (id) ON DELETE CASCADE,
      outcome TEXT NOT NULL,
      message TEXT,
      metrics TEXT NOT NULL,
      eigenvalues BLOB,
      seconds REAL NOT NULL,
      engine_version TEXT NOT NULL,
      created TEXT NOT NULL
    ) STRICT;
    CREATE INDEX conflicts_by_score ON conflicts (score_id);
    """
}
