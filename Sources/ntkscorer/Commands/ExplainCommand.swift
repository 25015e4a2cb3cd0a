import ArgumentParser
import Reports
import ScoringMetrics
import YAMLDocuments

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract:
      "Explain a metric: definition, formula, source, which end is better, what it needs and is good for.",
    discussion: """
      EXAMPLES
        ntkscorer explain condition_number
        ntkscorer explain effective_rank --format markdown
      """)

  @Argument(
    help: "A metric, as `metrics list` and search spaces name it.",
    completion: .list(MetricRegistry.standard.metrics.map(\.description.snakeCaseName)))
  var metric: String

  @OptionGroup var format: FormatOptions
  @OptionGroup(title: "Plugins") var plugins: PluginOptions
  @OptionGroup var logging: LoggingOptions

  func run() throws {
    let description = try plugins.scorer(logging).metrics.metric(named: metric).description
    let entries = Self.entries(description)
    let text =
      switch format.format {
      case .table: Self.page(description, entries)
      case .markdown:
        "### `\(description.snakeCaseName)` — \(description.title)\n\n"
          + entries.map { "- **\($0.name)**: \(MarkdownText.cell($0.text))\n" }.joined()
      case .csv:
        CSVText.record(["quantity", "value"]) + entries.map { CSVText.record([$0.name, $0.text]) }.joined()
      case .json:
        JSONValue.object(
          [("name", .text(description.name)), ("title", .text(description.title))]
            + entries.map { ($0.name, .text($0.text)) }
        ).indented + "\n"
      }
    try StandardOutput.shared.append(text)
  }

  private typealias Entry = (name: String, text: String)

  private static func entries(_ metric: MetricDescription) -> [Entry] {
    let end = metric.direction == .lowerIsBetter ? "the lowest first" : "the highest first"
    let mean = metric.scale == .logarithmic ? "the geometric mean" : "the arithmetic mean"
    let needs = MetricNeed.inOrder(metric.needs).map(\.summary).joined(separator: "; ")
    let entries: [(String, String?)] = [
      ("definition", metric.explanation),
      ("formula", metric.guide.map(\.formula)),
      ("unit", metric.unit == "1" ? nil : metric.unit),
      ("direction", "\(end): \(metric.directionReason)"),
      ("seeds", "\(mean) over seeds"),
      ("needs", needs),
      ("settings", metric.fixedSettings),
      ("use", metric.guide.map { "use it \($0.use)" }),
      ("reference", metric.source),
      (
        "in a search space",
        "scoring: {metrics: [\(metric.snakeCaseName)]}, ranking: {by: \(metric.snakeCaseName)}"
      ),
      ("notation", metric.needs == [.network] ? nil : notation),
    ]
    return entries.compactMap { name, text in text.map { (name, $0) } }
  }

  private static let notation =
    "K is the tangent kernel of n samples at initialization, λ₁ ≥ … ≥ λ_n its eigenvalues, ε the precision of the "
    + "passes; a result that numerical rank takes away is `rank_deficient`, never a number"

  private static func page(_ metric: MetricDescription, _ entries: [Entry]) -> String {
    let style = Terminal.outputStyle
    let width = max(40, Terminal.outputWidth ?? 100)
    let margin = (entries.map { TextWidth.of($0.name) }.max() ?? 0) + 4
    var lines = [
      style(metric.snakeCaseName, .strong) + (metric.title == metric.snakeCaseName ? "" : "  \(metric.title)")
    ]
    for entry in entries {
      let paragraph = TextWidth.wrapped(entry.text, to: max(20, width - margin))
      for (place, line) in paragraph.enumerated() {
        let name = TextWidth.padded(place == 0 ? entry.name : "", to: margin - 4, alignment: .left)
        lines.append("  " + style(name, .faint) + "  " + line)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
