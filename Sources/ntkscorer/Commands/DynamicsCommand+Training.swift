import ArchitectureScorer
import Datasets
import LinearAlgebra
import NetworkGraph
import NetworkTraining
import Reports
import TangentKernel
import Trainability
import YAMLDocuments

extension DynamicsCommand {
  /// Trains the network itself through the same steps, and takes the same training to infinite width.
  ///
  /// - Parameter moments: steps of gradient descent.
  func trainedNetwork(
    _ dynamics: TrainingDynamics, _ targets: Matrix, _ moments: [TrainingProgress], learningRate: Double
  ) throws -> TrainedNetwork {
    let file = try NetworkFile.read(SourceText(contentsOfFile: given.network ?? ""))
    let shape = file.network.inputShape
    let training = try InputFile.batch(given.inputs ?? "", shape: shape)
    let other = try given.testInputs.map { try InputFile.batch($0, shape: shape) }
    func matrix(_ batch: NetworkKernels.Inputs) throws -> Matrix {
      try Matrix(rows: batch.batch.count, columns: shape.elementCount, values: batch.exact)
    }
    var settings = KernelSettings(outputReduction: .trace, precision: .double)
    settings.parameterization = file.parameterization ?? .standard
    // The engine reads float32, and the network has to start from the same outputs.
    func rounded(_ batch: NetworkKernels.Inputs) throws -> Matrix {
      try Matrix(
        rows: batch.batch.count, columns: shape.elementCount, values: batch.batch.values.map(Double.init))
    }
    let start = try TrainableNetwork(
      CanonicalNetwork(file.network), parameters: .drawn(seed: given.seed), settings: settings)
    let inputs = try rounded(training)
    let run = try DescentRun(
      start, inputs: inputs, targets: targets, testInputs: try other.map(rounded),
      steps: moments.map { Int($0.position) }, learningRate: learningRate)
    let last = moments.last ?? .gradientDescent(steps: 0, learningRate: learningRate)
    let linearisation = try? linearisation(
      of: file.network, settings, training.batch, targets, run.initialOutputs, givenBy: dynamics)
    let linearised = try? linearisation?.outputs(at: last)
    let linearisationError = linearised.flatMap { linearised in
      try? Laziness.linearisationError(
        outputs: run.outputs, linearised: linearised, initial: run.initialOutputs)
    }
    var (limit, note): (TrainedNetwork.InfiniteWidth?, String?) = (nil, nil)
    do {
      limit = try infiniteWidth(file.network, settings, training, other, targets, moments)
    } catch let error as ScorerError {
      note = "at infinite width: \(error)"
    }
    let curvature = try start.curvatureAlongGradient(inputs: inputs, targets: targets)
    let lazinessScale = linearisation.flatMap { linearisation in
      curvature.flatMap { try? Laziness.chizatScale(linearisation, secondDerivativeNorm: $0) }
    }
    return TrainedNetwork(
      run: run, inputs: try matrix(training), targets: targets, testInputs: try other.map(matrix),
      linearisationError: linearisationError,
      kernelChange: try? kernelChange(of: file.network, settings, training.batch, run),
      lazinessScale: lazinessScale, infiniteWidth: limit, note: note)
  }

  /// The linearised network's training: outputs share their weights, so that it takes the kernel between all of them. Nil
  /// where that is too large.
  private func linearisation(
    of network: Network, _ settings: KernelSettings, _ inputs: SampleBatch, _ targets: Matrix,
    _ initial: Matrix, givenBy dynamics: TrainingDynamics
  ) throws -> TrainingDynamics? {
    if kind == .empirical, network.outputCount == 1 || dynamics.couplesOutputs { return dynamics }
    guard inputs.count * network.outputCount <= Self.largestFullKernel else { return nil }
    var settings = settings
    settings.outputReduction = .full
    return try TrainingDynamics(
      fullKernel: DecomposedKernel(finiteKernel(of: network, settings, inputs, .drawn(seed: given.seed))),
      targets: targets, initialOutputs: initial)
  }

  /// ‖Θ_t − Θ₀‖_F/‖Θ₀‖_F, Θ being the mean over outputs.
  private func kernelChange(
    of network: Network, _ settings: KernelSettings, _ inputs: SampleBatch, _ run: DescentRun
  ) throws -> Double {
    try Laziness.relativeChange(
      of: finiteKernel(of: network, settings, inputs, .arrays(run.network.parameterArrays())),
      from: finiteKernel(of: network, settings, inputs, .drawn(seed: given.seed)))
  }

  private func finiteKernel(
    of network: Network, _ settings: KernelSettings, _ inputs: SampleBatch, _ parameters: ParameterSource
  ) throws -> Matrix {
    try Matrix(
      logging.scorer.kernel(
        KernelRequest(
          kind: .empirical, network: network, inputs: inputs, parameters: parameters, settings: settings,
          resources: resourcing.resources)
      ).kernel)
  }

  private func infiniteWidth(
    _ network: Network, _ settings: KernelSettings, _ training: NetworkKernels.Inputs,
    _ other: NetworkKernels.Inputs?, _ targets: Matrix, _ moments: [TrainingProgress]
  ) throws -> TrainedNetwork.InfiniteWidth {
    let network = NetworkKernels(
      scorer: logging.scorer, network: network, seed: given.seed, settings: settings,
      resources: resourcing.resources)
    let tangent = try DecomposedKernel(network.matrix(.ntk, training))
    let dynamics = try TrainingDynamics(kernel: tangent, targets: targets)
    let losses = try moments.map { try dynamics.loss(at: $0) }
    guard let other, let last = moments.last else { return .init(losses: losses, posterior: nil) }
    return .init(
      losses: losses,
      posterior: try GaussianProcess.trained(
        tangentKernel: tangent, tangentCross: network.matrix(.ntk, other, training),
        prior: network.prior(training, other), targets: targets, at: last))
  }
}
