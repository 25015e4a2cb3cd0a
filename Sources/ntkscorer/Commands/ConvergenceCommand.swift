import ArchitectureScorer
import ArgumentParser
import NetworkGraph
import Reports
import TangentKernel
import YAMLDocuments

struct ConvergenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convergence",
    abstract: "Measure how a network's kernel approaches infinite width.",
    discussion: """
      Draws the network with its hidden layers 1, 2, 4, … times as wide, and tells how far each tangent \
      kernel is from the limit of infinite width, ‖Θ̂ − Θ‖/‖Θ‖, with the exponent of the width by which it \
      falls (theory: −½). What is left of it at the network's own width is how far its kernel metrics are \
      noise of its weights. Kernels are of the reduction `trace`; σ_w² and σ_b² are the layers' \
      weight_variance and bias_variance, else 2 and 0.

      EXAMPLES
        ntkscorer convergence net.yaml --inputs x.npy
        ntkscorer convergence net.yaml --inputs x.npy --factors 1,4,16 --seeds 20 --plot widths.svg
      """)

  @Argument(
    help: ArgumentHelp("The network, a YAML or JSON file.", valueName: "network.yaml"),
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var network: String

  @Option(
    name: .long, help: ArgumentHelp("The inputs.", valueName: "x.npy"), completion: .file(extensions: ["npy"])
  )
  var inputs: String

  @Option(
    name: .long,
    help: ArgumentHelp("What hidden widths are multiplied by, separated by commas.", valueName: "1,2,…"))
  var factors: FactorList = FactorList([1, 2, 4, 8])

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Seeds of the weights: how many, or the seeds themselves separated by commas.", valueName: "n"))
  var seeds: SeedList = SeedList(count: 8)

  @Option(name: .long, help: "The file's when not given, else ntk.")
  var parameterization: Parameterization?

  @Option(
    name: .long,
    help: ArgumentHelp("δ of the width that theory asks of a ReLU network of dense layers.", valueName: "δ"))
  var failureProbability = 0.05

  @Option(
    name: .long,
    help: ArgumentHelp("ε of the same: kernels within (L + 1)ε of their limit.", valueName: "ε"))
  var accuracy = 0.1

  @Option(
    name: .long, help: ArgumentHelp("Draw the deviations over width here.", valueName: "file.svg"),
    completion: .file(extensions: ["svg"]))
  var plot: String?

  @Option(name: .long, help: "How results are written to standard output: table, json or csv.")
  var format: OutputFormat = .table

  @OptionGroup var resourcing: ResourceOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    try validateTheorems(accuracy: accuracy, failureProbability: failureProbability)
    guard format != .markdown else {
      throw ValidationError("--format is markdown; expected table, json or csv")
    }
  }

  func run() throws {
    if let plot { try OutputFile.checkPlace(plot) }
    let file = try NetworkFile.read(SourceText(contentsOfFile: network))
    let batch = try InputFile.batch(inputs, shape: file.network.inputShape).batch
    let settings = KernelSettings(
      parameterization: parameterization ?? file.parameterization ?? .ntk, precision: .double)
    let bar = ProgressBar(isQuiet: logging.quiet, counting: "kernel")
    let computed = Result {
      try logging.scorer.widthConvergence(
        WidthConvergenceRequest(
          network: file.network, inputs: batch, factors: factors.factors, seeds: seeds.seeds,
          settings: settings,
          resources: resourcing.resources)
      ) { bar?.update(done: $0, total: $1) }
    }
    bar?.finish()
    let report = ConvergenceReport(
      source: network, result: try computed.get(),
      widthScale: ConvergenceReport.WidthScale(
        file.network, accuracy: accuracy, failureProbability: failureProbability))
    if let plot { try OutputFile.write(report.plot.svg(), to: plot) }
    let text =
      switch format {
      case .json: report.json
      case .csv: report.csv
      case .table, .markdown: report.page(width: Terminal.outputWidth, style: Terminal.outputStyle)
      }
    try StandardOutput.shared.append(text)
  }
}

/// `1,2,4`: ascending whole numbers from 1.
struct FactorList: ExpressibleByArgument {
  let factors: [Int]

  init(_ factors: [Int]) { self.factors = factors }

  init?(argument: String) {
    let items = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    let factors = items.compactMap(\.self)
    guard factors.count == items.count, factors.count > 1, factors[0] >= 1,
      zip(factors, factors.dropFirst()).allSatisfy(<)
    else { return nil }
    self.factors = factors
  }

  var defaultValueDescription: String { factors.map(String.init).joined(separator: ",") }
}
