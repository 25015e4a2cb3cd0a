import ArchitectureScorer
import ArgumentParser
import Datasets
import NetworkGraph
import Reports
import TangentKernel
import YAMLDocuments

struct KernelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel",
    abstract: "Compute the kernel of one network on given inputs.",
    discussion: """
      Prints one JSON object with the spectrum and nothing else; --output writes the kernel itself as an \
      NPY file. A kernel that is singular or not finite is a result, told by `outcome`, and exits with 0.

      Inputs are n × features or n × channels × height × width, as the network reads them, and are \
      taken as float32 (as float64 at infinite width). Weights are an NPZ file with `stem.weight`, `stem.bias`, … for the layers' \
      names; without one they are drawn from --seed. With --inputs2 the kernel is between the two sets, \
      and there is no spectrum.

      --kind ntk and nngp are the kernels of infinite width, in double precision unless --precision says \
      otherwise: with single, inner products of inputs without positions are of float32 numbers, summed over 256 at a \
      time, which is nearly twice as fast where they are most of the work, and errs by about 1e-7. σ_w² and σ_b² are \
      the layers' weight_variance and bias_variance, else 2 and 0. Outputs are then independent and alike, \
      so the kernel is n × n whatever the reduction.

      With --verbose, `phases` tells where the time of the repetition of median time went, in wall \
      seconds, and a table on standard error says the same. Where worker threads alternate between \
      phases, each times its own pieces, and the wall time is divided in proportion to the sum of their \
      times; so waiting for the slowest thread is shared out like the work. What is in no phase (laying \
      out inputs, moving buffers) is `other`. At infinite width the phases are `inputs`, `variances` (each \
      sample with itself), `covariances` (pairs of samples) and `eigenvalues`; a terminal shows how many pairs \
      are done.

      EXAMPLES
        ntkscorer kernel net.yaml --inputs x.npy
        ntkscorer kernel net.yaml --inputs x.npy --weights w.npz --output k.npy
        ntkscorer kernel net.yaml --inputs x.npy --kind ntk --parameterization ntk --output theta.npy
        ntkscorer kernel net.yaml --inputs x.npy --repeat 5 | jq .seconds
        ntkscorer kernel net.yaml --inputs x.npy --repeat 5 --verbose > result.json
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
    name: .customLong("inputs2"), help: ArgumentHelp("A second set of inputs.", valueName: "x2.npy"),
    completion: .file(extensions: ["npy"]))
  var secondInputs: String?

  @Option(
    name: .long, help: ArgumentHelp("The parameters of the network.", valueName: "w.npz"),
    completion: .file(extensions: ["npz"]))
  var weights: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "One label for each input. No number that is printed now depends on them; their count is checked.",
      valueName: "y.npy"),
    completion: .file(extensions: ["npy"]))
  var labels: String?

  @Option(name: .long, help: "Which kernel: empirical (finite width), ntk or nngp (infinite width).")
  var kind: KernelKind = .empirical

  @OptionGroup var kernel: KernelOptions

  @Option(
    name: .long, help: ArgumentHelp("Write the kernel here, in double precision.", valueName: "k.npy"),
    completion: .file(extensions: ["npy"]))
  var output: String?

  @Option(
    name: .customLong("repeat"),
    help: ArgumentHelp(
      "Compute r more times and report the median time of these.", valueName: "r"))
  var repetitions = 0

  @Option(name: .long, help: "Draws the weights.")
  var seed: UInt64 = 0

  @OptionGroup var resourcing: ResourceOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    guard (0...100_000).contains(repetitions) else {
      throw ValidationError("--repeat is \(repetitions); expected a number from 0 to 100000")
    }
  }

  func run() throws {
    let scorer = logging.scorer
    let file = try NetworkFile.read(SourceText(contentsOfFile: network))
    let shape = file.network.inputShape
    let (batch, exact) = try InputFile.batch(inputs, shape: shape)
    let second = try secondInputs.map { try InputFile.batch($0, shape: shape) }
    if let labels { try InputFile.checkLabels(labels, count: batch.count) }
    if let output { try OutputFile.checkPlace(output) }
    let request = KernelRequest(
      kind: kind, network: file.network, inputs: batch,
      secondInputs: second?.batch, exactInputs: exact, exactSecondInputs: second?.exact,
      parameters: try parameters(), settings: try kernel.settings(for: file, scorer),
      infiniteWidthPrecision: kernel.precision ?? .double,
      repetitions: repetitions,
      measuresPhases: logging.verbose, resources: resourcing.resources)
    // The finite engine takes seconds at most where the limit may take minutes.
    let bar = kind == .empirical ? nil : ProgressBar(isQuiet: logging.quiet, counting: "pair")
    let computed = Result { try scorer.kernel(request) { bar?.update(done: $0, total: $1) } }
    bar?.finish()
    let result = try computed.get()
    if let phases = result.report.phases { Console.shared.print(KernelDocument.phaseTable(phases)) }
    if let output {
      let matrix = result.kernel
      try NumericArray(shape: [matrix.rows, matrix.columns], values: matrix.values).write(npy: output)
    }
    try StandardOutput.shared.append(KernelDocument.json(result.report))
  }

  private func parameters() throws -> ParameterSource {
    guard let weights else { return .drawn(seed: seed) }
    return .arrays(try NPZArchive(path: weights).arrays())
  }
}
