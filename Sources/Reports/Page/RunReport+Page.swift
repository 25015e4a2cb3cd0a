import ArchitecturePlugins
import Foundation
import ScoringMetrics

extension RunReport {
  /// One HTML file that needs nothing else: no network, no other file. Everything is in it, so that it grows by some
  /// hundred bytes for each candidate.
  package var page: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
    script-src 'unsafe-inline'">
    <title>\(HTMLText.escaped(ranking.space)): run \(facts.identifier)</title>
    <style>
    \(ReportStyle.text)
    </style>
    </head>
    <body>
    <main>
    \(pageSections.joined(separator: "\n"))
    </main>
    <script type="application/json" id="data">\(HTMLText.embedded(pageData))</script>
    <script>
    \(ReportScript.text)
    </script>
    </body>
    </html>

    """
  }

  private var pageSections: [String] {
    var parts = [pageHead]
    if !ranking.ranked.isEmpty { parts += [pageRanking, pagePlots] }
    if !importance.isEmpty { parts.append(pageImportance) }
    parts += [pageCorrelations, pageFailures, pageIdentity].compactMap { $0 }
    parts.append("<footer>Made by \(HTMLText.escaped(facts.program)).</footer>")
    return parts
  }

  /// What explains the ranking, as a part of another page that has the styles of this one.
  package var explanations: String {
    guard !ranking.ranked.isEmpty else { return [pageFailures, pageIdentity].compactMap { $0 }.joined() }
    let importance = importance.isEmpty ? nil : pageImportance
    return [pagePlots, importance, pageCorrelations, pageFailures, pageIdentity].compactMap { $0 }.joined(
      separator: "\n")
  }

  private func section(_ title: String, _ note: String, _ content: String, id: String? = nil) -> String {
    let anchor = id.map { " id=\"\($0)\"" } ?? ""
    let paragraph = note.isEmpty ? "" : "<p class=\"soft\">\(HTMLText.escaped(note))</p>\n"
    return "<section\(anchor)>\n<h2>\(HTMLText.escaped(title))</h2>\n\(paragraph)\(content)\n</section>"
  }

  // MARK: Head

  private var pageHead: String {
    let titles = ranking.rankingMetrics.compactMap { name in ranking.metrics.first { $0.name == name }?.title
    }
    let rule =
      ranking.isRankSum
      ? "Ranked by the sum of ranks by \(titles.joined(separator: ", "))"
      : "Ranked by \(ranking.scoreTitle), \(ranking.rankingMetric?.direction == .higherIsBetter ? "highest" : "lowest") first"
    var cards = [
      ("candidates", NumberText.grouped(ranking.ranked.count + ranking.failed.count)),
      ("best \(ranking.scoreTitle)", ranking.scoreText(of: ranking.ranked.first)),
      ("seeds", "\(ranking.seeds.count)"),
      ("without a rank", NumberText.grouped(ranking.failed.count)),
    ]
    if let first = importance.first {
      cards.append(("most explained by", "\(first.name)"))
    }
    let shown = cards.map {
      "<div><dt>\(HTMLText.escaped($0.0))</dt><dd>\(HTMLText.escaped($0.1))</dd></div>"
    }
    let warning =
      facts.status == "finished"
      ? ""
      : "<p class=\"warning\">The run is \(HTMLText.escaped(facts.status)): this is what it had found so far.</p>\n"
    return """
      <header>
      <h1>\(HTMLText.escaped(ranking.space))</h1>
      <p>\(HTMLText.escaped(rule)). <span class="soft">\(HTMLText.escaped(ranking.context))</span></p>
      <p class="soft">Run \(facts.identifier), \(HTMLText.escaped(facts.status)), begun \
      \(HTMLText.escaped(Self.date(facts.started))).</p>
      \(warning)<dl class="facts">\(shown.joined(separator: "\n"))</dl>
      </header>
      """
  }

  // MARK: Ranking

  /// Without its script the page shows so many candidates.
  private static let rowsWithoutScript = 20

  private var pageRanking: String {
    let columns = pageColumns
    let rows = ranking.ranked.prefix(Self.rowsWithoutScript).indices.map { row in columns.map { $0.show[row] }
    }
    let table = HTMLText.table(
      columns.map { .init($0.title, $0.values == nil ? .left : .right, importance: 0) }, rows)
    let tools = """
      <div class="tools" hidden data-script>
      <input type="search" id="search" placeholder="Find: relu 64" aria-label="Find candidates">
      <span id="status" role="status"></span>
      <span><button id="first" aria-label="First page">«</button> <button id="previous">Previous</button>
      <button id="next">Next</button> <button id="last" aria-label="Last page">»</button></span>
      </div>
      """
    let left = ranking.ranked.count - Self.rowsWithoutScript
    let more = left > 0 ? "<noscript><p>… and \(left) more.</p></noscript>" : ""
    return section(
      "Ranking",
      "A column's title sorts; a row shows its candidate below."
        + (ranking.seeds.count > 1 ? " Spread is one standard deviation over seeds, as a factor." : ""),
      tools + "\n<div id=\"ranking\">\(table)</div>\n\(more)\(chosenCandidate)")
  }

  private var chosenCandidate: String {
    guard let best = ranking.ranked.first else { return "" }
    let templates = spectra.compactMap { spectrum in
      spectrumPlot(spectrum).map {
        "<template id=\"spectrum-\(HTMLText.escaped(spectrum.id))\">\($0)</template>"
      }
    }
    let first = spectra.first { $0.id == best.id }.flatMap(spectrumPlot) ?? ""
    return """
      <div class="plots"><figure><figcaption>Spectrum of <span class="mono" id="chosen-name">\
      \(HTMLText.escaped(best.id))</span></figcaption>
      <p class="soft mono" id="chosen-choices">\(HTMLText.escaped(Self.listed(best.choices)))</p>
      <div id="spectrum">\(first)</div></figure>
      <figure><figcaption>\(ranking.seeds.count > 1 ? "Score by rank, and its spread over seeds" : "Score by rank")</figcaption>
      <p class="soft">\(HTMLText.escaped(spreadNote))</p>
      \(spreadPlot)</figure></div>
      \(templates.joined(separator: "\n"))
      """
  }

  private static func listed(_ choices: Choices) -> String {
    choices.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }

  /// One column of the table of candidates.
  private struct Column {
    let title: String
    let show: [String]
    /// What numbers are sorted by; nil for text.
    var values: [Double?]?
  }

  private var pageColumns: [Column] {
    let ranked = ranking.ranked
    var columns = [
      Column(
        title: "rank", show: ranked.map { ($0.isTied ? "=" : "") + "\($0.rank)" },
        values: ranked.map { Double($0.rank) }),
      Column(title: "id", show: ranked.map(\.id)),
    ]
    for name in ranking.varyingChoiceNames {
      let values = ranked.map { $0.choices[name] }
      let numbers = values.map { $0?.number }
      let areNumbers = zip(values, numbers).allSatisfy { $0 == nil || $1 != nil }
      columns.append(
        Column(
          title: name, show: values.map { $0?.description ?? NumberText.missing },
          values: areNumbers ? numbers : nil))
    }
    if ranking.isRankSum {
      columns.append(
        Column(
          title: "Σ ranks", show: ranked.map { $0.rankSum.map(String.init) ?? NumberText.missing },
          values: ranked.map { $0.rankSum.map(Double.init) }))
    }
    for metric in ranking.metrics {
      let values = ranked.map { $0.values[metric.name] }
      columns.append(
        Column(
          title: metric.title,
          show: ranked.map {
            RankingReport.cell($0.values[metric.name], of: metric, absence: $0.absences[metric.name])
          },
          values: values.map { $0?.value }))
      if metric.scale == .logarithmic, ranking.rankingMetrics.contains(metric.name), ranking.seeds.count > 1 {
        columns.append(
          Column(
            title: "spread",
            show: values.map { NumberText.factor(logStandardDeviation: $0?.logStandardDeviation) },
            values: values.map { $0?.logStandardDeviation }))
      }
    }
    let names = ranking.metrics.map(\.name)
    for (name, title, quantity) in [
      ("parameters", "parameters", \Cost.parameters), ("multiplyAdds", "multiply–adds", \Cost.multiplyAdds),
    ] where !names.contains(name) {
      let values = costs.map { Double($0[keyPath: quantity]) }
      columns.append(Column(title: title, show: values.map { NumberText.count($0) }, values: values))
    }
    if ranked.contains(where: { $0.seedsOk < ranking.seeds.count }) {
      columns.append(
        Column(
          title: "seeds", show: ranked.map { "\($0.seedsOk)/\(ranking.seeds.count)" },
          values: ranked.map { Double($0.seedsOk) }))
    }
    return columns
  }

  private var pageData: JSONValue {
    let columns = pageColumns.map { column in
      var members: [(String, JSONValue)] = [("show", .array(column.show.map(JSONValue.text)))]
      if let values = column.values {
        // Six digits order what four are shown of.
        members.append(
          (
            "value",
            .array(values.map { $0.map { .verbatim(NumberText.significant($0, digits: 6)) } ?? .null })
          ))
      }
      return JSONValue.object(members)
    }
    return .object([
      ("run", .integer(Int(facts.identifier))),
      ("ids", .array(ranking.ranked.map { .text($0.id) })),
      ("choices", .array(ranking.ranked.map { .text(Self.listed($0.choices)) })),
      ("columns", .array(columns)),
    ])
  }

  // MARK: Pictures

  private static let (plotWidth, plotHeight) = (420.0, 310.0)

  private func spectrumPlot(_ spectrum: Spectrum) -> String? {
    guard spectrum.seeds.contains(where: { $0 != nil }) else { return nil }
    let series = zip(ranking.seeds, spectrum.seeds).prefix(8).map { seed, values in
      LinePlot.Series(
        "seed \(seed)", (values ?? []).enumerated().map { PlotPoint(Double($0.offset + 1), $0.element) })
    }
    return LinePlot(
      title: "Eigenvalues of \(spectrum.id)", x: PlotAxis("place, from the largest", isTight: true),
      y: PlotAxis("eigenvalue", .logarithmic), series: series
    ).svg(width: Self.plotWidth, height: Self.plotHeight, within: "spectrum-\(spectrum.id)")
  }

  private var spreadMetric: MetricDescription? { ranking.rankingMetric ?? ranking.metrics.first }

  private var spreadNote: String {
    guard let metric = spreadMetric, metric.scale == .logarithmic, ranking.seeds.count > 1 else {
      return "\(spreadMetric?.title ?? "") of each candidate."
    }
    return
      "\(metric.title) of each candidate; the area is one standard deviation over \(ranking.seeds.count) seeds."
  }

  private var spreadPlot: String {
    guard let metric = spreadMetric else { return "" }
    // As many as a screen has columns.
    let count = ranking.ranked.count
    let step = max(1, count / 400)
    let points = stride(from: 0, to: count, by: step).compactMap { place in
      ranking.ranked[place].values[metric.name].map { (Double(place + 1), $0) }
    }
    let hasSpread = metric.scale == .logarithmic && ranking.seeds.count > 1
    func edge(_ sign: Double) -> [PlotPoint] {
      points.map { PlotPoint($0.0, $0.1.value * exp(sign * ($0.1.logStandardDeviation ?? 0))) }
    }
    return LinePlot(
      title: "\(metric.title) by rank", x: PlotAxis("rank", isTight: true),
      y: PlotAxis(metric.title, metric.scale == .logarithmic ? .logarithmic : .linear),
      bands: hasSpread ? [.init("", lower: edge(-1), upper: edge(1), color: 0)] : [],
      series: [.init("", points.map { PlotPoint($0.0, $0.1.value) }, color: 0)]
    ).svg(width: Self.plotWidth, height: Self.plotHeight, within: "spread")
  }

  private var pagePlots: String {
    let axis = PlotAxis(ranking.scoreTitle, ranking.isLogarithmic ? .logarithmic : .linear)
    func plot(_ name: String, _ cost: KeyPath<Cost, Int>, _ front: [Bool]) -> String {
      let points = ranking.ranked.indices.map { place in
        let candidate = ranking.ranked[place]
        let score = ranking.score(of: candidate)
        return ScatterPlot.Point(
          PlotPoint(Double(costs[place][keyPath: cost]), score ?? .nan),
          // Of the others no name is shown.
          name: front[place]
            ? "\(candidate.id): \(ranking.scoreTitle) \(ranking.scoreText(of: candidate)), "
              + "\(NumberText.count(Double(costs[place][keyPath: cost]))) \(name); \(Self.listed(candidate.choices))"
            : "",
          isMarked: front[place])
      }
      let picture = ScatterPlot(
        title: "\(ranking.scoreTitle) against \(name)", x: PlotAxis(name, .logarithmic), y: axis,
        points: points,
        names: (marked: "Pareto front", all: "all candidates")
      ).svg(width: Self.plotWidth, height: Self.plotHeight, isFigure: true)
      return
        "<figure><figcaption>\(HTMLText.escaped(ranking.scoreTitle)) against \(name)</figcaption>\(picture)</figure>"
    }
    return section(
      "What quality costs", "On the front are the candidates that no other beats in both respects.",
      "<div class=\"plots\">\(plot("parameters", \.parameters, fronts.parameters))"
        + "\(plot("multiply–adds", \.multiplyAdds, fronts.multiplyAdds))</div>")
  }

  // MARK: Explanations

  private var pageImportance: String {
    let rows = importance.map { choice in
      let share = choice.adjustedShare ?? choice.share
      return
        "<tr><td>\(HTMLText.escaped(choice.name))</td><td class=\"wide\"><span class=\"bar\" style=\"width: "
        + "\(SVGText.number(100 * share))%\"></span></td><td class=\"number\">\(Self.percent(choice.adjustedShare))</td>"
        + "<td class=\"number\">\(Self.percent(choice.share))</td></tr>"
    }
    let shares =
      "<div class=\"scroll\"><table><thead><tr><th>choice</th><th class=\"wide\"></th><th class=\"number\">ε²</th>"
      + "<th class=\"number\">η²</th></tr></thead><tbody>\(rows.joined(separator: "\n"))</tbody></table></div>\n"
    let groups = importance.map { choice in
      "<figure><h3>\(HTMLText.escaped(choice.name))</h3>"
        + HTMLText.table(
          [
            .init("value", .left, importance: 0), .init(ranking.scoreTitle, .right, importance: 0),
            .init("candidates", .right, importance: 0),
          ],
          choice.groups.prefix(Self.mostGroups).map { [$0.label, mean($0), NumberText.grouped($0.count)] })
        + (choice.groups.count > Self.mostGroups
          ? "<p class=\"soft\">… and \(choice.groups.count - Self.mostGroups) more values</p>" : "")
        + "</figure>"
    }
    return section(
      "What each choice explains", Self.importanceNote,
      shares
        + "<p class=\"soft\">\(HTMLText.escaped(groupNote))</p><div class=\"plots\">\(groups.joined())</div>")
  }

  private static let mostGroups = 16

  private var pageCorrelations: String? {
    let metrics = ranking.metrics
    guard metrics.count > 1, correlations.joined().contains(where: { $0 != nil }) else { return nil }
    let head = metrics.map { "<th class=\"number\">\(HTMLText.escaped($0.title))</th>" }.joined()
    let rows = metrics.indices.map { row in
      let cells = metrics.indices.map { column -> String in
        let found = correlations[row][column]
        let value = row < column ? found?.spearman : found?.kendall
        let color = (value ?? 0) < 0 ? "--series1" : "--series0"
        let strength = row == column ? 0 : Int((45 * abs(value ?? 0)).rounded())
        return
          "<td class=\"swatch\" style=\"background: color-mix(in srgb, var(\(color)) \(strength)%, transparent)\">"
          + "\(correlation(row, column))</td>"
      }
      return "<tr><th>\(HTMLText.escaped(metrics[row].title))</th>\(cells.joined())</tr>"
    }
    return section(
      "How metrics agree", Self.correlationNote,
      "<div class=\"scroll\"><table><thead><tr><th></th>\(head)</tr></thead><tbody>\(rows.joined(separator: "\n"))"
        + "</tbody></table></div>")
  }

  private static let mostFailures = 500

  private var pageFailures: String? {
    guard !ranking.failed.isEmpty else { return nil }
    let names = ranking.varyingChoiceNames
    let columns = ["id", "outcome", "choices", "reason"].map { TextTable.Column($0, .left, importance: 0) }
    let left = ranking.failed.count - Self.mostFailures
    return section(
      "Without a rank", "\(NumberText.counted(ranking.failed.count, "candidate")), and why.",
      HTMLText.table(
        columns,
        ranking.failed.prefix(Self.mostFailures).map {
          [$0.id, $0.outcome.rawValue, Self.listed($0.choices.filter { names.contains($0.key) }), $0.message]
        }, styles: "wrap outcomes")
        + (left > 0 ? "<p class=\"soft\">… and \(left) more; --format json lists all.</p>" : ""))
  }

  private var pageIdentity: String {
    let columns = ["setting", "value"].map { TextTable.Column($0, .left, importance: 0) }
    let metricColumns = ["metric", "meaning", "source"].map { TextTable.Column($0, .left, importance: 0) }
    return section(
      "How the scores were made",
      "Everything that decides a score beside the network. Equal settings give equal scores, bit for bit; they were made "
        + "by:",
      "<pre>\(HTMLText.escaped(facts.command))</pre>\n"
        + (facts.definition.map {
          "<details><summary>The search space, as it was</summary><pre>\(HTMLText.escaped($0))</pre></details>\n"
        } ?? "")
        + HTMLText.table(columns, settings.map { [$0.name, $0.value] }, styles: "wrap")
        + HTMLText.table(
          metricColumns, ranking.metrics.map { ["\($0.title) (\($0.name))", $0.explanation, $0.source] },
          styles: "wrap"))
  }
}
