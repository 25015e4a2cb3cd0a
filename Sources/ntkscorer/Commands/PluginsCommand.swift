import ArchitecturePlugins
import ArgumentParser
import Foundation
import Reports
import ScoringMetrics
import YAMLDocuments

struct PluginsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugins",
    abstract: "Architecture families and their parameters; plugins from outside.",
    subcommands: [List.self, PluginsCheckCommand.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "List architecture families with their parameters: what a search space may vary.",
      discussion: """
        Families from outside are listed with their plugin's file and the hash of its contents: those of \
        --plugin and those in $XDG_DATA_HOME/ntkscorer/plugins.

        EXAMPLES
          ntkscorer plugins list
          ntkscorer plugins list convolutional
          ntkscorer plugins list --format json
          ntkscorer plugins list --plugin ./mine.py mine
        """)

    @Argument(help: "Only these families.")
    var families: [String] = []

    @OptionGroup var format: FormatOptions
    @OptionGroup(title: "Plugins") var plugins: PluginOptions
    @OptionGroup var logging: LoggingOptions

    func run() throws {
      let scorer = try plugins.scorer(logging)
      let registry = try FamilyRegistry(scorer.families)
      // Those that ship are for `metrics list`.
      let metrics = families.isEmpty ? scorer.metrics.metrics.compactMap { $0 as? ExternalMetric } : []
      let shown = try families.isEmpty ? registry.families : families.map { try registry.family(named: $0) }
      let text =
        switch format.format {
        case .table: (shown.map(Self.page) + metrics.map(Self.page)).joined(separator: "\n")
        case .json: try Self.json(shown, metrics)
        case .csv:
          CSVText.record(Self.titles)
            + (shown.flatMap(Self.rows) + metrics.map(Self.row)).map(CSVText.record).joined()
        case .markdown:
          MarkdownText.table(
            Self.titles.map { .init($0, .left, importance: 0) },
            shown.flatMap(Self.rows) + metrics.map(Self.row))
        }
      try StandardOutput.shared.append(text)
    }

    private static let titles = [
      "family", "version", "parameter", "values", "default", "documentation", "source",
    ]

    private static func rows(_ family: any ArchitectureFamily) -> [[String]] {
      let schema = FamilySchema(family)
      let source = schema.source ?? "linked"
      if family.parameters.isEmpty {
        return [[schema.name, schema.version, "", "no parameters", "", family.summary, source]]
      }
      return family.parameters.map {
        [
          schema.name, schema.version, $0.name, $0.expectation, defaultText($0), $0.documentation, source,
        ]
      }
    }

    private static func row(_ metric: ExternalMetric) -> [String] {
      [
        metric.description.snakeCaseName, metric.description.version, "", "a metric", "",
        metric.description.explanation, metric.plugin.file.path,
      ]
    }

    private static func page(_ metric: ExternalMetric) -> String {
      let width = max(20, (Terminal.outputWidth ?? 100) - 2)
      let style = Terminal.outputStyle
      let description = metric.description
      let source = "from \(metric.plugin.file.path), SHA-256 \(metric.plugin.contentHash)"
      let lines =
        [
          style(description.snakeCaseName, .strong)
            + style(" (a metric, version \(description.version))", .faint)
        ]
        + TextWidth.wrapped(description.explanation, to: width).map { "  " + $0 }
        + TextWidth.wrapped(source, to: width).map { style("  " + $0, .faint) }
      return lines.joined(separator: "\n") + "\n"
    }

    private static func defaultText(_ parameter: ParameterDescription) -> String {
      parameter.defaultValue?.description ?? (parameter.isOptional ? "none" : "required")
    }

    private static func page(_ family: any ArchitectureFamily) -> String {
      let width = Terminal.outputWidth ?? 100
      let style = Terminal.outputStyle
      func paragraph(_ text: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        return TextWidth.wrapped(text, to: max(20, width - indent)).map { margin + $0 }
      }
      let schema = FamilySchema(family)
      var lines = [style(family.name, .strong) + style(" (version \(schema.version))", .faint)]
      lines += paragraph(family.summary, indent: 2)
      if let source = schema.source, let hash = schema.contentHash {
        lines += paragraph("from \(source), SHA-256 \(hash)", indent: 2).map { style($0, .faint) }
      }
      for parameter in family.parameters {
        lines += ["", "  " + style(parameter.name, .strong)]
        let fallback =
          parameter.defaultValue.map { "default \($0)" } ?? (parameter.isOptional ? "optional" : "required")
        lines += paragraph("\(parameter.expectation); \(fallback)", indent: 6)
        lines += paragraph(parameter.documentation, indent: 6).map { style($0, .faint) }
      }
      return lines.joined(separator: "\n") + "\n"
    }

    private struct Document: Encodable {
      struct Metric: Encodable {
        let name: String
        let version: String
        let explanation: String
        let needs: [String]
        let source: String
        let contentHash: String
      }

      let families: [FamilySchema]
      let metrics: [Metric]
    }

    private static func json(
      _ families: [any ArchitectureFamily], _ metrics: [ExternalMetric]
    ) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let document = Document(
        families: families.map(FamilySchema.init),
        metrics: metrics.map { metric in
          .init(
            name: metric.description.name, version: metric.description.version,
            explanation: metric.description.explanation,
            needs: metric.measurement.inputs.map(\.rawValue).sorted(), source: metric.plugin.file.path,
            contentHash: metric.plugin.contentHash)
        })
      return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
    }
  }
}
