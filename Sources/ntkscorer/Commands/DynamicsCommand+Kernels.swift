import ArchitectureScorer
import Datasets
import LinearAlgebra
import NetworkGraph
import TangentKernel
import Trainability
import YAMLDocuments

/// Where kernels, labels and first outputs come from.
extension DynamicsCommand {
  struct KernelData {
    let source: String
    let kernel: DecomposedKernel
    var cross: Matrix?
    var outputs: Matrix?
    var testOutputs: Matrix?
    /// Of the outputs at initialization; nil where nothing is known of them.
    var prior: GaussianPrior?
  }

  func kernelFromFile(_ path: String) throws -> KernelData {
    KernelData(
      source: path, kernel: try InputFile.kernel(path),
      cross: try given.testKernel.map { try InputFile.matrix($0) })
  }

  func kernelFromJacobian(_ path: String) throws -> KernelData {
    let jacobian = try InputFile.matrix(path)
    return KernelData(
      source: path, kernel: try DecomposedKernel(jacobian.multiplied(byTransposeOf: jacobian)),
      cross: try given.testKernel.map { try InputFile.matrix($0) })
  }

  /// Rows of a kernel between all samples and outputs that are decomposed.
  static let largestFullKernel = 4096

  /// Between all samples and outputs, which share their weights, where that is not too large; else, and at infinite
  /// width, where it is each output's own, the mean over outputs.
  func kernelOfNetwork() throws -> KernelData {
    let path = given.network ?? ""
    let file = try NetworkFile.read(SourceText(contentsOfFile: path))
    let shape = file.network.inputShape
    let batch = try InputFile.batch(given.inputs ?? "", shape: shape)
    let other = try given.testInputs.map { try InputFile.batch($0, shape: shape) }
    var settings = KernelSettings(outputReduction: .trace, precision: .double)
    settings.parameterization = file.parameterization ?? .standard
    let outputCount = file.network.outputCount
    let rows = batch.batch.count.multipliedReportingOverflow(by: outputCount)
    let isFull =
      kind == .empirical && outputCount > 1 && !rows.overflow && rows.partialValue <= Self.largestFullKernel
    if isFull { settings.outputReduction = .full }
    let source =
      kind == .empirical && outputCount > 1 && !isFull ? "\(path) (mean kernel over outputs)" : path
    let network = NetworkKernels(
      scorer: logging.scorer, network: file.network, seed: given.seed, settings: settings,
      resources: resourcing.resources)
    func outputs(_ result: KernelResult) throws -> Matrix? {
      try result.outputs.map {
        try Matrix(rows: $0.count / max(1, outputCount), columns: outputCount, values: $0)
      }
    }
    let own = try network.result(kind, batch)
    let cross = try other.map { try network.result(kind, $0, batch) }
    var data = KernelData(
      source: source, kernel: try DecomposedKernel(try Matrix(own.kernel)),
      cross: try cross.map { try Matrix($0.kernel) },
      outputs: try outputs(own), testOutputs: try cross.flatMap(outputs))
    if deviations || covariance != nil, let other, let cross = data.cross {
      data.prior = try network.prior(
        batch, other, known: kind == .nngp ? (data.kernel.matrix, cross) : nil)
    }
    return data
  }

  /// Of the last layer alone the tangent kernel is the NNGP kernel.
  func ensemble(_ data: KernelData) throws -> TrainedEnsemble? {
    guard let cross = data.cross, let prior = data.prior else { return nil }
    return try TrainedEnsemble(tangentKernel: data.kernel, tangentCross: cross, prior: prior)
  }

  func initial(_ data: KernelData) throws -> Matrix? {
    try initialOutputs.map { try InputFile.matrix($0) } ?? data.outputs
  }

  func initialTest(_ data: KernelData) throws -> Matrix? {
    try initialTestOutputs.map { try InputFile.matrix($0) } ?? data.testOutputs
  }
}
