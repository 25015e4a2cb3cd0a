import Foundation
import Reports
import ResultStorage
import Trainability

/// What `store list` prints.
struct StoreListing {
  let path: String
  let statistics: StoreStatistics
  let runs: [RunRecord]
  let conflicts: [ScoreConflict]

  func text(as format: OutputFormat) -> String {
    switch format {
    case .json: json
    case .csv: CSVText.record(columns.map(\.title)) + rows.map(CSVText.record).joined()
    case .markdown: MarkdownText.table(columns, rows)
    case .table: table
    }
  }

  private var table: String {
    let width = Terminal.outputWidth
    let outcomes = Outcome.allCases.compactMap { outcome in
      statistics.scoresByOutcome[outcome].map { "\($0) \(outcome.rawValue)" }
    }
    let scores = NumberText.counted(statistics.scores, "score")
    let summary =
      "\(path): \(scores)\(outcomes.isEmpty ? "" : " (\(outcomes.joined(separator: ", ")))"), "
      + "\(NumberText.counted(statistics.candidates, "candidate")), "
      + "\(NumberText.counted(statistics.conflicts, "conflict")), \(NumberText.bytes(statistics.bytes))"
    var lines = TextWidth.wrapped(summary, to: width ?? .max)
    if !runs.isEmpty {
      lines += [""] + TextTable(columns, rows: rows).rendered(width: width, style: Terminal.outputStyle).lines
    }
    lines += conflictLines(width)
    return lines.joined(separator: "\n") + "\n"
  }

  /// More of them say no more; `--format json` lists all.
  private static let shownConflicts = 10

  private func conflictLines(_ width: Int?) -> [String] {
    guard !conflicts.isEmpty else { return [] }
    let style = Terminal.outputStyle
    var lines = ["", style("Scores that disagree; the first of each pair is used:", .warning)]
    for conflict in conflicts.prefix(Self.shownConflicts) {
      let (key, kept, other) = (conflict.kept.key, conflict.kept, conflict.other)
      lines += TextWidth.wrapped(
        "network \(key.networkHash.prefix(12)), seed \(key.seed), identity \(key.identityHash.prefix(12)): "
          + Self.differences(kept, other).joined(separator: "; ")
          + "; stored \(kept.created.formatted(.iso8601)), then \(other.created.formatted(.iso8601))",
        to: max(20, (width ?? .max) - 2)
      ).map { "  " + $0 }
    }
    if conflicts.count > Self.shownConflicts {
      lines.append("  … and \(conflicts.count - Self.shownConflicts) more; --format json lists all")
    }
    return lines
  }

  private static func differences(_ kept: ScoreRecord, _ other: ScoreRecord) -> [String] {
    guard kept.outcome == other.outcome else {
      return ["outcome \(kept.outcome.rawValue) and \(other.outcome.rawValue)"]
    }
    return kept.metrics.keys.sorted().compactMap { name in
      guard let first = kept.metrics[name], let second = other.metrics[name],
        roundedToTenSignificantDigits(first) != roundedToTenSignificantDigits(second)
      else { return nil }
      return "\(name) \(first) and \(second)"
    }
  }

  private var columns: [TextTable.Column] {
    [
      .init("run", .right, importance: 100, isEssential: true),
      .init("started", .left, importance: 60),
      .init("status", .left, importance: 90, isEssential: true),
      .init("candidates", .right, importance: 70),
      .init("space", .left, importance: 80, shortestCell: 8),
      .init("command", .left, importance: 50, shortestCell: 20),
    ]
  }

  private var rows: [[String]] {
    runs.map { run in
      [
        "\(run.id)", run.started.formatted(.iso8601), run.status.rawValue, "\(run.candidateCount)",
        run.spaceName ?? NumberText.missing, run.command,
      ]
    }
  }

  private var json: String {
    let runs = runs.map { run in
      JSONValue.object([
        ("id", .integer(Int(run.id))),
        ("space", run.spaceName.map(JSONValue.text) ?? .null),
        ("started", .text(run.started.formatted(.iso8601))),
        ("finished", run.finished.map { .text($0.formatted(.iso8601)) } ?? .null),
        ("status", .text(run.status.rawValue)),
        ("candidates", .integer(run.candidateCount)),
        ("command", .text(run.command)),
      ])
    }
    let outcomes = Outcome.allCases.compactMap { outcome in
      statistics.scoresByOutcome[outcome].map { (outcome.rawValue, JSONValue.integer($0)) }
    }
    return JSONValue.object([
      ("path", .text(path)),
      ("scores", .integer(statistics.scores)),
      ("scoresByOutcome", .object(outcomes)),
      ("candidates", .integer(statistics.candidates)),
      ("conflicts", .integer(statistics.conflicts)),
      ("bytes", .integer(statistics.bytes)),
      ("runs", .array(runs)),
      ("disagreements", .array(conflicts.map(Self.json))),
    ]).indented + "\n"
  }
}

extension StoreListing {
  private static func json(_ conflict: ScoreConflict) -> JSONValue {
    func side(_ score: ScoreRecord) -> JSONValue {
      .object([
        ("outcome", .text(score.outcome.rawValue)),
        ("metrics", .object(score.metrics.sorted { $0.key < $1.key }.map { ($0.key, .number($0.value)) })),
        ("engineVersion", .text(score.engineVersion)), ("created", .text(score.created.formatted(.iso8601))),
      ])
    }
    return .object([
      ("networkHash", .text(conflict.kept.key.networkHash)), ("seed", .unsigned(conflict.kept.key.seed)),
      ("identityHash", .text(conflict.kept.key.identityHash)), ("kept", side(conflict.kept)),
      ("other", side(conflict.other)),
    ])
  }
}

/// Every score of a store, written while it is read.
struct StoreExport {
  let store: ResultStore

  func writeJSONLines() throws {
    try store.forEachScore { score in
      let line = JSONValue.object([
        ("networkHash", .text(score.key.networkHash)),
        ("seed", .unsigned(score.key.seed)),
        ("outcome", .text(score.outcome.rawValue)),
        ("message", score.message.map(JSONValue.text) ?? .null),
        (
          "metrics",
          .object(score.metrics.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.number($0.value)) })
        ),
        ("eigenvalues", score.eigenvalues.map { .array($0.map(JSONValue.number)) } ?? .null),
        ("seconds", .number(score.seconds)),
        ("engineVersion", .text(score.engineVersion)),
        ("created", .text(score.created.formatted(.iso8601))),
        ("identityHash", .text(score.key.identityHash)),
        ("identity", .verbatim(score.identityJSON)),
      ])
      try StandardOutput.shared.append(line.compact + "\n")
    }
  }

  func writeCSV() throws {
    // The header needs the names of all metrics, so the scores are read twice.
    var found: Set<String> = []
    try store.forEachScore { found.formUnion($0.metrics.keys) }
    let names = found.sorted()
    try StandardOutput.shared.append(
      CSVText.record(
        ["networkHash", "seed", "outcome"] + names
          + ["message", "seconds", "engineVersion", "created", "identityHash", "identity"]))
    try store.forEachScore { score in
      let values = names.map { name in score.metrics[name].map { "\($0)" } ?? "" }
      let record =
        [score.key.networkHash, "\(score.key.seed)", score.outcome.rawValue] + values
        + [
          score.message ?? "", "\(score.seconds)", score.engineVersion, score.created.formatted(.iso8601),
          score.key.identityHash, score.identityJSON,
        ]
      try StandardOutput.shared.append(CSVText.record(record))
    }
  }
}
