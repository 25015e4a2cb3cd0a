import ArgumentParser
import Foundation
import Reports
import ResultStorage

struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store",
    abstract: "What the store of scores holds.",
    subcommands: [List.self, Export.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "List the runs in a store and the scores that disagree, and count all.",
      discussion: """
        EXAMPLES
          ntkscorer store list
          ntkscorer store list --store scores.sqlite --format json
        """)

    @OptionGroup var location: StoreLocationOptions
    @OptionGroup var format: FormatOptions

    func run() throws {
      let store = try location.openExisting()
      let document = StoreListing(
        path: location.path, statistics: try store.statistics(), runs: try store.runs(),
        conflicts: try store.conflicts())
      try StandardOutput.shared.append(document.text(as: format.format))
    }
  }

  struct Export: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case csv, json }

    static let configuration = CommandConfiguration(
      commandName: "export",
      abstract: "Write every score: CSV, or JSON lines (one object a line).",
      discussion: """
        One record for each network, way of scoring and seed, with the metrics and the identity of the score.

        EXAMPLES
          ntkscorer store export > scores.csv
          ntkscorer store export --format json | jq -c 'select(.outcome == "ok")'
        """)

    @OptionGroup var location: StoreLocationOptions

    @Option(name: .long, help: "csv, or json for one object a line.")
    var format: Format = .csv

    func run() throws {
      let store = try location.openExisting()
      let export = StoreExport(store: store)
      switch format {
      case .csv: try export.writeCSV()
      case .json: try export.writeJSONLines()
      }
    }
  }
}
