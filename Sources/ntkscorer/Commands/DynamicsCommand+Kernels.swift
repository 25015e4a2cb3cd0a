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

  /// Of outputs' mean, which is each output's own at infinite width.
  func kernelOfNetwork() throws -> KernelData {
    let scorer = logging.scorer
    let path = network ?? ""
    let file = try NetworkFile.read(SourceText(contentsOfFile: path))
    let shape = file.network.inputShape
    let batch = try InputFile.batch(inputs ?? "", shape: shape)
    let other = try testInputs.map { try InputFile.batch($0, shape: shape) }
    var settings = KernelSettings(outputReduction: .trace, precision: .double)
    settings.parameterization = file.parameterization ?? .standard
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
      let count = file.network.outputCount
      return try result.outputs.map { try Matrix(rows: $0.count / max(1, count), columns: count, values: $0) }
    }
    let own = try result(kind, batch, nil)
    let cross = try other.map { try result(kind, $0, batch) }
    var data = KernelData(
      source: path, kernel: try DecomposedKernel(try Matrix(own.kernel)),
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

  func targets() throws -> Matrix {
    guard oneHot else { return try InputFile.matrix(labels) }
    let classes = try NumericArray(npy: labels).labels(name: labels)
    guard let least = classes.min(), least >= 0, let count = classes.max().map({ $0 + 1 }), count <= 100_000
    else {
      throw CommandFailure.invalidInput("\(labels): classes are 0, 1, …")
    }
    return Matrix(rows: classes.count, columns: count) { (classes[$0] == $1 ? 1 : 0) - 1 / Double(count) }
  }
}
