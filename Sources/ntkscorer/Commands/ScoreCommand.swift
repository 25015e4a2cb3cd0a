import ArchitecturePlugins
import ArchitectureScorer
import ArgumentParser
import Datasets
import Foundation
import NetworkGraph
import Reports
import ResultStorage
import SearchSpaces
import YAMLDocuments

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Score one network, or one candidate of a search space.",
    discussion: """
      A network file is scored with the settings below, on Gaussian inputs unless --inputs names others. A \
      candidate is scored as its search space says, as `rank` would, and shares its scores.

      EXAMPLES
        ntkscorer score net.yaml
        ntkscorer score net.yaml --inputs x.npy --samples 64 --seeds 5
        ntkscorer score net.yaml --metrics effective_rank,lambda_max
        ntkscorer score space.yaml --candidate 3fa29c01d2b7
        ntkscorer score space.yaml --choices depth=4,width=64
      """)

  @Argument(
    help: ArgumentHelp("A network file or a search space.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var file: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The candidate with this identifier, as `rank` and `enumerate` show it. In a very large space, "
        + "the order of `rank --limit` with the same --seed is searched.", valueName: "id"))
  var candidate: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The candidate with these values, such as depth=4,widths=[64,32].", valueName: "name=value,…"))
  var choices: String?

  @Option(name: .long, help: "Seed of the sample in which --candidate is looked for.")
  var seed: UInt64 = 0

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Seeds to score with: a number of them (3, the default, is 0, 1, 2) or a list (7,8,9).",
      valueName: "seeds"))
  var seeds: SeedList?

  @Option(name: .long, help: ArgumentHelp("Samples in a batch, of a network file: 32.", valueName: "n"))
  var samples: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("An array from which batches are drawn, for a network file.", valueName: "x.npy"),
    completion: .file(extensions: ["npy"]))
  var inputs: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Metrics beside the condition number, for a network file.",
      discussion:
        "When not given: all of the finite network and of mean-field theory. Those of infinite width, which may take "
        + "much longer, are computed when they are named; those of labels with --labels too.",
      valueName: "names"))
  var metrics: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The class of each of --inputs, whole numbers.", valueName: "y.npy"),
    completion: .file(extensions: ["npy"]))
  var labels: String?

  @OptionGroup(title: "Kernel of a network file") var kernel: KernelOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var storing: StoreOptions
  @OptionGroup var resourcing: ResourceOptions
  @OptionGroup(title: "Plugins") var plugins: PluginOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    if candidate != nil && choices != nil {
      throw ValidationError("--candidate and --choices both name a candidate; give one of them")
    }
    if labels != nil && inputs == nil { throw ValidationError("--labels are of --inputs; name both") }
    if let samples, samples < 1 { throw ValidationError("--samples is \(samples); expected at least 1") }
  }

  func run() throws {
    let source = try SourceText(contentsOfFile: file)
    let scorer = try plugins.scorer(logging, for: source)
    let described = try DescribedFile(source, scorer)
    let cancellation = Cancellation()
    let score: (ResultStore?) throws -> ScoreResult
    switch described {
    case .network(let network):
      let request = try request(network, scorer)
      score = { try scorer.score(request, store: $0, cancellation: cancellation) }
    case .space(let space):
      let candidate = try wanted(in: space)
      let options = RankingOptions(
        seeds: seeds?.seeds, resources: resourcing.resources, command: TypedCommand.text)
      score = {
        try scorer.score(candidate, of: space, options: options, store: $0, cancellation: cancellation)
      }
    }
    let store = try storing.open()
    Interruption.listen(cancelling: cancellation, notice: "stopping; once more stops at once")
    let result = Result { try score(store) }
    if cancellation.isCancelled {
      throw CommandFailure(.interrupted, "interrupted; the same command resumes:\n  \(TypedCommand.text)")
    }
    let scored = try result.get()
    try StandardOutput.shared.append(ScoreDocument(scored).text(as: format.format))
    try StandardOutput.shared.flush()
    if !logging.quiet {
      let source = scored.wasServedFromStore ? "from the store, nothing computed" : "computed"
      Console.shared.print("ntkscorer: \(source) (\(NumberText.duration(seconds: scored.wallSeconds)))")
    }
    if scored.candidate.rank == nil, scored.candidate.metrics["conditionNumber"]?.value == nil {
      throw CommandFailure.failed(
        "no score: \(scored.candidate.outcome.rawValue): \(scored.candidate.message ?? "no seed worked")"
      )
    }
  }

  private func request(_ file: NetworkFile, _ scorer: Scorer) throws -> ScoreRequest {
    if candidate != nil || choices != nil {
      throw CommandFailure.invalidInput(
        "\(self.file) is one network; --candidate and --choices are for search spaces")
    }
    let shape = file.network.inputShape
    let dataset =
      try inputs.map { try Dataset.open(.npy(path: $0, labels: labels)).conforming(to: shape) }
      ?? Dataset.gaussian(shape: shape)
    return ScoreRequest(
      name: self.file, network: file.network, dataset: dataset,
      samples: samples ?? dataset.sampleCount.map { min($0, 32) } ?? 32,
      seeds: seeds?.seeds ?? [0, 1, 2], settings: try kernel.settings(for: file, scorer),
      metrics: metrics.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
        ?? usualMetrics(scorer, hasLabels: dataset.hasLabels),
      resources: resourcing.resources, command: TypedCommand.text)
  }

  private func usualMetrics(_ scorer: Scorer, hasLabels: Bool) -> [String] {
    scorer.metrics.metrics.map(\.description).filter { metric in
      !metric.needs.contains { $0.needsInfiniteWidth || ($0.needsLabels && !hasLabels) }
    }.map(\.name)
  }

  /// The first candidate's choices as they are typed.
  private func example(of space: SearchSpace) -> String {
    let choices = space.candidates.first { _ in true }?.choices ?? [:]
    return space.axes.compactMap { axis in choices[axis.name].map { "\(axis.name)=\($0)" } }.joined(
      separator: ",")
  }

  private func wanted(in space: SearchSpace) throws -> Candidate {
    var misplaced = kernel.given
    if samples != nil { misplaced.append("--samples") }
    if inputs != nil { misplaced.append("--inputs") }
    if metrics != nil { misplaced.append("--metrics") }
    if labels != nil { misplaced.append("--labels") }
    guard misplaced.isEmpty else {
      throw CommandFailure.invalidInput(
        "\(misplaced.joined(separator: ", ")): a search space says this itself; scores agree with `rank`"
      )
    }
    if let candidate {
      return try CandidateLookup(space: space).candidate(identifier: candidate, samplingSeed: seed)
    }
    if let choices { return try CandidateLookup(space: space).candidate(choices: choices) }
    if space.axes.isEmpty, let only = space.candidate(at: 0) { return only }
    throw CommandFailure.invalidInput(
      "\(file) is a search space; say which candidate with --candidate ID or --choices "
        + example(of: space))
  }
}
