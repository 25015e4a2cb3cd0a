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
    var ensemble: TrainedEnsemble?
  }

  func kernelFromFile(_ path: String) throws -> KernelData {
    KernelData(
      source: path, kernel: try InputFile.kernel(path),
      cross: try testKernel.map { try InputFile.matrix($0) })
  }

  func kernelFromJacobian(_ path: String) throws -> KernelData {
    let jacobian = try InputFile.matrix(path)
    return KernelData(
      source: path, kernel: try DecomposedKernel(jacobian.multiplied(byTransposeOf: jacobian)),
      cross: try testKernel.map { try InputFile.matrix($0) })
  }

  /// Rows of a kernel between all samples and outputs that are decomposed.
  static let largestFullKernel = 4096

  /// Between all samples and outputs, which share their weights, where that is not too large; else, and at infinite
  /// width, where it is each output's own, the mean over outputs.
  func kernelOfNetwork() throws -> KernelData {
    let scorer = logging.scorer
    let path = network ?? ""
    let file = try NetworkFile.read(SourceText(contentsOfFile: path))
    let shape = file.network.inputShape
    let batch = try InputFile.batch(inputs ?? "", shape: shape)
    let other = try testInputs.map { try InputFile.batch($0, shape: shape) }
    var settings = KernelSettings(outputReduction: .trace, precision: .double)
    settings.parameterization = file.parameterization ?? .standard
    let outputCount = file.network.outputCount
    let rows = batch.batch.count.multipliedReportingOverflow(by: outputCount)
    let isFull =
      kind == .empirical && outputCount > 1 && !rows.overflow && rows.partialValue <= Self.largestFullKernel
    if isFull { settings.outputReduction = .full }
    let source =
      kind == .empirical && outputCount > 1 && !isFull ? "\(path) (mean kernel over outputs)" : path
    typealias Inputs = (batch: SampleBatch, exact: [Double])
    func result(_ kind: KernelKind, _ first: Inputs, _ second: Inputs?) throws -> KernelResult {
      try scorer.kernel(
        KernelRequest(
          kind: kind, network: file.network, inputs: first.batch, secondInputs: second?.batch,
          exactInputs: first.exact, exactSecondInputs: second?.exact,
          parameters: .drawn(seed: seed),
          settings: settings, resources: resourcing.resources))
    }
    func outputs(_ result: KernelResult) throws -> Matrix? {
      try result.outputs.map {
        try Matrix(rows: $0.count / max(1, outputCount), columns: outputCount, values: $0)
      }
    }
    let own = try result(kind, batch, nil)
    let cross = try other.map { try result(kind, $0, batch) }
    var data = KernelData(
      source: source, kernel: try DecomposedKernel(try Matrix(own.kernel)),
      cross: try cross.map { try Matrix($0.kernel) },
      outputs: try outputs(own), testOutputs: try cross.flatMap(outputs))
    if deviations, let other, let cross = data.cross {
      // Of the last layer alone the tangent kernel is the NNGP kernel.
      let isPrior = kind == .nngp
      data.ensemble = try TrainedEnsemble(
        tangentKernel: data.kernel, tangentCross: cross,
        prior: GaussianPrior(
          training: isPrior ? data.kernel.matrix : Matrix(result(.nngp, batch, nil).kernel),
          cross: isPrior ? cross : Matrix(result(.nngp, other, batch).kernel),
          test: Matrix(result(.nngp, other, nil).kernel)))
    }
    return data
  }

  func initial(_ data: KernelData) throws -> Matrix? {
    try initialOutputs.map { try InputFile.matrix($0) } ?? data.outputs
  }

  func initialTest(_ data: KernelData) throws -> Matrix? {
    try initialTestOutputs.map { try InputFile.matrix($0) } ?? data.testOutputs
  }

  func targets() throws -> Matrix { try InputFile.targets(labels, oneHot: oneHot) }
}
