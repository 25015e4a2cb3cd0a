import CandidateRanking
import Foundation
import ScoringMetrics

extension RunReport {
  /// A part of the report as every format of text shows it.
  struct Section {
    let title: String
    /// What the table says, for who has not read the documents.
    let note: String
    let columns: [TextTable.Column]
    let rows: [[String]]
  }

  /// For a terminal: the ranking, then what explains it.
  ///
  /// - Parameters:
  ///   - width: columns of the terminal; nil for no limit.
  ///   - top: how many candidates are listed; nil for all.
  package func table(width: Int?, top: Int?, style: TerminalStyle = .init(isColored: false)) -> String {
    func wrapped(_ text: String) -> [String] {
      TextWidth.wrapped(text.withoutControlCharacters, to: width ?? .max)
    }
    var lines = wrapped(heading).map { style($0, .strong) }
    lines += wrapped(facts.command).map { style($0, .faint) }
    var text = lines.joined(separator: "\n") + "\n\n"
    text += ranking.table(width: width, top: top, style: style)
    for section in sections {
      var lines = ["", style(section.title, .strong)] + wrapped(section.note).map { style($0, .faint) }
      let table = TextTable(section.columns, rows: section.rows).rendered(width: width, style: style)
      lines += [""] + table.lines
      if !table.omitted.isEmpty {
        lines += wrapped("left out to fit \(width ?? 0) columns: \(table.omitted.joined(separator: ", "))")
          .map {
            style($0, .faint)
          }
      }
      text += lines.joined(separator: "\n") + "\n"
    }
    return text
  }

  /// The same as a Markdown document.
  package func markdown(top: Int?) -> String {
    var text = "# \(MarkdownText.cell(heading))\n\n\(MarkdownText.cell(facts.command))\n\n"
    text += ranking.markdown(top: top)
    for section in sections {
      text += "\n## \(MarkdownText.cell(section.title))\n\n\(MarkdownText.cell(section.note))\n\n"
      text += MarkdownText.table(section.columns, section.rows)
    }
    return text
  }

  var heading: String {
    "run \(facts.identifier) of \(ranking.space), \(facts.status), begun \(Self.date(facts.started))"
  }

  /// `2026-03-01 12:30 UTC`.
  static func date(_ date: Date) -> String {
    date.formatted(.iso8601).replacing("T", with: " ").dropLast(4) + " UTC"
  }

  var sections: [Section] {
    [importanceSection, groupSection, paretoSection, correlationSection, spectrumSection].compactMap { $0 }
      + [identitySection]
  }

  // MARK: Explanations

  static let importanceNote =
    "The share of the score's variance that one choice explains by itself (ε²; 0 for a choice without effect), and "
    + "without the correction for chance (η²). What is left is interaction of choices and seeds."

  /// What is averaged in a group.
  var groupNote: String {
    "\(ranking.isLogarithmic ? "Geometric mean" : "Mean") of \(ranking.scoreTitle) over the candidates that have "
      + "each value."
  }

  var paretoNote: String {
    "Candidates that no other beats in \(ranking.scoreTitle) and in cost. P: with parameters as the cost, M: with "
      + "multiply–adds."
  }

  static let correlationNote =
    "How far two metrics put the candidates in the same order: Spearman's ρ above the diagonal, Kendall's τ_b below; 1 is "
    + "the same order, −1 the reverse."

  // MARK: Tables

  private func right(_ title: String, _ importance: Int = 50) -> TextTable.Column {
    .init(title, .right, importance: importance)
  }

  private func left(_ title: String, isEssential: Bool = false) -> TextTable.Column {
    .init(title, .left, importance: isEssential ? 100 : 60, isEssential: isEssential)
  }

  private var importanceSection: Section? {
    guard !importance.isEmpty else { return nil }
    return Section(
      title: "What each choice explains", note: Self.importanceNote,
      columns: [left("choice", isEssential: true), right("ε²", 90), right("η²", 40), right("values", 30)],
      rows: importance.map {
        [$0.name, Self.percent($0.adjustedShare), Self.percent($0.share), "\($0.groups.count)"]
      })
  }

  private var groupSection: Section? {
    guard !importance.isEmpty else { return nil }
    return Section(
      title: "What each value gives", note: groupNote,
      columns: [
        left("choice", isEssential: true), left("value", isEssential: true), right(ranking.scoreTitle, 90),
        right("candidates", 30),
      ],
      rows: importance.flatMap { choice in
        choice.groups.map { [choice.name, $0.label, mean($0), "\($0.count)"] }
      })
  }

  /// On the score's own scale.
  func mean(_ group: ChoiceImportance.Group) -> String {
    NumberText.significant(ranking.isLogarithmic ? exp(group.mean) : group.mean)
  }

  static func percent(_ share: Double?) -> String {
    share.map { String(format: "%.1f %%", 100 * $0) } ?? NumberText.missing
  }

  /// Places in the ranking of those on a front.
  var frontPlaces: [Int] {
    ranking.ranked.indices.filter { fronts.parameters[$0] || fronts.multiplyAdds[$0] }
  }

  private var paretoSection: Section? {
    guard ranking.ranked.count > 1 else { return nil }
    return Section(
      title: "Pareto fronts", note: paretoNote,
      columns: [
        right("rank", 100), left("id", isEssential: true), right(ranking.scoreTitle, 90),
        right("parameters", 80),
        right("multiply–adds", 80), left("front"),
      ],
      rows: frontPlaces.map { place in
        let candidate = ranking.ranked[place]
        return [
          "\(candidate.rank)", candidate.id, ranking.scoreText(of: candidate),
          NumberText.count(Double(costs[place].parameters)),
          NumberText.count(Double(costs[place].multiplyAdds)),
          [fronts.parameters[place] ? "P" : "", fronts.multiplyAdds[place] ? "M" : ""].joined(),
        ]
      })
  }

  private var correlationSection: Section? {
    let metrics = ranking.metrics
    guard metrics.count > 1, correlations.joined().contains(where: { $0 != nil }) else { return nil }
    return Section(
      title: "How metrics agree", note: Self.correlationNote,
      columns: [left("", isEssential: true)] + metrics.map { right($0.title) },
      rows: metrics.indices.map { row in
        [metrics[row].title] + metrics.indices.map { correlation(row, $0) }
      })
  }

  /// ρ above the diagonal, τ_b below.
  func correlation(_ row: Int, _ column: Int) -> String {
    if row == column { return "1" }
    return Self.signed(
      (row < column ? correlations[row][column]?.spearman : correlations[row][column]?.kendall))
  }

  static func signed(_ value: Double?) -> String {
    guard let value else { return NumberText.missing }
    let text = String(format: "%.2f", abs(value))
    return value < 0 && text != "0.00" ? "−" + text : text
  }

  private var spectrumSection: Section? {
    guard let spectrum = spectra.first else { return nil }
    let longest = spectrum.seeds.compactMap { $0?.count }.max() ?? 0
    guard longest > 0 else { return nil }
    // At equal ratios: the first eigenvalues differ most.
    let places = Set((0..<12).map { Int(pow(Double(longest), Double($0) / 11).rounded()) - 1 }).sorted()
    return Section(
      title: "Spectrum of \(spectrum.id)",
      note: "Eigenvalues of the tangent kernel, from the largest, some of \(longest).",
      columns: [right("λ", 100)] + ranking.seeds.map { right("seed \($0)") },
      rows: places.map { place in
        ["\(place + 1)"]
          + spectrum.seeds.map { list in
            NumberText.significant(list.flatMap { place < $0.count ? $0[place] : nil })
          }
      })
  }

  private var identitySection: Section {
    Section(
      title: "How the scores were made",
      note:
        "Everything that decides a score beside the network; equal settings give equal scores, bit for bit.",
      columns: [left("setting", isEssential: true), left("value", isEssential: true)],
      rows: settings.map { [$0.name, $0.value] })
  }

  /// The identity, the seeds, and the versions of the metrics.
  var settings: [(name: String, value: String)] {
    ranking.identity.members.map { ($0.name, $0.value.plainText) }
      + [
        ("seeds", ranking.seeds.map(String.init).joined(separator: ", ")),
        ("metrics", ranking.metrics.map { "\($0.name) version \($0.version)" }.joined(separator: ", ")),
        ("reported by", facts.program),
      ]
  }
}
