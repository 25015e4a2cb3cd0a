import ArchitectureScorer
import ArgumentParser
import Foundation
import Reports
import ResultStorage
import SearchSpaces

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
        ntkscorer rank space.yaml --format json | jq '.candidates[0].choices'
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

  @OptionGroup var format: FormatOptions
  @OptionGroup var storing: StoreOptions
  @OptionGroup var resourcing: ResourceOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit is \(limit); expected at least 1") }
    if let top, top < 1 { throw ValidationError("--top is \(top); expected at least 1") }
  }

  func run() throws {
    let scorer = logging.scorer
    let space = try scorer.readSpace(contentsOfFile: space)
    try space.checkFiles()
    let options = RankingOptions(
      limit: limit, samplingSeed: seed, seeds: seeds?.seeds, resources: resourcing.resources,
      command: TypedCommand.text)
    if dryRun { return try show(try scorer.estimate(space, options: options)) }

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
    try finish(result, of: space, store)
  }

  private func finish(_ result: RankingResult, of space: SearchSpace, _ store: ResultStore?) throws {
    let summary = RunSummary(result, storePath: store?.path)
    if result.ending == .interrupted {
      throw CommandFailure(.interrupted, summary.interruption)
    }
    let report = RankingReport(
      result, choiceOrder: space.axes.map(\.name), context: space.context(seeds: result.seeds))
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
    if result.candidates.isEmpty { throw CommandFailure.failed("nothing could be ranked") }
  }

  private func show(_ estimate: RunEstimate) throws {
    try StandardOutput.shared.append(EstimateText.text(estimate, as: format.format))
  }
}

extension SearchSpace {
  /// What all candidates have in common, in words.
  func context(seeds: [UInt64]) -> String {
    let source = input.dataset.kind
    var parts = [
      family.name, "input \(input.shape), \(NumberText.counted(input.outputs, "output"))",
      "\(input.samples) \(source) samples",
      NumberText.counted(seeds.count, "seed"),
    ]
    if !fixed.isEmpty {
      parts.append(fixed.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    }
    return parts.joined(separator: " · ")
  }
}
