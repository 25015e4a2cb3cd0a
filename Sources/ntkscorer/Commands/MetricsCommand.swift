import ArgumentParser
import Reports
import ScoringMetrics

struct MetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Metrics that candidates can be ranked by.",
    subcommands: [List.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "List the metrics: what they are, which end is better and why, and where they come from.",
      discussion: """
        EXAMPLES
          ntkscorer metrics list
          ntkscorer metrics list effective_rank
          ntkscorer metrics list --format json
        """)

    @Argument(help: "Only these metrics.")
    var metrics: [String] = []

    @OptionGroup var format: FormatOptions
    @OptionGroup(title: "Plugins") var plugins: PluginOptions
    @OptionGroup var logging: LoggingOptions

    func run() throws {
      let registry = try plugins.scorer(logging).metrics
      let shown =
        try metrics.isEmpty
        ? registry.metrics.map(\.description) : metrics.map { try registry.metric(named: $0).description }
      let text =
        switch format.format {
        case .table: shown.map(Self.page).joined(separator: "\n")
        case .json: Self.json(shown)
        case .csv: CSVText.record(Self.titles) + shown.map(Self.row).map(CSVText.record).joined()
        case .markdown:
          MarkdownText.table(Self.titles.map { .init($0, .left, importance: 0) }, shown.map(Self.row))
        }
      try StandardOutput.shared.append(text)
    }

    private static let titles = ["metric", "symbol", "unit", "better", "explanation", "source"]

    private static func row(_ metric: MetricDescription) -> [String] {
      [
        metric.snakeCaseName, metric.title, metric.unit, metric.direction.rawValue, metric.explanation,
        metric.source,
      ]
    }

    private static func page(_ metric: MetricDescription) -> String {
      let width = max(20, (Terminal.outputWidth ?? 100) - 4)
      let style = Terminal.outputStyle
      let title = metric.title == metric.snakeCaseName ? "" : "  \(metric.title)"
      let ranked =
        "\(metric.direction == .lowerIsBetter ? "lowest" : "highest") first: \(metric.directionReason)"
      let settings = metric.fixedSettings.map { ["computed with \($0)"] } ?? []
      let paragraphs = ([metric.explanation, ranked] + settings).flatMap { TextWidth.wrapped($0, to: width) }
      let lines =
        [style(metric.snakeCaseName, .strong) + title]
        + paragraphs.map { "    " + $0 }
        + TextWidth.wrapped(metric.source, to: width).map { style("    " + $0, .faint) }
      return lines.joined(separator: "\n") + "\n"
    }

    private static func json(_ metrics: [MetricDescription]) -> String {
      JSONValue.object([
        ("metrics", .array(metrics.map { JSONValue($0) }))
      ]).indented + "\n"
    }
  }
}
