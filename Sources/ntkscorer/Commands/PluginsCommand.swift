import ArchitecturePlugins
import ArgumentParser
import Foundation
import Reports
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
      let registry = try FamilyRegistry(plugins.scorer(logging).families)
      let shown = try families.isEmpty ? registry.families : families.map { try registry.family(named: $0) }
      let text =
        switch format.format {
        case .table: shown.map(Self.page).joined(separator: "\n")
        case .json: try Self.json(shown)
        case .csv: CSVText.record(Self.titles) + shown.flatMap(Self.rows).map(CSVText.record).joined()
        case .markdown:
          MarkdownText.table(
            Self.titles.map { .init($0, .left, importance: 0) }, shown.flatMap(Self.rows))
        }
      try StandardOutput.shared.append(text)
    }

    private static let titles = [
      "family", "version", "parameter", "values", "default", "documentation", "source",
    ]

    private static func rows(_ family: any ArchitectureFamily) -> [[String]] {
      let schema = FamilySchema(family)
      return family.parameters.map {
        [
          schema.name, schema.version, $0.name, $0.expectation, defaultText($0), $0.documentation,
          schema.source ?? "linked",
        ]
      }
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

    private static func json(_ families: [any ArchitectureFamily]) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let schemas = families.map(FamilySchema.init)
      return String(decoding: try encoder.encode(["families": schemas]), as: UTF8.self) + "\n"
    }
  }
}
