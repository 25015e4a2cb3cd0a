import ArchitectureScorer
import ArgumentParser
import Foundation
import Reports
import ResultStorage
import TangentKernel

struct ReportCommand: ParsableCommand {
  /// What a run can be shown as.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table, markdown, csv, json, html

    /// What a file's name asks for.
    init?(path: String) {
      switch path.split(separator: ".").last.map({ $0.lowercased() }) {
      case "html", "htm": self = .html
      case "md", "markdown": self = .markdown
      case "csv": self = .csv
      case "json": self = .json
      case "txt": self = .table
      default: return nil
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show a stored run again, with what explains it.",
    discussion: """
      The ranking; what each choice explains of the score, and what each value gives; Pareto fronts of score and cost; \
      how metrics agree; the spectrum of a candidate; failures with reasons; and how the scores were made. \
      docs/reports.md says what the numbers mean. Nothing is computed anew, and neither the search space nor its data \
      nor its plugins are needed.

      EXAMPLES
        ntkscorer report                              the newest run, in the terminal
        ntkscorer report 3 --output report.html       one file for a browser, which needs no network
        ntkscorer report --candidate f06294fbcd88     with the spectrum of one candidate
        ntkscorer report --format json | jq .importance
        ntkscorer store list                          which runs there are
      """)

  @Argument(
    help: ArgumentHelp("The run's number; the newest that ranked a space when not given.", valueName: "run"))
  var identifier: Int64?

  @Option(
    name: .long,
    help:
      "table, markdown, csv, json or html; when not given, what the name of --output asks for, else table.")
  var format: Format?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write here and not to standard output.", valueName: "file"),
    completion: .file(extensions: ["html", "md", "csv", "json"]))
  var output: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "List the best k. Default: 20 in a table or Markdown, all in other formats; the HTML page has all.",
      valueName: "k"))
  var top: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Show the spectrum of this candidate; may be given several times. Default: the best.", valueName: "id"))
  var candidate: [String] = []

  @OptionGroup var location: StoreLocationOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top is \(top); expected at least 1") }
  }

  func run() throws {
    if let output { try OutputFile.checkPlace(output) }
    let store = try location.openExisting()
    let stored = try logging.scorer.storedRun(identifier, in: store)
    let known = Set(stored.result.candidates.map(\.id))
    if let unknown = candidate.first(where: { !known.contains($0.lowercased()) }) {
      throw CommandFailure.invalidInput(
        "run \(stored.record.id) ranked no candidate '\(unknown)'; `ntkscorer report \(stored.record.id) --format csv` "
          + "lists all")
    }
    let report = try RunReport(
      stored, candidates: candidate.map { $0.lowercased() },
      program: "ntkscorer \(NTKScorerCommand.version), engine \(TangentKernelEngine.version)")
    let text = text(of: report)
    guard let output else { return try StandardOutput.shared.append(text) }
    try OutputFile.write(text, to: output)
    if !logging.quiet { Console.shared.print("ntkscorer: run \(stored.record.id) written to \(output)") }
  }

  private func text(of report: RunReport) -> String {
    switch format ?? output.flatMap(Format.init(path:)) ?? .table {
    case .table:
      output == nil
        ? report.table(width: Terminal.outputWidth, top: top ?? 20, style: Terminal.outputStyle)
        : report.table(width: nil, top: top ?? 20)
    case .markdown: report.markdown(top: top ?? 20)
    case .csv: report.csv(top: top)
    case .json: report.json(top: top)
    case .html: report.page
    }
  }
}
