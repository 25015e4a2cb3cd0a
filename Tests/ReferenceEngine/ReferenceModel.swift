import NetworkGraph

/// A network evaluated straight from the definitions of its operations: plain loops, double precision, one sample
/// after the other, the original graph rather than its canonical form. Slow on purpose; it shares no code with the
/// engine that it checks.
public struct ReferenceModel: Sendable {
  /// What batch normalization does, by the names of the engine's modes.
  public enum Normalization: String, Sendable, CaseIterable { case frozen, batch, running, removed }

  public let network: Network
  /// Stored parameters by `node.suffix`; missing γ, β and running statistics are 1, 0, 0 and 1.
  public var stored: [String: [Double]]
  public let normalization: Normalization
  public let parameterization: Parameterization

  public init(
    _ network: Network, stored: [String: [Double]], normalization: Normalization = .frozen,
    parameterization: Parameterization = .standard
  ) {
    self.network = network
    self.stored = stored
    self.normalization = normalization
    self.parameterization = parameterization
  }

  /// Everything a forward pass computes.
  public struct Values: Sendable {
    /// [node][sample]: the node's value, channel by channel, row by row.
    public var nodes: [[[Double]]]
    /// What each batch normalization subtracted and divided by, by node.
    public var statistics: [Int: ChannelStatistics]
  }

  /// Mean and biased variance of each channel.
  public struct ChannelStatistics: Sendable {
    public var mean: [Double]
    public var variance: [Double]
  }

  /// Evaluates all nodes.
  ///
  /// - Parameters:
  ///   - inputs: one array a sample.
  ///   - statistics: in `frozen` mode, statistics to use instead of this batch's own.
  public func forward(_ inputs: [[Double]], statistics: [Int: ChannelStatistics]? = nil) -> Values {
    var result = Values(nodes: [], statistics: [:])
    for (index, node) in network.nodes.enumerated() {
      let operands = node.inputs.map { result.nodes[$0] }
      switch node.operation {
      case .input:
        result.nodes.append(inputs)
      case .batchNormalization where normalization == .removed:
        result.nodes.append(operands[0])
      case .batchNormalization(let layer):
        let used = channelStatistics(index, operands[0], given: statistics?[index])
        result.statistics[index] = used
        result.nodes.append(
          operands[0].map { sample in
            normalized(sample, shape: node.shape, used, epsilon: layer.epsilon, parameters(of: index))
          })
      default:
        result.nodes.append(inputs.indices.map { sample in value(of: index, operands.map { $0[sample] }) })
      }
    }
    return result
  }

  /// [sample][output].
  public func outputs(_ values: Values) -> [[Double]] { values.nodes[network.output] }

  // MARK: Parameters

  /// Effective parameters of a node by suffix: factor · stored.
  func parameters(of index: Int) -> [String: [Double]] {
    var result: [String: [Double]] = [:]
    for array in network.parameterArrays(at: index) {
      let factor = factor(of: array, at: index)
      result[array.suffix] = storedValues(of: array, at: index).map { factor * $0 }
    }
    return result
  }

  func storedValues(of array: ParameterArray, at index: Int) -> [Double] {
    if let values = stored[Self.key(array, network.nodes[index])] { return values }
    let missing: Double = array.role == .normalizationScale || array.role == .runningVariance ? 1 : 0
    return [Double](repeating: missing, count: array.count)
  }

  static func key(_ array: ParameterArray, _ node: Node) -> String { "\(node.name).\(array.suffix)" }

  /// effective = factor · stored. NTK parameterization (Jacot et al. 2018): σ_w/√fan_in for weights and σ_b for
  /// biases, σ_w² = 2 and σ_b² = 0 where the layer does not say; times the layer's own scales in either.
  func factor(of array: ParameterArray, at index: Int) -> Double {
    let scaling: ParameterScaling
    switch network.nodes[index].operation {
    case .dense(let layer): scaling = layer.scaling
    case .convolution(let layer): scaling = layer.scaling
    default: return 1
    }
    switch (array.role, parameterization) {
    case (.weight, .standard): return scaling.weightScale
    case (.bias, .standard): return scaling.biasScale
    case (.weight, .ntk):
      return scaling.weightScale * ((scaling.weightVariance ?? 2) / Double(array.fanIn)).squareRoot()
    case (.bias, .ntk): return scaling.biasScale * (scaling.biasVariance ?? 0).squareRoot()
    default: return 1
    }
  }
}
