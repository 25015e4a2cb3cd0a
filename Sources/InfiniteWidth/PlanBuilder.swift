import GaussianDuals
import NetworkGraph

/// Walks a canonical network from the input to the output and writes down the steps on covariances.
struct PlanBuilder {
  /// Neighbouring channels of one law.
  struct Part {
    var channels: Int
    var covariance: Int
  }

  /// What is known of a node's value.
  struct Value {
    var parts: [Part]
    var layout: TileLayout
    /// Channels of a part are independent Gaussians given the inputs: what the dual of an activation needs.
    var isGaussian: Bool
    /// Channels of a part are alike, so that a part can be divided. Not so for the input.
    var isHomogeneous: Bool
    var isZeroMean: Bool
    /// Dense and convolution layers whose output this is, or is made of without other weights in between.
    var sources: Set<Int>

    var channels: Int { parts.reduce(0) { $0 + $1.channels } }
  }

  let network: Network
  let names: [String]
  let settings: InfiniteWidthSettings
  let inputLayout: TileLayout
  let inputChannels: Int
  var values: [Value] = []
  var covariances: [KernelPlan.Covariance] = []
  var steps: [KernelPlan.Step] = []
  var tables: [KernelPlan.Table] = []
  var patches: [PatchShape] = []
  var output = 0
  let needsPairs: [Bool]
  /// Into how many parts of neighbouring channels the input is divided, for grouped convolutions.
  let inputParts: Int

  init(_ canonical: CanonicalNetwork, _ settings: InfiniteWidthSettings) {
    network = canonical.network
    names = zip(canonical.network.nodes, canonical.originalNames).map { $1 ?? $0.name }
    self.settings = settings
    needsPairs = Self.pairsNeeded(in: network)
    let shape = network.inputShape
    let readers = network.nodes.filter { $0.inputs.contains(0) }
    if !readers.isEmpty, readers.allSatisfy({ $0.operation == .flatten }) {
      (inputLayout, inputChannels) = (.single, shape.elementCount)
    } else {
      (inputLayout, inputChannels) = (shape.layout(isFull: needsPairs[0]), shape.channels)
    }
    let channels = inputChannels
    inputParts = network.nodes.reduce(1) { parts, node in
      guard case .convolution(let convolution) = node.operation, channels.isMultiple(of: convolution.groups)
      else { return parts }
      let common = leastCommonMultiple(parts, convolution.groups)
      return channels.isMultiple(of: common) ? common : parts
    }
  }

  /// Backward from the output: whether covariances between different positions of a value are needed.
  private static func pairsNeeded(in network: Network) -> [Bool] {
    var needed = [Bool](repeating: false, count: network.nodes.count)
    for (index, node) in network.nodes.enumerated().reversed() {
      for input in node.inputs {
        let passesOn =
          switch node.operation {
          case .dense: false
          case .globalAveragePooling: true
          case .averagePooling(let pooling): pooling.kernel > 1 || needed[index]
          default: needed[index]
          }
        guard case .maps = network.nodes[input].shape else { continue }
        needed[input] = needed[input] || passesOn
      }
    }
    return needed
  }

  mutating func build() throws(InfiniteWidthError) {
    for index in network.nodes.indices { values.append(try value(at: index)) }
    let result = diagonal(values[network.output])
    let terms = weights(of: result)
    output = add(.single) { .dense(target: $0, terms: terms, factors: .mean) }
  }

  mutating func value(at index: Int) throws(InfiniteWidthError) -> Value {
    let node = network.nodes[index]
    switch node.operation {
    case .input: return input()
    case .zero: return zero(node, index)
    case .dense(let dense): return try self.dense(dense, node, index)
    case .convolution(let convolution): return try self.convolution(convolution, node, index)
    case .activation(let activation): return try activate(activation, node, index)
    case .layerNormalization(let normalization): return try normalize(normalization, node, index)
    case .averagePooling(let pooling): return averagePool(pooling, node, index)
    case .globalAveragePooling: return globalAverage(node)
    case .flatten, .identity: return inputs(of: index)[0]
    case .add: return try sum(node, index)
    case .concatenate: return try concatenation(index)
    case .scale(let factor):
      var result = inputs(of: index)[0]
      result.parts = combine(
        result.parts.map { ($0.channels, [($0.covariance, factor * factor)]) }, result.layout)
      return result
    case .maxPooling:
      throw unsupported(index, "the maximum of several Gaussians has no closed kernel; use average pooling")
    case .batchNormalization:
      if settings.removesBatchNormalization { return inputs(of: index)[0] }
      throw unsupported(
        index, "its statistics couple all samples of a batch; remove it, or use the finite-width kernel")
    case .groupNormalization:
      throw unsupported(index, "groups of finitely many channels have random statistics; use layer_norm")
    case .multiply:
      throw unsupported(
        index, "a product of random values is not Gaussian, and no kernel of it is known here")
    }
  }
}

extension TensorShape {
  func layout(isFull: Bool) -> TileLayout {
    switch self {
    case .features: .single
    case .maps(_, let height, let width): TileLayout(height: height, width: width, isFull: isFull)
    }
  }
}

private func leastCommonMultiple(_ a: Int, _ b: Int) -> Int {
  var (x, y) = (a, b)
  while y != 0 { (x, y) = (y, x % y) }
  return a / x * b
}
