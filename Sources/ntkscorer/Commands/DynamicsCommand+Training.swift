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
    let file = try NetworkFile.read(SourceText(contentsOfFile: network ?? ""))
    let shape = file.network.inputShape
    let training = try InputFile.batch(inputs ?? "", shape: shape)
    let other = try testInputs.map { try InputFile.batch($0, shape: shape) }
    func matrix(_ batch: (batch: SampleBatch, exact: [Double])) throws -> Matrix {
      try Matrix(rows: batch.batch.count, columns: shape.elementCount, values: batch.exact)
    }
    var settings = KernelSettings(outputReduction: .trace, precision: .double)
    settings.parameterization = file.parameterization ?? .standard
    // The engine reads float32, and the network has to start from the same outputs.
    func rounded(_ batch: (batch: SampleBatch, exact: [Double])) throws -> Matrix {
      try Matrix(
        rows: batch.batch.count, columns: shape.elementCount, values: batch.batch.values.map(Double.init))
    }
    let run = try DescentRun(
      TrainableNetwork(CanonicalNetwork(file.network), parameters: .drawn(seed: seed), settings: settings),
      inputs: rounded(training), targets: targets, testInputs: try other.map(rounded),
      steps: moments.map { Int($0.position) }, learningRate: learningRate)
    let last = moments.last ?? .gradientDescent(steps: 0, learningRate: learningRate)
    let isLinearisation = kind == .empirical && file.network.outputCount == 1
    let linearised = try? isLinearisation
      ? dynamics.outputs(at: last)
      : linearisedOutputs(file.network, settings, training.batch, targets, run.initialOutputs, at: last)
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
    return TrainedNetwork(
      run: run, inputs: try matrix(training), targets: targets, testInputs: try other.map(matrix),
      linearisationError: linearisationError, infiniteWidth: limit, note: note)
  }

  /// Rows of the kernel between all samples and outputs that are decomposed for a number at the end of a report.
  private static let largestLinearisation = 4096

  /// What training gives the linearised network, n × outputs: outputs share their weights, so that it takes the kernel
  /// between all of them. Nil where that is too large.
  private func linearisedOutputs(
    _ network: Network, _ settings: KernelSettings, _ inputs: SampleBatch, _ targets: Matrix,
    _ initial: Matrix, at moment: TrainingProgress
  ) throws -> Matrix? {
    let outputs = network.outputCount
    guard inputs.count * outputs <= Self.largestLinearisation else { return nil }
    var settings = settings
    settings.outputReduction = .full
    let kernel = try logging.scorer.kernel(
      KernelRequest(
        kind: .empirical, network: network, inputs: inputs, parameters: .drawn(seed: seed),
        settings: settings, resources: resourcing.resources)
    ).kernel
    func column(_ matrix: Matrix) -> Matrix {
      Matrix(rows: inputs.count * outputs, columns: 1) { row, _ in matrix[row / outputs, row % outputs] }
    }
    let dynamics = try TrainingDynamics(
      kernel: DecomposedKernel(Matrix(kernel)), targets: column(targets), initialOutputs: column(initial))
    let values = try dynamics.outputs(at: moment)
    return Matrix(rows: inputs.count, columns: outputs) { values[$0 * outputs + $1, 0] }
  }

  private func infiniteWidth(
    _ network: Network, _ settings: KernelSettings, _ training: (batch: SampleBatch, exact: [Double]),
    _ other: (batch: SampleBatch, exact: [Double])?, _ targets: Matrix, _ moments: [TrainingProgress]
  ) throws -> TrainedNetwork.InfiniteWidth {
    typealias Inputs = (batch: SampleBatch, exact: [Double])
    func kernel(_ kind: KernelKind, _ first: Inputs, _ second: Inputs? = nil) throws -> Matrix {
      try Matrix(
        logging.scorer.kernel(
          KernelRequest(
            kind: kind, network: network, inputs: first.batch, secondInputs: second?.batch,
            exactInputs: first.exact, exactSecondInputs: second?.exact, parameters: .drawn(seed: seed),
            settings: settings, resources: resourcing.resources)
        ).kernel)
    }
    let tangent = try DecomposedKernel(kernel(.ntk, training))
    let dynamics = try TrainingDynamics(kernel: tangent, targets: targets)
    let losses = try moments.map { try dynamics.loss(at: $0) }
    guard let other, let last = moments.last else { return .init(losses: losses, posterior: nil) }
    let prior = try GaussianPrior(
      training: kernel(.nngp, training), cross: kernel(.nngp, other, training), test: kernel(.nngp, other))
    return .init(
      losses: losses,
      posterior: try GaussianProcess.trained(
        tangentKernel: tangent, tangentCross: kernel(.ntk, other, training), prior: prior, targets: targets,
        at: last))
  }
}
