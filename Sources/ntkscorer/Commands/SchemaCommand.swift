import ArchitecturePlugins
import ArgumentParser
import SearchSpaces

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print a JSON Schema of search spaces, for editors.",
    discussion: """
      Editors that speak JSON Schema (2020-12) complete, explain and check a search space while it is \
      typed. The schema is made from the families and metrics that this program knows. It says what can be \
      said of a file's parts by themselves; `validate` finds every mistake.

      EXAMPLES
        ntkscorer schema > ntkscorer.schema.json
        # first line of a search space, for editors with the YAML language server:
        # yaml-language-server: $schema=ntkscorer.schema.json
      """)

  @OptionGroup(title: "Plugins") var plugins: PluginOptions
  @OptionGroup var logging: LoggingOptions

  func run() throws {
    let scorer = try plugins.scorer(logging)
    let schema = SearchSpaceSchema(
      families: try FamilyRegistry(scorer.families), knownNames: scorer.knownNames)
    try StandardOutput.shared.append(schema.json())
  }
}
