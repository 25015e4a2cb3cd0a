import ArchitectureScorer
import ArgumentParser
import Datasets
import LinearAlgebra
import NetworkGraph
import Reports
import TangentKernel
import Trainability
import YAMLDocuments

/// What theorems on widths are asked for.
func validateTheorems(accuracy: Double, failureProbability: Double) throws {
  guard failureProbability > 0, failureProbability < 1 else {
    throw ValidationError(
      "--failure-probability is \(failureProbability); expected a number between 0 and 1")
  }
  guard accuracy > 0, accuracy.isFinite else {
    throw ValidationError("--accuracy is \(accuracy); expected a positive number")
  }
}

struct RegressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "regress",
    abstract: "Predict other inputs by kernel regression and Gaussian processes.",
    discussion: """
      K*(K + ridge·I)⁻¹y: what a wide network that starts from 0 predicts once it is trained. With --kind nngp \
      it is the posterior of the Gaussian process with labels of variance `ridge`, with its standard deviations; \
      with --kind ntk and no ridge the mean and the standard deviations of fully trained networks over \
      initializations. Of a singular kernel the pseudo-inverse takes the place of the inverse.

      Kernels are a network's, or NPY files as `ntkscorer kernel` writes them: --kernel, n × n, and \
      --test-kernel, m × n. Files give predictions alone.

      EXAMPLES
        ntkscorer regress net.yaml --kind ntk --inputs x.npy --labels y.npy --test-inputs z.npy
        ntkscorer regress net.yaml --kind nngp --ridge 0.01 --inputs x.npy --labels y.npy --test-inputs z.npy
        ntkscorer regress --kernel k.npy --test-kernel c.npy --labels y.npy --one-hot --test-labels t.npy
        ntkscorer regress --kernel k.npy --test-kernel c.npy --labels y.npy --predictor p.npy
      """)

  @Option(
    name: .long,
    help: ArgumentHelp("The same of the other inputs, to tell how good it is.", valueName: "t.npy"),
    completion: .file(extensions: ["npy"]))
  var testLabels: String?

  @OptionGroup var given: TrainingSetOptions

  @Option(
    name: .long, help: "Which kernel of a network: empirical (finite width), ntk or nngp (infinite width).")
  var kind: KernelKind = .ntk

  @Option(name: .long, help: ArgumentHelp("Added to the kernel's diagonal.", valueName: "σ²"))
  var ridge: Double?

  @Option(
    name: .long, help: ArgumentHelp("The same in units of the kernel's mean diagonal.", valueName: "ε"))
  var relativeRidge: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write the mean predictor P = K*K⁻¹, m × n, here (Xiao et al. 2020).", valueName: "p.npy"),
    completion: .file(extensions: ["npy"]))
  var predictor: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Write the covariance of the predictions, m × m, here.", valueName: "c.npy"),
    completion: .file(extensions: ["npy"]))
  var covariance: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write H^∞ of the training inputs, n × n, here: a shallow ReLU network's hidden layer.",
      valueName: "h.npy"),
    completion: .file(extensions: ["npy"]))
  var hiddenLayerKernel: String?

  @Option(
    name: .long,
    help: ArgumentHelp("δ of the widths that theorems on shallow ReLU networks ask for.", valueName: "δ"))
  var failureProbability = 0.05

  @Option(
    name: .long, help: ArgumentHelp("ε of the same: how near to the kernel's own training.", valueName: "ε"))
  var accuracy = 0.1

  @Option(name: .long, help: "How results are written to standard output: table, json or csv.")
  var format: OutputFormat = .table

  @OptionGroup var resourcing: ResourceOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    guard (given.kernel == nil) != (given.network == nil) else {
      throw ValidationError("name a network or a --kernel, one of them")
    }
    if given.kernel != nil {
      guard given.inputs == nil, given.testInputs == nil else {
        throw ValidationError(
          "--inputs and --test-inputs are a network's; a --kernel goes with --test-kernel")
      }
      guard given.testKernel != nil else { throw ValidationError("--kernel needs --test-kernel") }
      guard hiddenLayerKernel == nil else {
        throw ValidationError("--hidden-layer-kernel is of inputs, and a --kernel has none")
      }
      guard covariance == nil else {
        throw ValidationError("--covariance needs the kernel of the other inputs too: name a network")
      }
    } else {
      guard given.inputs != nil, given.testInputs != nil, given.testKernel == nil else {
        throw ValidationError("a network needs --inputs and --test-inputs, and no --test-kernel")
      }
    }
    guard ridge == nil || relativeRidge == nil else {
      throw ValidationError("--ridge and --relative-ridge contradict each other")
    }
    for (value, name) in [(ridge, "--ridge"), (relativeRidge, "--relative-ridge")] {
      if let value, !(value >= 0 && value.isFinite) {
        throw ValidationError("\(name) is \(value); expected 0 or a positive number")
      }
    }
    try validateTheorems(accuracy: accuracy, failureProbability: failureProbability)
    guard format != .markdown else {
      throw ValidationError("--format is markdown; expected table, json or csv")
    }
    if covariance != nil, kind == .empirical || (kind == .ntk && (ridge ?? relativeRidge ?? 0) > 0) {
      throw ValidationError(
        "--covariance is that of --kind nngp, or of --kind ntk without a ridge")
    }
  }

  func run() throws {
    for path in [predictor, covariance, hiddenLayerKernel].compactMap(\.self) {
      try OutputFile.checkPlace(path)
    }
    let targets = try InputFile.targets(given.labels, oneHot: given.oneHot)
    let (source, kernels) =
      try given.kernel.map { ($0, try kernelsFromFiles($0)) } ?? (given.network ?? "", kernelsOfNetwork())
    let trained = kernels.training.matrix
    let mean = trained.diagonal.reduce(0, +) / Double(max(1, trained.rows))
    let noise = ridge ?? relativeRidge.map { $0 * mean } ?? 0
    let posterior = try kernels.posterior(targets: targets, ridge: noise)
    let predictions =
      try posterior?.mean
      ?? KernelRegression.predictions(
        kernel: trained, crossKernel: kernels.cross, targets: targets, ridge: noise,
        epsilon: kernels.training.spectrum.epsilon)
    if let predictor {
      let matrix = try KernelRegression.meanPredictor(
        kernel: trained, crossKernel: kernels.cross, epsilon: kernels.training.spectrum.epsilon)
      try NumericArray(shape: [matrix.rows, matrix.columns], values: matrix.values).write(npy: predictor)
    }
    if let covariance, let matrix = posterior?.covariance {
      try NumericArray(shape: [matrix.rows, matrix.columns], values: matrix.values).write(npy: covariance)
    }
    let shallow = try kernels.inputs.map { try ShallowReLUKernels.hiddenLayerLimit(inputs: $0) }
    if let hiddenLayerKernel, let shallow {
      try NumericArray(shape: [shallow.rows, shallow.columns], values: shallow.values).write(
        npy: hiddenLayerKernel)
    }
    let held = try testLabels.map {
      try InputFile.targets($0, oneHot: given.oneHot, count: given.oneHot ? targets.columns : nil)
    }
    if let held, held.rows != predictions.rows || held.columns != predictions.columns {
      throw CommandFailure.invalidInput(
        "\(testLabels ?? ""): labels of \(held.shape); expected \(predictions.shape)")
    }
    let document = RegressionDocument(
      source: source, kernel: kernels.training, ridge: noise, predictions: predictions,
      deviations: posterior?.variances.map { $0.squareRoot() }, targets: held, isOneHot: given.oneHot,
      complexity: try? KernelRegression.complexity(
        kernel: trained, targets: targets, epsilon: kernels.training.spectrum.epsilon),
      shallow: try shallow.map {
        try ShallowTheorems(
          limit: $0, targets: targets, failureProbability: failureProbability, accuracy: accuracy)
      })
    try StandardOutput.shared.append(
      format == .json
        ? document.json : format == .csv ? document.csv : document.page(style: Terminal.outputStyle))
  }

  /// Kernels among training inputs and between these and others.
  private struct Kernels {
    let training: DecomposedKernel
    let cross: Matrix
    /// Of the outputs at initialization; nil where nothing is known of them.
    var prior: GaussianPrior?
    var isPrior = false
    /// n × numbers of one sample.
    var inputs: Matrix?

    /// Nil where the regression is no network's posterior.
    func posterior(targets: Matrix, ridge: Double) throws -> GaussianPosterior? {
      guard let prior else { return nil }
      if isPrior {
        return try GaussianProcess.bayesian(
          kernel: training, prior: prior, targets: targets, noiseVariance: ridge)
      }
      guard ridge == 0 else { return nil }
      return try GaussianProcess.trained(
        tangentKernel: training, tangentCross: cross, prior: prior, targets: targets,
        at: .gradientFlow(time: .infinity))
    }
  }

  private func kernelsFromFiles(_ path: String) throws -> Kernels {
    let training = try InputFile.kernel(path)
    return Kernels(training: training, cross: try InputFile.matrix(given.testKernel ?? ""))
  }

  private func kernelsOfNetwork() throws -> Kernels {
    let file = try NetworkFile.read(SourceText(contentsOfFile: given.network ?? ""))
    let shape = file.network.inputShape
    let training = try InputFile.batch(given.inputs ?? "", shape: shape)
    let other = try InputFile.batch(given.testInputs ?? "", shape: shape)
    let network = NetworkKernels(
      scorer: logging.scorer, network: file.network, seed: given.seed,
      settings: KernelSettings(
        outputReduction: .trace, parameterization: file.parameterization ?? .standard, precision: .double),
      resources: resourcing.resources)
    let kernel = try DecomposedKernel(network.matrix(kind, training))
    var kernels = Kernels(training: kernel, cross: try network.matrix(kind, other, training))
    kernels.inputs = try Matrix(
      rows: training.batch.count, columns: shape.elementCount, values: training.exact)
    switch kind {
    case .empirical: break
    case .nngp:
      kernels.isPrior = true
      kernels.prior = try network.prior(training, other, known: (kernel.matrix, kernels.cross))
    case .ntk: kernels.prior = try network.prior(training, other)
    }
    return kernels
  }
}
