import NetworkGraph

/// A network in the terms of mean-field theory: one activation φ and one σ_w², σ_b² in all layers.
///
/// The theory is of chains of layers: dense or convolution, then φ. It takes convolutions for what they are far from
/// borders (circular padding), where they propagate signals as dense layers do (Xiao et al. 2018); strides, dilation and
/// groups do not enter.
public struct MeanFieldNetwork: Hashable, Sendable {
  /// φ, the same in all layers.
  public let activation: Activation
  /// σ_w².
  public let weightVariance: Double
  /// σ_b².
  public let biasVariance: Double
  /// l: dense layers and convolutions, the readout included.
  public let depth: Int
  /// How the last layer reads what stands before it.
  public let readout: Readout

  /// What layers without variances of their own have, and what becomes of batch normalization.
  public struct Defaults: Hashable, Sendable {
    /// σ_w², above 0; nil where every layer has to give its own, and σ_b² when it has a bias.
    public var weightVariance: Double?
    /// σ_b², at least 0.
    public var biasVariance: Double
    /// Batch normalization is the identity.
    public var removesBatchNormalization: Bool

    /// - Parameters:
    ///   - weightVariance: σ_w².
    ///   - biasVariance: σ_b².
    public init(weightVariance: Double?, biasVariance: Double = 0, removesBatchNormalization: Bool = false) {
      self.weightVariance = weightVariance
      self.biasVariance = biasVariance
      self.removesBatchNormalization = removesBatchNormalization
    }
  }

  /// - Throws: `MeanFieldError.undefined`, which names the node that the theory has no place for.
  public init(_ canonical: CanonicalNetwork, defaults: Defaults) throws(MeanFieldError) {
    var reader = ChainReader(canonical, defaults)
    try reader.read()
    guard let activation = reader.activation else {
      throw .undefined("mean-field theory is of layers with an activation between them, and there is none")
    }
    guard let scaling = reader.scaling, scaling.weight > 0 else {
      throw .undefined("the weight variance is 0, so nothing propagates")
    }
    self.activation = activation
    weightVariance = scaling.weight
    biasVariance = scaling.bias
    depth = reader.depth
    readout = reader.readout
  }

  /// The analysis, from inputs of mean square 1.
  public func analysis() throws(MeanFieldError) -> MeanFieldAnalysis {
    try MeanFieldAnalysis(
      WideNetworkMaps(
        activation: activation, weightVariance: weightVariance, biasVariance: biasVariance),
      dataVariance: weightVariance + biasVariance)
  }
}

/// Walks a chain from the input to the output.
private struct ChainReader {
  let network: Network
  let names: [String]
  let defaults: MeanFieldNetwork.Defaults
  var activation: Activation?
  var scaling: (weight: Double, bias: Double)?
  var depth = 0
  var readout = Readout.fullyConnected
  /// Whether the last thing on the way was a layer, so that an activation may follow.
  private var isAfterLayer = false
  /// Whether a map was pooled or flattened behind the last convolution.
  private var isReadOut = false

  init(_ canonical: CanonicalNetwork, _ defaults: MeanFieldNetwork.Defaults) {
    network = canonical.network
    names = zip(canonical.network.nodes, canonical.originalNames).map { $1 ?? $0.name }
    self.defaults = defaults
  }

  mutating func read() throws(MeanFieldError) {
    for (index, node) in network.nodes.enumerated() {
      // In a chain every node reads the one before it.
      if index > 0, node.inputs != [index - 1] {
        throw undefined(index, "layers are not a chain: branches and sums are not in the theory")
      }
      try read(node, index)
    }
    guard depth > 0, isAfterLayer else {
      throw .undefined("mean-field theory is of networks that end in a dense layer or a convolution")
    }
  }

  private mutating func read(_ node: Node, _ index: Int) throws(MeanFieldError) {
    switch node.operation {
    case .input, .identity: break
    case .dense(let dense): try layer(dense.scaling, hasBias: dense.bias, index)
    case .convolution(let convolution):
      if isReadOut { throw undefined(index, "it follows a pooling") }
      try layer(convolution.scaling, hasBias: convolution.bias, index)
    case .activation(let found):
      guard isAfterLayer else { throw undefined(index, "it does not follow a dense layer or a convolution") }
      if let activation, activation != found {
        throw undefined(index, "another activation is \(activation.name), and the theory is of one")
      }
      activation = found
      isAfterLayer = false
    case .flatten:
      // Of the input it is no readout.
      guard depth > 0 else { return }
      readout = .flatten
      isReadOut = true
    case .globalAveragePooling:
      guard depth > 0, !isAfterLayer else {
        throw undefined(index, "the theory has average pooling behind the last activation alone")
      }
      readout = .averagePooling(positions: network.nodes[node.inputs[0]].shape.positions)
      isReadOut = true
    case .batchNormalization where defaults.removesBatchNormalization: break
    case .batchNormalization, .layerNormalization, .groupNormalization:
      throw undefined(index, "normalization replaces the variances that the theory is about")
    case .averagePooling, .maxPooling, .add, .multiply, .scale, .concatenate, .zero:
      throw undefined(index, "the theory has no such operation")
    }
  }

  private mutating func layer(_ given: ParameterScaling, hasBias: Bool, _ index: Int) throws(MeanFieldError) {
    guard !isAfterLayer else {
      throw undefined(index, "it follows another layer without an activation between")
    }
    guard let variance = given.weightVariance ?? defaults.weightVariance,
      defaults.weightVariance != nil || !hasBias || given.biasVariance != nil
    else {
      throw undefined(
        index, "it leaves its variance to an initialization that has no limit of infinite width here")
    }
    let weight = given.weightScale * given.weightScale * variance
    let bias = hasBias ? given.biasScale * given.biasScale * (given.biasVariance ?? defaults.biasVariance) : 0
    if let scaling, scaling != (weight, bias) {
      throw undefined(
        index,
        "its variances σ_w² = \(weight), σ_b² = \(bias) differ from those of the layers before, "
          + "\(scaling.weight) and \(scaling.bias)")
    }
    scaling = (weight, bias)
    depth += 1
    isAfterLayer = true
  }

  private func undefined(_ index: Int, _ reason: String) -> MeanFieldError {
    .undefined("node '\(names[index])' (\(network.nodes[index].operation.name)): \(reason)")
  }
}
