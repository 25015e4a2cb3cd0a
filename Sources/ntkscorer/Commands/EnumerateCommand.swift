import ArchitecturePlugins
import ArgumentParser
import Reports
import SearchSpaces
import YAMLDocuments

struct EnumerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enumerate",
    abstract: "List or count the candidates of a search space.",
    discussion: """
      Candidates are made one at a time, so that a space of any size can be listed. Those that break the \
      space's constraints are left out. --count is exact; with bounds on the network every candidate has to \
      be looked at for it.

      EXAMPLES
        ntkscorer enumerate space.yaml --count
        ntkscorer enumerate space.yaml --limit 5
        ntkscorer enumerate space.yaml --where 'depth * width <= 1024'
        ntkscorer enumerate space.yaml --format csv > candidates.csv
      """)

  @Argument(
    help: ArgumentHelp("The search space, a YAML file.", valueName: "space.yaml"),
    completion: .file(extensions: ["yaml", "yml"]))
  var space: String

  @Flag(name: .long, help: "Print how many there are and nothing else.")
  var count = false

  @Option(name: .long, help: ArgumentHelp("Stop after the first n.", valueName: "n"))
  var limit: Int?

  @OptionGroup var filtering: FilterOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup(title: "Plugins") var plugins: PluginOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit is \(limit); expected at least 0") }
  }

  func run() throws {
    let source = try SourceText(contentsOfFile: space)
    let space = try filtering.filtered(
      plugins.scorer(logging, for: source).readSpace(source, mayInclude: true))
    if count { return try StandardOutput.shared.append(countDocument(exactCount(of: space))) }
    var list = CandidateList(space: space, format: format.format)
    try StandardOutput.shared.append(list.head)
    var left = limit ?? .max
    for candidate in space.candidates {
      if left == 0 { break }
      guard admits(candidate, in: space) else { continue }
      try StandardOutput.shared.append(list.next(candidate))
      left -= 1
    }
    try StandardOutput.shared.append(list.tail)
  }

  /// Without budgets nothing needs to be made: a candidate whose network cannot be made is still a candidate.
  private func admits(_ candidate: Candidate, in space: SearchSpace) -> Bool {
    guard !space.budgets.isEmpty else { return true }
    if case .overBudget = space.admission(of: candidate) { return false }
    return true
  }

  private func exactCount(of space: SearchSpace) -> String {
    guard !space.budgets.isEmpty else { return space.cardinality.decimal }
    if !logging.quiet, (space.cardinality.int ?? .max) > 1_000_000 {
      Console.shared.print("ntkscorer: looking at \(space.cardinality.decimal) candidates, as budgets demand")
    }
    var count: UInt64 = 0
    for candidate in space.candidates where admits(candidate, in: space) { count += 1 }
    return "\(count)"
  }

  private func countDocument(_ count: String) -> String {
    switch format.format {
    case .json: "{\"count\": \(count)}\n"
    case .csv: "count\n\(count)\n"
    case .table, .markdown: "\(count)\n"
    }
  }
}

/// Candidates as text, one after the other: no more than one is held.
private struct CandidateList {
  private let format: OutputFormat
  private let axes: [ChoiceAxis]
  /// Of the table's columns: all values are known before any candidate is made.
  private let widths: [Int]
  private var isFirst = true

  private static let identifierWidth = 12

  init(space: SearchSpace, format: OutputFormat) {
    self.format = format
    axes = space.axes
    widths = space.axes.map { axis in
      axis.values.reduce(TextWidth.of(axis.name)) { max($0, TextWidth.of($1.description)) }
    }
  }

  private var titles: [String] { ["id"] + axes.map(\.name) }

  var head: String {
    switch format {
    case .table: line(titles)
    case .csv: CSVText.record(titles)
    case .markdown: MarkdownText.table(titles.map { .init($0, .left, importance: 0) }, [])
    case .json: "["
    }
  }

  mutating func next(_ candidate: Candidate) -> String {
    defer { isFirst = false }
    let missing = format == .csv ? "" : NumberText.missing
    let cells = [candidate.id] + axes.map { candidate.choices[$0.name]?.description ?? missing }
    switch format {
    case .table: return line(cells)
    case .csv: return CSVText.record(cells)
    case .markdown: return "| " + cells.map(MarkdownText.cell).joined(separator: " | ") + " |\n"
    case .json:
      return (isFirst ? "\n" : ",\n")
        + "  {\"id\": \"\(candidate.id)\", \"choices\": \(candidate.choices.canonicalJSON)}"
    }
  }

  var tail: String { format == .json ? (isFirst ? "]\n" : "\n]\n") : "" }

  private func line(_ cells: [String]) -> String {
    let widths = [Self.identifierWidth] + widths
    let last = cells.count - 1
    return zip(cells, widths).enumerated().map { place, cell in
      place == last ? cell.0 : TextWidth.padded(cell.0, to: cell.1, alignment: .left)
    }.joined(separator: "  ") + "\n"
  }
}
