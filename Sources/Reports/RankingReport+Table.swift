import ArchitecturePlugins
import ScoringMetrics
import YAMLDocuments

extension RankingReport {
  /// The ranking for a terminal: a heading, the table, what there is to say about it, and the failures.
  ///
  /// - Parameters:
  ///   - width: columns of the terminal; nil for no limit.
  ///   - top: how many candidates are listed; nil for all.
  package func table(width: Int?, top: Int? = nil, style: TerminalStyle = .init(isColored: false)) -> String {
    var lines = wrapped(heading, width).map { style($0, .strong) }
    if !context.isEmpty { lines += wrapped(context, width).map { style($0, .faint) } }
    var notes: [String] = []
    let shown = ranked.prefix(top ?? .max)
    if !shown.isEmpty {
      let table = TextTable(columns, rows: shown.map(cells)).rendered(width: width, style: style)
      lines += [""] + table.lines
      notes = self.notes(shown: shown.count)
      if !table.omitted.isEmpty {
        notes.append("left out to fit \(width ?? 0) columns: \(table.omitted.joined(separator: ", "))")
      }
    }
    if !notes.isEmpty { lines += [""] + notes.flatMap { wrapped($0, width) }.map { style($0, .faint) } }
    lines += failures(width: width, style: style)
    return lines.joined(separator: "\n") + "\n"
  }

  /// The same as a Markdown document.
  package func markdown(top: Int? = nil) -> String {
    var text = "## \(MarkdownText.cell(heading))\n\n"
    if !context.isEmpty { text += MarkdownText.cell(context) + "\n\n" }
    let shown = ranked.prefix(top ?? .max)
    if !shown.isEmpty {
      text += MarkdownText.table(columns, shown.map(cells)) + "\n"
      text += notes(shown: shown.count).map { "- \(MarkdownText.cell($0))\n" }.joined()
    }
    guard !failed.isEmpty else { return text }
    let what = failed.contains { !$0.outcome.isInapplicable } ? "failed" : "without a rank"
    text += "\n### \(NumberText.counted(failed.count, "candidate")) \(what)\n\n"
    let columns = ["id", "outcome", "choices", "message"].map { TextTable.Column($0, .left, importance: 0) }
    return text
      + MarkdownText.table(
        columns, failed.map { [$0.id, $0.outcome.rawValue, Self.listed($0.choices), $0.message] })
  }

  private var heading: String {
    let titles = rankingMetrics.compactMap { name in metrics.first { $0.name == name } }
    let rule =
      isRankSum
      ? "the sum of ranks by " + titles.map(\.title).joined(separator: ", ")
      : titles.map { "\($0.title), \($0.direction == .lowerIsBetter ? "lowest" : "highest") first" }.joined()
    return "\(space): \(NumberText.counted(ranked.count, "candidate")) ranked by \(rule)"
  }

  private var hasPartialSeeds: Bool { ranked.contains { $0.seedsOk < seeds.count } }
  private var headline: MetricDescription? { metrics.first }
  private var hasSpread: Bool { headline?.scale == .logarithmic && seeds.count > 1 }

  private var columns: [TextTable.Column] {
    var columns = [
      TextTable.Column("rank", .right, importance: 100, isEssential: true),
      TextTable.Column("id", .left, importance: 50),
    ]
    for name in varyingChoiceNames {
      let areNumbers = ranked.allSatisfy { $0.choices[name]?.isNumber ?? true }
      columns.append(
        .init(name, areNumbers ? .right : .left, importance: 70, shortestCell: areNumbers ? nil : 8))
    }
    if isRankSum { columns.append(.init("Σ ranks", .right, importance: 90)) }
    for (place, metric) in metrics.enumerated() {
      let decides = rankingMetrics.contains(metric.name)
      columns.append(
        .init(
          metric.title, .right, importance: decides ? 80 : metric.scale == .linear ? 20 : 30,
          isEssential: place == 0))
      if place == 0, hasSpread { columns.append(.init("spread", .right, importance: 40)) }
    }
    if hasPartialSeeds { columns.append(.init("seeds", .right, importance: 60)) }
    return columns
  }

  private func cells(_ entry: Ranked) -> [String] {
    var cells = [entry.isTied ? "=\(entry.rank)" : "\(entry.rank)", entry.id]
    cells += varyingChoiceNames.map { entry.choices[$0]?.description ?? NumberText.missing }
    if isRankSum { cells.append(entry.rankSum.map(String.init) ?? NumberText.missing) }
    for (place, metric) in metrics.enumerated() {
      let value = entry.values[metric.name]
      cells.append(Self.cell(value, of: metric, absence: entry.absences[metric.name]))
      if place == 0, hasSpread {
        cells.append(NumberText.factor(logStandardDeviation: value?.logStandardDeviation))
      }
    }
    if hasPartialSeeds { cells.append("\(entry.seedsOk)/\(seeds.count)") }
    return cells
  }

  private func notes(shown: Int) -> [String] {
    var notes: [String] = []
    if shown < ranked.count { notes.append("the best \(shown) of \(ranked.count) are shown") }
    if let headline { notes.append("\(headline.title): \(headline.explanation)") }
    if hasSpread, let headline {
      notes.append(
        "spread: one standard deviation of \(headline.title) over \(seeds.count) seeds, as a factor"
      )
    }
    let tied = ranked.count { $0.isTied }
    if tied > 0 {
      notes.append(
        "=: \(tied) candidates are tied, equal \(isRankSum ? "in their sums" : "to ten digits"); "
          + "ties share the smaller rank and are listed by network hash"
      )
    }
    notes += inapplicabilities
    let partial = ranked.count { $0.seedsOk < seeds.count }
    if partial > 0 {
      notes.append(
        "seeds: \(NumberText.counted(partial, "candidate")) failed under some seeds and "
          + "\(partial == 1 ? "stands" : "stand") after all whole ones"
      )
    }
    return notes
  }

  /// Which metrics do not apply to ranked candidates, and why: a line for each reason, whichever node it names.
  private var inapplicabilities: [String] {
    var groups: [(titles: [String], candidates: Int, absence: Absence)] = []
    for metric in metrics {
      let absences = ranked.compactMap { $0.absences[metric.name] }.filter(\.outcome.isInapplicable)
      guard let first = absences.first else { continue }
      if let index = groups.firstIndex(where: { $0.absence == first && $0.candidates == absences.count }) {
        groups[index].titles.append(metric.title)
      } else {
        groups.append(([metric.title], absences.count, first))
      }
    }
    return groups.map { group in
      "\(NumberText.inapplicable): \(group.titles.joined(separator: ", ")) of "
        + "\(NumberText.counted(group.candidates, "candidate")): \(group.absence.outcome.rawValue): "
        + (group.candidates > 1 ? "for one, " : "") + group.absence.message
    }
  }

  /// More than these would bury the table; the other formats list all.
  private static let shownFailures = 10

  private func failures(width: Int?, style: TerminalStyle) -> [String] {
    let inapplicable = failed.filter(\.outcome.isInapplicable)
    return listed(failed.filter { !$0.outcome.isInapplicable }, "failed", width: width, style: style)
      + listed(inapplicable, "without a rank, since a metric does not apply", width: width, style: style)
  }

  private func listed(_ failed: [Failed], _ what: String, width: Int?, style: TerminalStyle) -> [String] {
    guard !failed.isEmpty else { return [] }
    var lines = ["", style("\(NumberText.counted(failed.count, "candidate")) \(what):", .warning)]
    let names = varyingChoiceNames
    for entry in failed.prefix(Self.shownFailures) {
      let choices = Self.listed(entry.choices.filter { names.contains($0.key) })
      let line =
        "  \(entry.id)  \(entry.outcome.rawValue)  \(choices.isEmpty ? "" : "\(choices): ")\(entry.message)"
      lines.append(
        TextWidth.shortened(line.withoutControlCharacters.replacing("\t", with: " "), to: width ?? .max))
    }
    if failed.count > Self.shownFailures {
      lines += wrapped("… and \(failed.count - Self.shownFailures) more; --format json lists all", width)
    }
    return lines
  }

  /// `depth 4, width 64`.
  private static func listed(_ choices: Choices) -> String {
    choices.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }

  private func wrapped(_ text: String, _ width: Int?) -> [String] {
    TextWidth.wrapped(text.withoutControlCharacters, to: width ?? .max)
  }
}

extension ParameterValue {
  fileprivate var isNumber: Bool {
    switch self {
    case .integer, .real: true
    case .boolean, .text, .list: false
    }
  }
}
