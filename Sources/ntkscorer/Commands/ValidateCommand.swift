import ArchitectureScorer
import ArgumentParser
import NetworkGraph
import Reports
import SearchSpaces
import YAMLDocuments

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Find every mistake in search spaces and network files.",
    discussion: """
      Prints one line for each good file. Mistakes go to standard error as file:line:column, all of them \
      at once.

      EXAMPLES
        ntkscorer validate my-space.yaml
        ntkscorer validate search-spaces/*.yaml networks/*.yaml
      """)

  @Argument(
    help: ArgumentHelp("Search spaces and networks, YAML or JSON.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var files: [String]

  @OptionGroup(title: "Plugins") var plugins: PluginOptions
  @OptionGroup var logging: LoggingOptions

  func run() throws {
    var isAllValid = true
    for path in files {
      do {
        let source = try SourceText(contentsOfFile: path)
        let summary = try DescribedFile(source, plugins.scorer(logging, for: source)).summary
        try StandardOutput.shared.append("\(path): \(summary)\n")
      } catch let invalid as InvalidDocument {
        isAllValid = false
        Console.shared.print(invalid.description)
      }
    }
    try StandardOutput.shared.flush()
    if !isAllValid { throw CommandFailure(.invalidInput, nil) }
  }
}
