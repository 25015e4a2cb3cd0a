import ArchitectureScorer
import ArgumentParser
import Datasets
import LinearAlgebra
import NetworkGraph
import Reports
import TangentKernel
import Trainability
import YAMLDocuments

struct DynamicsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dynamics",
    abstract: "Show how a network trains, in closed form from its kernel and labels.",
    discussion: """
      Loss, residual, predictions, movement of the parameters and bounds of the loss, over continuous time or \
      over steps of gradient descent (--steps), for squared loss in the linear regime of wide networks. \
      docs/trainability.md gives the formulas.

      The kernel is an NPY file (--kernel, n × n, as `ntkscorer kernel` writes it), or that of a network on \
      --inputs. Other inputs to follow: --test-kernel, m × n with a row for each of them, or --test-inputs. \
      With O outputs a kernel may also be that between all samples and outputs, nO × nO (`kernel \
      --output-reduction full`): a network's own is, up to 4096 rows.

      EXAMPLES
        ntkscorer dynamics --kernel k.npy --labels y.npy
        ntkscorer dynamics --kernel k.npy --labels y.npy --format csv > curves.csv
        ntkscorer dynamics --jacobian j.npy --labels y.npy --until 10 --parameter-change theta.npy
        ntkscorer dynamics --kernel k.npy --labels y.npy --steps 1000 --learning-rate 0.05 --plot loss.svg
        ntkscorer dynamics net.yaml --inputs x.npy --labels y.npy --test-inputs z.npy --plot-predictions f.svg
        ntkscorer dynamics net.yaml --inputs x.npy --labels y.npy --test-inputs z.npy --steps 1000 --train
        ntkscorer dynamics net.yaml --kind ntk --inputs x.npy --labels y.npy --test-inputs z.npy --covariance c.npy
      """)

  @OptionGroup var given: TrainingSetOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The derivatives of the outputs by the parameters, n × P, in place of a kernel.", valueName: "j.npy"),
    completion: .file(extensions: ["npy"]))
  var jacobian: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --jacobian: write θ − θ₀ at the last moment here, P numbers.", valueName: "theta.npy"),
    completion: .file(extensions: ["npy"]))
  var parameterChange: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Outputs at initialization; the network's own when not given, and 0 with --kernel.", valueName: "f0.npy"
    ),
    completion: .file(extensions: ["npy"]))
  var initialOutputs: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The same of other inputs.", valueName: "f*0.npy"),
    completion: .file(extensions: ["npy"]))
  var initialTestOutputs: String?

  @Flag(name: .long, help: "Take outputs at initialization as 0.")
  var centred = false

  @Option(
    name: .long, help: "Which kernel of a network: empirical (finite width), ntk or nngp (infinite width).")
  var kind: KernelKind = .empirical

  @Option(
    name: .long,
    help: ArgumentHelp(
      "half_sum (½Σr²), sum, half_mean or mean: how the loss is normalised.", valueName: "loss"))
  var loss: LossConvention = .halfSum

  @Option(
    name: .long,
    help: ArgumentHelp(
      "η; 1 for continuous time, and for steps the largest without oscillation.", valueName: "η"))
  var learningRate: Double?

  @Option(
    name: .long,
    help: ArgumentHelp("So many steps of gradient descent, in place of continuous time.", valueName: "k"))
  var steps: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("The last time; when not given, until training is as good as over.", valueName: "t"))
  var until: Double?

  @Flag(
    name: .long,
    help:
      "Train the network itself too, for --steps, and compare it with its linearisation and infinite width.")
  var train = false

  @Flag(name: .long, help: "Tell the residual of every training sample too, in json and csv.")
  var residuals = false

  @Flag(
    name: .long,
    help:
      "With --kind ntk or nngp: standard deviations of predictions over initializations at every moment, all layers or the last one trained."
  )
  var deviations = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --kind ntk or nngp: write the covariance of the predictions over initializations at the last moment (--until, --steps), m × m, here.",
      valueName: "c.npy"),
    completion: .file(extensions: ["npy"]))
  var covariance: String?

  @Option(name: .long, help: ArgumentHelp("Moments to compute, at equal ratios.", valueName: "n"))
  var points = 120

  @Option(
    name: .long, help: ArgumentHelp("Draw the loss and its bounds here.", valueName: "file.svg"),
    completion: .file(extensions: ["svg"]))
  var plot: String?

  @Option(
    name: .long, help: ArgumentHelp("Draw the predictions on other inputs here.", valueName: "file.svg"),
    completion: .file(extensions: ["svg"]))
  var plotPredictions: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Draw the residuals of training samples here.", valueName: "file.svg"),
    completion: .file(extensions: ["svg"]))
  var plotResiduals: String?

  @Option(
    name: .long, help: ArgumentHelp("Draw the movement of the parameters here.", valueName: "file.svg"),
    completion: .file(extensions: ["svg"]))
  var plotDisplacement: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Draw the function that --train learnt here, for inputs of one number.", valueName: "file.svg"),
    completion: .file(extensions: ["svg"]))
  var plotFunction: String?

  @Option(name: .long, help: "How results are written to standard output: table, json or csv.")
  var format: OutputFormat = .table

  @OptionGroup var resourcing: ResourceOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    guard [given.kernel, given.network, jacobian].count(where: { $0 != nil }) == 1 else {
      throw ValidationError("name a network, a --kernel or a --jacobian, one of them")
    }
    if parameterChange != nil, jacobian == nil {
      throw ValidationError("--parameter-change needs --jacobian")
    }
    if given.network == nil, given.inputs != nil || given.testInputs != nil {
      throw ValidationError("--inputs and --test-inputs are a network's; a --kernel goes with --test-kernel")
    }
    if given.network != nil, given.inputs == nil { throw ValidationError("a network needs --inputs") }
    if given.network != nil, given.testKernel != nil {
      throw ValidationError("--test-kernel goes with --kernel; name --test-inputs")
    }
    if steps != nil, until != nil { throw ValidationError("--steps and --until contradict each other") }
    if centred, initialOutputs != nil || initialTestOutputs != nil {
      throw ValidationError("--centred contradicts --initial-outputs and --initial-test-outputs")
    }
    if given.testKernel == nil, given.testInputs == nil, initialTestOutputs != nil {
      throw ValidationError("--initial-test-outputs needs --test-kernel or --test-inputs")
    }
    guard (3...100_000).contains(points) else {
      throw ValidationError("--points is \(points); expected a number from 3 to 100000")
    }
    guard format != .markdown else {
      throw ValidationError("--format is markdown; expected table, json or csv")
    }
    if plotPredictions != nil, given.testKernel == nil, given.testInputs == nil {
      throw ValidationError("--plot-predictions needs --test-kernel or --test-inputs")
    }
    if deviations || covariance != nil, kind == .empirical || given.testInputs == nil {
      throw ValidationError(
        "--deviations and --covariance are of infinitely wide networks: they need --kind ntk or nngp, and "
          + "--test-inputs")
    }
    try validateTraining()
  }

  private func validateTraining() throws {
    if train, given.network == nil {
      throw ValidationError("--train needs a network, and a --kernel has none")
    }
    if train, steps == nil { throw ValidationError("--train needs --steps") }
    if train, centred || initialOutputs != nil {
      throw ValidationError(
        "--train starts from the network's own outputs; leave --centred and --initial-outputs out")
    }
    if plotFunction != nil, !train || given.testInputs == nil {
      throw ValidationError("--plot-function needs --train and --test-inputs")
    }
  }

  func run() throws {
    let pictures = [plot, plotPredictions, plotResiduals, plotDisplacement, plotFunction]
    for path in (pictures + [parameterChange, covariance]).compactMap(\.self) {
      try OutputFile.checkPlace(path)
    }
    let data = try given.kernel.map(kernelFromFile) ?? jacobian.map(kernelFromJacobian) ?? kernelOfNetwork()
    let targets = try InputFile.targets(given.labels, oneHot: given.oneHot)
    let initialOutputs = centred ? nil : try initial(data)
    // A row for each sample and output: the kernel of a network whose outputs share their weights.
    let isFull = targets.columns > 1 && data.kernel.order == targets.rows * targets.columns
    let dynamics =
      isFull
      ? try TrainingDynamics(fullKernel: data.kernel, targets: targets, initialOutputs: initialOutputs)
      : try TrainingDynamics(kernel: data.kernel, targets: targets, initialOutputs: initialOutputs)
    let predictor = try data.cross.map {
      try LinearizedPredictor(
        dynamics, crossKernel: $0, initialOutputs: centred ? nil : try initialTest(data))
    }
    let factor = loss.rateFactor(samples: dynamics.samples)
    let rate =
      learningRate
      ?? (steps == nil
        ? 1 : LearningRateLimits(data.kernel, convention: loss, samples: dynamics.samples)?.monotone ?? 1)
    let moments =
      try steps.map { try dynamics.descentMoments(until: $0, learningRate: factor * rate, count: points) }
      ?? dynamics.flowMoments(until: until, learningRate: factor * rate, count: points)
    if let parameterChange, let jacobian, let last = moments.last {
      let change = try dynamics.parameterChange(at: last, jacobian: try InputFile.matrix(jacobian))
      try NumericArray(shape: [change.count], values: change).write(npy: parameterChange)
    }
    if let covariance, let cross = data.cross, let prior = data.prior, let last = moments.last {
      let matrix = try GaussianProcess.trained(
        tangentKernel: data.kernel, tangentCross: cross, prior: prior, targets: targets, at: last
      ).covariance
      try NumericArray(shape: [matrix.rows, matrix.columns], values: matrix.values).write(npy: covariance)
    }
    let trained = try train ? trainedNetwork(dynamics, targets, moments, learningRate: factor * rate) : nil
    let report = TrainingReport(
      source: data.source, dynamics: dynamics,
      curves: try TrainingCurves(
        dynamics, predictor: predictor, ensemble: deviations ? try ensemble(data) : nil,
        hasResiduals: residuals || plotResiduals != nil, at: moments), convention: loss,
      learningRate: rate,
      isDiscrete: steps != nil, initialVelocity: try predictor?.initialVelocity, trained: trained)
    if plotFunction != nil, report.functionPlot == nil {
      throw CommandFailure.invalidInput(
        "--plot-function draws over inputs of one number, and these have more")
    }
    try write(report)
  }

  private func write(_ report: TrainingReport) throws {
    let text =
      switch format {
      case .csv: report.csv
      case .json: report.json
      case .table, .markdown: report.page(width: Terminal.outputWidth, style: Terminal.outputStyle)
      }
    for (path, picture) in [
      (plot, report.lossPlot), (plotPredictions, report.predictionPlot),
      (plotResiduals, report.residualPlot), (plotDisplacement, report.displacementPlot),
      (plotFunction, report.functionPlot),
    ] {
      if let path, let picture { try OutputFile.write(picture.svg(), to: path) }
    }
    try StandardOutput.shared.append(text)
  }
}

extension LossConvention: ExpressibleByArgument {}
