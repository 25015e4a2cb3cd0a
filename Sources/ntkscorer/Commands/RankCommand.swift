import ArchitectureScorer
import ArgumentParser
import Foundation
import Reports
import ResultStorage
import SearchSpaces
import YAMLDocuments

struct RankCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rank",
    abstract: "Rank the candidates of a search space.",
    discussion: """
      Every finished candidate is kept in the store at once. Ctrl-C stops the run, and the same command \
      resumes it; a command that is repeated computes nothing. Scores do not depend on the number of \
      threads.

      EXAMPLES
        ntkscorer rank search-spaces/tiny.yaml
        ntkscorer rank space.yaml --dry-run              how long will it take?
        ntkscorer rank space.yaml --limit 200 --top 10   the best 10 of a sample
        ntkscorer rank space.yaml --include block=residual,bottleneck --where 'depth >= 4'
        ntkscorer rank space.yaml --format json | jq '.candidates[0].choices'
        ntkscorer rank space.yaml --plot kappa.svg --plot-over depth
      """)

  @Argument(
    help: ArgumentHelp("The search space, a YAML file.", valueName: "space.yaml"),
    completion: .file(extensions: ["yaml", "yml"]))
  var space: String

  @Option(
    name: .long,
    help: ArgumentHelp("Rank a uniform sample of so many candidates instead of all.", valueName: "n"))
  var limit: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Show the best k. Default: 20 in a table, all in other formats.", valueName: "k"))
  var top: Int?

  @Option(name: .long, help: "Seed of the sample that --limit draws. It has no part in the scores.")
  var seed: UInt64 = 0

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Seeds to score with, in place of the file's: a number of them (3 is 0, 1, 2) or a list (7,8,9).",
      valueName: "seeds"))
  var seeds: SeedList?

  @Flag(name: .long, help: "Estimate candidates, time and memory, and stop.")
  var dryRun = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Draw metrics over a numeric choice here.",
      discussion: "A colour for each combination of the other choices, a stroke for each metric.",
      valueName: "file.svg"), completion: .file(extensions: ["svg"]))
  var plot: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The choice along the picture; the numeric one with the most values when not given.",
      valueName: "choice"))
  var plotOver: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Metrics in the picture, at most three; those that rank when not given.", valueName: "names"))
  var plotMetrics: String?

  @OptionGroup(title: "Which candidates") var filtering: FilterOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var storing: StoreOptions
  @OptionGroup var resourcing: ResourceOptions
  @OptionGroup(title: "Plugins") var plugins: PluginOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit is \(limit); expected at least 1") }
    if plot == nil, plotOver != nil || plotMetrics != nil {
      throw ValidationError("--plot-over and --plot-metrics are of a picture, and there is no --plot")
    }
    if let top, top < 1 { throw ValidationError("--top is \(top); expected at least 1") }
  }

  func run() throws {
    let source = try SourceText(contentsOfFile: space)
    let scorer = try plugins.scorer(logging, for: source)
    let space = try filtering.filtered(scorer.readSpace(source, mayInclude: true))
    try space.checkFiles()
    let options = RankingOptions(
      limit: limit, samplingSeed: seed, seeds: seeds?.seeds, resources: resourcing.resources,
      command: TypedCommand.text)
    if dryRun { return try show(try scorer.estimate(space, options: options)) }

    let plotted = try plottedMetrics(space, scorer)
    if let plot { try OutputFile.checkPlace(plot) }
    let store = try storing.open()
    let cancellation = Cancellation()
    Interruption.listen(
      cancelling: cancellation,
      notice: "stopping when the candidates being computed are finished; once more stops at once")
    let bar = ProgressBar(isQuiet: logging.quiet, cancellation: cancellation)
    let outcome = Result {
      try scorer.rank(space, options: options, store: store, cancellation: cancellation) { bar?.update($0) }
    }
    bar?.finish()
    let result = try outcome.get()
    try finish(result, of: space, store, plotting: plotted)
  }

  /// Canonical names; an hour of computation must not end at a picture that cannot be drawn.
  private func plottedMetrics(_ space: SearchSpace, _ scorer: Scorer) throws -> [String] {
    guard plot != nil else { return [] }
    let names =
      plotMetrics.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } } ?? []
    let metrics = try names.map { name in
      let metric = try scorer.metrics.metric(named: name).description
      guard space.scoring.metrics.contains(metric.name) else {
        throw CommandFailure.invalidInput(
          "'\(space.name)' does not compute '\(metric.snakeCaseName)'; add it to the metrics of its scoring")
      }
      return metric.name
    }
    try RankingReport.checkPlot(of: space, over: plotOver, metrics: metrics)
    return metrics
  }

  private func finish(
    _ result: RankingResult, of space: SearchSpace, _ store: ResultStore?, plotting metrics: [String]
  ) throws {
    let summary = RunSummary(result, storePath: store?.path)
    if result.ending == .interrupted {
      throw CommandFailure(.interrupted, summary.interruption)
    }
    let report = RankingReport(result)
    let document =
      switch format.format {
      case .table: report.table(width: Terminal.outputWidth, top: top ?? 20, style: Terminal.outputStyle)
      case .json: report.json(top: top)
      case .csv: report.csv(top: top)
      case .markdown: report.markdown(top: top)
      }
    try StandardOutput.shared.append(document)
    try StandardOutput.shared.flush()
    summary.warnings.forEach(Console.shared.printWarning)
    if !logging.quiet { Console.shared.print("ntkscorer: \(summary.text)") }
    if let plot { try OutputFile.write(report.plot(over: plotOver, metrics: metrics).svg(), to: plot) }
    if result.candidates.isEmpty { throw CommandFailure.failed("nothing could be ranked") }
  }

  private func show(_ estimate: RunEstimate) throws {
    try StandardOutput.shared.append(EstimateText.text(estimate, as: format.format))
  }
}
