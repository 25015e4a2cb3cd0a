import ArchitectureScorer
import Datasets
import LinearAlgebra
import NetworkGraph
import TangentKernel
import Trainability

/// Kernels of one network among inputs that were read from files.
struct NetworkKernels {
  /// As the engine reads them, and as precise as the file's numbers.
  typealias Inputs = (batch: SampleBatch, exact: [Double])

  let scorer: Scorer
  let network: Network
  /// Draws the weights.
  let seed: UInt64
  let settings: KernelSettings
  let resources: Resources

  /// - Parameter second: nil for the kernel of one set.
  func result(_ kind: KernelKind, _ first: Inputs, _ second: Inputs? = nil) throws -> KernelResult {
    try scorer.kernel(
      KernelRequest(
        kind: kind, network: network, inputs: first.batch, secondInputs: second?.batch,
        exactInputs: first.exact, exactSecondInputs: second?.exact, parameters: .drawn(seed: seed),
        settings: settings, resources: resources))
  }

  func matrix(_ kind: KernelKind, _ first: Inputs, _ second: Inputs? = nil) throws -> Matrix {
    try Matrix(result(kind, first, second).kernel)
  }

  /// The distribution of outputs at initialization.
  ///
  /// - Parameters:
  ///   - known: the NNGP kernels of the training inputs and between the others and these, where they are there already.
  func prior(_ training: Inputs, _ other: Inputs, known: (training: Matrix, cross: Matrix)? = nil) throws
    -> GaussianPrior
  {
    try GaussianPrior(
      training: known?.training ?? matrix(.nngp, training),
      cross: known?.cross ?? matrix(.nngp, other, training),
      test: matrix(.nngp, other))
  }
}

extension Matrix {
  init(_ kernel: KernelMatrix) throws {
    try self.init(rows: kernel.rows, columns: kernel.columns, values: kernel.values)
  }
}
