import GaussianDuals
import LinearAlgebra
import NetworkGraph
import TangentKernel

/// A network with its parameters in float64: the real, non-linear one, that can be run and trained by full-batch gradient
/// descent on ½Σr². It starts from the same parameters as the tangent kernel's engine.
///
/// Values are matrices, a row for each sample (channel, row, column). Gradients are by the stored parameters ω: in the NTK
/// parameterization an effective weight σ_w/√fan_in · ω moves by the factor squared.
public struct TrainableNetwork: Sendable {
  let network: Network
  let names: [String]
  private(set) var layers: [Int: EffectiveParameters]
  private let initial: [Int: EffectiveParameters]
  let patches: [Int: PatchMap]
  /// Of each layer's arrays, as a weights file names them.
  let shapes: [Int: [(suffix: String, dimensions: [Int])]]

  /// - Throws: `NetworkTrainingError` for an operation without a gradient here, and for parameters that are missing.
  public init(
    _ canonical: CanonicalNetwork, parameters: ParameterSource, settings: KernelSettings
  ) throws(NetworkTrainingError) {
    network = canonical.network
    names = zip(canonical.network.nodes, canonical.originalNames).map { $1 ?? $0.name }
    var patches: [Int: PatchMap] = [:]
    for (index, node) in network.nodes.enumerated() {
      let input = node.inputs.first.map { canonical.network.nodes[$0].shape }
      switch node.operation {
      case .convolution(let layer):
        patches[index] = input.map {
          PatchMap(
            input: $0, output: node.shape, kernel: (layer.kernelHeight, layer.kernelWidth),
            stride: layer.stride,
            padding: layer.padding, dilation: layer.dilation, isCircular: layer.paddingMode == .circular)
        }
      case .averagePooling(let layer):
        patches[index] = input.map {
          PatchMap(
            input: $0, output: node.shape, kernel: (layer.kernel, layer.kernel), stride: layer.stride,
            padding: layer.padding)
        }
      case .input, .dense, .activation, .flatten, .identity, .add, .multiply, .scale, .concatenate, .zero,
        .globalAveragePooling:
        break
      default: throw .unsupported(node: names[index], operation: node.operation.name)
      }
    }
    self.patches = patches
    do {
      layers = try TangentKernelEngine.effectiveParameters(
        of: canonical, source: parameters, settings: settings)
    } catch { throw .parameters(error) }
    initial = layers
    shapes = layers.keys.reduce(into: [:]) { shapes, index in
      shapes[index] = canonical.network.parameterArrays(at: index).map { ($0.suffix, $0.dimensions) }
    }
  }

  /// f, n × O.
  ///
  /// - Parameter inputs: n × numbers of one sample.
  public func outputs(_ inputs: Matrix) throws(NetworkTrainingError) -> Matrix {
    try forward(inputs)[network.output]
  }

  /// ‖ω − ω₀‖ over all parameters.
  public var displacement: Double { distance(from: initial) }

  /// ‖ω − ω′‖.
  func distance(from others: [Int: EffectiveParameters]) -> Double {
    norm { layer, index in
      let start = others[index]
      return (
        start.map { zip(layer.weight, $0.weight).map { $0 - $1 } } ?? [],
        start?.bias.flatMap { start in layer.bias.map { zip($0, start).map { $0 - $1 } } } ?? []
      )
    }
  }

  /// ‖ω₀‖; arrays that a factor of zero switches off count as zero.
  public var initialNorm: Double {
    norm { _, index in (initial[index]?.weight ?? [], initial[index]?.bias ?? []) }
  }

  /// One step of gradient descent: ω ← ω − η ∂/∂ω ½Σ(f − y)².
  ///
  /// - Returns: r = f − y before the step, n × O.
  public mutating func descend(
    inputs: Matrix, targets: Matrix, learningRate: Double
  ) throws(NetworkTrainingError) -> Matrix {
    let values = try forward(inputs)
    let residual = try Self.residual(values[network.output], targets)
    for (index, gradient) in try gradients(values, residual) { move(index, gradient, by: learningRate) }
    return residual
  }

  /// f − y, n × O.
  func residual(inputs: Matrix, targets: Matrix) throws(NetworkTrainingError) -> Matrix {
    try Self.residual(outputs(inputs), targets)
  }

  private static func residual(_ outputs: Matrix, _ targets: Matrix) throws(NetworkTrainingError) -> Matrix {
    guard outputs.rows == targets.rows, outputs.columns == targets.columns else {
      throw .shapeMismatch("labels of \(targets.shape) for outputs of \(outputs.shape)")
    }
    return Matrix(rows: outputs.rows, columns: outputs.columns) { outputs[$0, $1] - targets[$0, $1] }
  }

  mutating func move(_ index: Int, _ gradient: LayerGradient, by rate: Double) {
    guard var layer = layers[index] else { return }
    layers[index] = nil
    let weightStep = rate * layer.weightFactor * layer.weightFactor
    for place in layer.weight.indices { layer.weight[place] -= weightStep * gradient.weight[place] }
    if var bias = layer.bias {
      layer.bias = nil
      let biasStep = rate * layer.biasFactor * layer.biasFactor
      for place in bias.indices { bias[place] -= biasStep * gradient.bias[place] }
      layer.bias = bias
    }
    layers[index] = layer
  }

  /// Of stored parameters: what stands for a layer's arrays, each divided by its factor.
  private func norm(_ arrays: (EffectiveParameters, Int) -> (weight: [Double], bias: [Double])) -> Double {
    layers.keys.sorted().reduce(0) { sum, index in
      guard let layer = layers[index] else { return sum }
      let (weight, bias) = arrays(layer, index)
      func squares(_ values: [Double], _ factor: Double) -> Double {
        factor == 0 ? 0 : values.reduce(0) { $0 + $1 * $1 } / (factor * factor)
      }
      return sum + squares(weight, layer.weightFactor) + squares(bias, layer.biasFactor)
    }.squareRoot()
  }
}
