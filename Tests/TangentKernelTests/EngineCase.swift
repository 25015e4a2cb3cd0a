import Datasets
import LaneKernels
import NetworkGraph
import ReferenceEngine
import TangentKernel
import WideTiles

/// A network with stored parameters and inputs, ready for the engine and for the reference.
struct EngineCase: Sendable {
  let network: Network
  let canonical: CanonicalNetwork
  let stored: [String: [Double]]
  let parameters: ParameterSource
  /// [sample][element], float32 values.
  let inputs: [[Double]]

  init(_ network: Network, samples: Int, seed: UInt64, scale: Double = 1) throws {
    let inputs = sampleInputs(network.inputShape, count: samples, seed: seed &+ 1, scale: scale)
    try self.init(network, stored: network.randomParameters(seed: seed), inputs: inputs)
  }

  init(_ network: Network, stored: [String: [Double]], inputs: [[Double]]) throws {
    self.network = network
    self.stored = stored
    self.inputs = inputs
    canonical = try CanonicalNetwork(network)
    var arrays: [String: NumericArray] = [:]
    for index in network.nodes.indices {
      for array in network.parameterArrays(at: index) {
        let name = "\(network.nodes[index].name).\(array.suffix)"
        if let values = stored[name] {
          arrays[name] = try NumericArray(shape: array.dimensions, values: values)
        }
      }
    }
    parameters = try .checked(arrays, for: network)
  }

  var batch: SampleBatch { get throws { try sampleBatch(network.inputShape, inputs) } }

  func evaluate(
    _ settings: KernelSettings = .init(precision: .double), on engine: TangentKernelEngine = .init(),
    workspace: KernelWorkspace = .init()
  ) throws -> KernelEvaluation {
    try engine.evaluate(
      canonical, parameters: parameters, inputs: try batch, settings: settings, workspace: workspace)
  }

  func reference(
    _ normalization: ReferenceModel.Normalization = .frozen, _ parameterization: Parameterization = .standard
  ) -> ReferenceModel {
    ReferenceModel(network, stored: stored, normalization: normalization, parameterization: parameterization)
  }
}

/// Normal numbers, rounded to float32 as every batch is.
func sampleInputs(_ shape: TensorShape, count: Int, seed: UInt64, scale: Double = 1) -> [[Double]] {
  var random = TestRandom(seed: seed)
  return (0..<count).map { _ in
    (0..<shape.elementCount).map { _ in Double(Float(scale * random.normal())) }
  }
}

func sampleBatch(_ shape: TensorShape, _ inputs: [[Double]]) throws -> SampleBatch {
  try SampleBatch(shape: shape, count: inputs.count, values: inputs.flatMap { $0.map { Float($0) } })
}

extension Network {
  var hasBatchNormalization: Bool {
    nodes.contains { if case .batchNormalization = $0.operation { true } else { false } }
  }
}

extension ReferenceModel.Normalization {
  init(_ mode: NormalizationMode) {
    switch mode {
    case .frozen: self = .frozen
    case .batch: self = .batch
    case .running: self = .running
    case .removed: self = .removed
    }
  }
}

extension ReferenceReduction {
  init(_ reduction: OutputReduction) {
    switch reduction {
    case .sum: self = .sum
    case .trace: self = .trace
    case .full: self = .full
    }
  }
}

extension ReferenceFilter {
  init(_ filter: ParameterFilter) {
    switch filter {
    case .all: self = .all
    case .weights: self = .weights
    case .kernels: self = .kernels
    }
  }
}

/// Every instruction-set variant that this machine runs, and the widest register tiles on any machine.
let supportedVariants: [LaneVariantChoice] =
  (LaneVariants.all + [wideTileVariant()]).filter { $0.pointee.isSupported() }.map { LaneVariantChoice($0) }
