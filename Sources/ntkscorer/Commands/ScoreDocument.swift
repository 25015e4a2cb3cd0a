import ArchitecturePlugins
import ArchitectureScorer
import Reports
import ScoringMetrics
import Trainability

/// What `score` prints.
struct ScoreDocument {
  let result: ScoreResult

  init(_ result: ScoreResult) { self.result = result }

  func text(as format: OutputFormat) -> String {
    switch format {
    case .json: json
    case .csv: CSVText.record(columns.map(\.title)) + rows(full: true).map(CSVText.record).joined()
    case .markdown: MarkdownText.table(columns, rows(full: false))
    case .table: table
    }
  }

  private var table: String {
    let candidate = result.candidate
    let style = Terminal.outputStyle
    let width = Terminal.outputWidth
    let lines = TextTable(columns, rows: rows(full: false)).rendered(width: width, style: style).lines
    var text = style(TextWidth.shortened(heading, to: width ?? .max), .strong) + "\n\n"
    text += lines.joined(separator: "\n") + "\n"
    let reasons =
      (candidate.outcome == .ok ? [] : ["\(candidate.outcome.rawValue): \(candidate.message ?? "")"])
      + inapplicabilities
    for reason in reasons {
      text += "\n" + TextWidth.wrapped(reason, to: width ?? .max).joined(separator: "\n") + "\n"
    }
    return text
  }

  /// Which metrics do not apply, and why: one line for each reason.
  private var inapplicabilities: [String] {
    var reasons: [(text: String, titles: [String])] = []
    for metric in result.metrics {
      guard let absence = absence(of: metric), absence.outcome.isInapplicable else { continue }
      let text = "\(absence.outcome.rawValue): \(absence.message)"
      if let index = reasons.firstIndex(where: { $0.text == text }) {
        reasons[index].titles.append(metric.title)
      } else {
        reasons.append((text, [metric.title]))
      }
    }
    return reasons.map {
      "\(NumberText.inapplicable) (\($0.titles.joined(separator: ", "))): \($0.text)"
    }
  }

  private func absence(of metric: MetricDescription) -> RankingReport.Absence? {
    result.candidate.metrics[metric.name].flatMap(RankingReport.Absence.init)
  }

  private var heading: String {
    let choices = result.candidate.choices.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return ([result.candidate.id] + choices).joined(separator: ", ")
  }

  private var columns: [TextTable.Column] {
    [
      .init("metric", .left, importance: 100, isEssential: true),
      .init("value", .right, importance: 100, isEssential: true),
      .init("spread", .right, importance: 50),
    ]
      + result.seeds.enumerated().map { .init("seed \($1)", .right, importance: 40 - min(39, $0)) }
  }

  /// - Parameter full: every digit, and names as in JSON; else for reading.
  private func rows(full: Bool) -> [[String]] {
    result.metrics.map { metric in
      let summary = result.candidate.metrics[metric.name]
      func shown(_ value: Double?) -> String {
        guard full else {
          return RankingReport.cell(
            value.map { .init(value: $0, logMean: nil, logStandardDeviation: nil, seedsOk: 1) }, of: metric,
            absence: absence(of: metric))
        }
        return value.map { "\($0)" } ?? ""
      }
      let spread =
        full
        ? summary?.logStandardDeviation.map { "\($0)" } ?? ""
        : NumberText.factor(logStandardDeviation: summary?.logStandardDeviation)
      return [full ? metric.name : metric.title, shown(summary?.value), spread]
        + result.seeds.indices.map { place in
          let values = summary?.perSeed ?? []
          return shown(place < values.count ? values[place] : nil)
        }
    }
  }

  private var json: String {
    let candidate = result.candidate
    return JSONValue.object([
      ("id", .text(candidate.id)),
      ("choices", .verbatim(candidate.choices.canonicalJSON)),
      ("networkHash", candidate.networkHash.map(JSONValue.text) ?? .null),
      ("identity", .verbatim(result.identity.canonicalJSON)),
      ("seeds", .array(result.seeds.map(JSONValue.unsigned))),
      ("outcome", .text(candidate.outcome.rawValue)),
      ("message", candidate.message.map(JSONValue.text) ?? .null),
      ("metrics", JSONValue(candidate.metrics, result.metrics)),
      (
        "eigenvalues", .array(result.eigenvalues.map { $0.map { .array($0.map(JSONValue.number)) } ?? .null })
      ),
    ]).indented + "\n"
  }
}
