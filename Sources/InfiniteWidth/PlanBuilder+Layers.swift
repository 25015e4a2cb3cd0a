import GaussianDuals
import NetworkGraph

/// What layers, activations and poolings make of a value.
extension PlanBuilder {
  mutating func input() -> Value {
    let channels = inputChannels / inputParts
    let parts = (0..<inputParts).map { part in
      Part(
        channels: channels,
        covariance: add(inputLayout) {
          .input(target: $0, channels: part * channels..<(part + 1) * channels)
        })
    }
    return Value(
      parts: parts, layout: inputLayout, isGaussian: false, isHomogeneous: false, isZeroMean: false,
      sources: [])
  }

  mutating func zero(_ node: Node, _ index: Int) -> Value {
    let layout = node.shape.layout(isFull: needsPairs[index])
    let part = Part(channels: node.shape.channels, covariance: add(layout) { .zero(target: $0) })
    return Value(
      parts: [part], layout: layout, isGaussian: true, isHomogeneous: true, isZeroMean: true, sources: [])
  }

  private func factors(
    _ scaling: ParameterScaling, bias: Bool, fanIn: Int, _ index: Int
  ) throws(InfiniteWidthError) -> LayerFactors {
    guard let factors = LayerFactors(scaling, bias: bias, fanIn: fanIn, settings: settings) else {
      throw .initializationWithoutLimit(node: names[index])
    }
    return factors
  }

  mutating func dense(_ dense: Dense, _ node: Node, _ index: Int) throws(InfiniteWidthError) -> Value {
    let source = inputs(of: index)[0]
    let fanIn = network.nodes[node.inputs[0]].shape.elementCount
    let factors = try factors(dense.scaling, bias: dense.bias, fanIn: fanIn, index)
    let terms = weights(of: diagonal(source))
    return fresh(
      index,
      [
        Part(
          channels: dense.units,
          covariance: add(.single) { .dense(target: $0, terms: terms, factors: factors) })
      ],
      .single)
  }

  mutating func convolution(
    _ convolution: Convolution, _ node: Node, _ index: Int
  ) throws(InfiniteWidthError) -> Value {
    let source = inputs(of: index)[0]
    let fanIn = network.parameterArrays(at: index)[0].fanIn
    let factors = try factors(convolution.scaling, bias: convolution.bias, fanIn: fanIn, index)
    let layout = node.shape.layout(isFull: needsPairs[index])
    patches.append(PatchShape(window: .convolution(convolution), source: source.layout, target: layout))
    let sum = patches.count - 1
    var groups: [(channels: Int, terms: [(Int, Double)])] = []
    for group in 0..<convolution.groups {
      let width = source.channels / convolution.groups
      let terms = try self.mean(of: source, over: group * width..<(group + 1) * width, index)
      let isLikeLast = groups.last.map { last in
        last.terms.count == terms.count && zip(last.terms, terms).allSatisfy { $0.0 == $1.0 && $0.1 == $1.1 }
      }
      let channels = convolution.filters / convolution.groups
      if isLikeLast == true {
        groups[groups.count - 1].channels += channels
      } else {
        groups.append((channels, terms))
      }
    }
    let parts = groups.map { group in
      let mean = combined(group.terms, source.layout)
      return Part(
        channels: group.channels,
        covariance: add(layout) { .patches(target: $0, source: mean, sum: sum, factors: factors) })
    }
    var result = fresh(index, parts, layout)
    // A filter of its own for each random channel: sums of one product are not Gaussian, though their kernel is right.
    let isDepthwise = convolution.groups == source.channels && convolution.groups > 1
    result.isGaussian = !isDepthwise || !source.isHomogeneous
    return result
  }

  mutating func activate(
    _ activation: Activation, _ node: Node, _ index: Int
  ) throws(InfiniteWidthError) -> Value {
    var result = inputs(of: index)[0]
    guard result.isGaussian else {
      throw unsupported(
        index,
        "its input is not Gaussian: a dense layer or a convolution has to come between, with many channels a group"
      )
    }
    let isOdd = GaussianDual(activation).isOdd
    for part in result.parts.indices {
      let source = result.parts[part].covariance
      tables.append(
        .init(name: names[index], dual: GaussianDual(activation), positions: result.layout.positions))
      let table = tables.count - 1
      result.parts[part].covariance = add(result.layout) {
        .activate(target: $0, source: source, table: table)
      }
    }
    result.isGaussian = false
    result.isZeroMean = result.isZeroMean && isOdd
    return result
  }

  mutating func normalize(
    _ normalization: LayerNormalization, _ node: Node, _ index: Int
  ) throws(InfiniteWidthError) -> Value {
    var result = inputs(of: index)[0]
    guard result.isGaussian, result.isZeroMean else {
      throw unsupported(
        index,
        "its input is not a centred Gaussian: it has to follow a dense layer, a convolution or a sum of them")
    }
    let terms = weights(of: diagonal(result))
    tables.append(.init(name: names[index], dual: nil, positions: 1))
    let table = tables.count - 1
    var pairs: [(target: Int, source: Int)] = []
    for part in result.parts.indices {
      covariances.append(.init(layout: result.layout))
      pairs.append((covariances.count - 1, result.parts[part].covariance))
      result.parts[part].covariance = covariances.count - 1
    }
    steps.append(
      .normalize(
        pairs: pairs, terms: terms, table: table, epsilon: normalization.epsilon,
        trainsShift: settings.trainsBiases))
    return result
  }

  mutating func averagePool(_ pooling: Pooling, _ node: Node, _ index: Int) -> Value {
    // All pairs of the input are there whenever a window holds more than one position.
    var result = values[node.inputs[0]]
    if pooling.kernel == 1 { result = inputs(of: index)[0] }
    let layout = node.shape.layout(isFull: needsPairs[index])
    patches.append(PatchShape(window: .pooling(pooling), source: result.layout, target: layout))
    let sum = patches.count - 1
    for part in result.parts.indices {
      let source = result.parts[part].covariance
      result.parts[part].covariance = add(layout) {
        .patches(target: $0, source: source, sum: sum, factors: .mean)
      }
    }
    result.layout = layout
    // Linear: positions of one channel are averaged, channels stay independent.
    return result
  }

  mutating func globalAverage(_ node: Node) -> Value {
    var result = values[node.inputs[0]]
    for part in result.parts.indices {
      let source = result.parts[part].covariance
      result.parts[part].covariance = add(.single) { .mean(target: $0, source: source) }
    }
    result.layout = .single
    return result
  }
}

extension GaussianDual {
  /// φ(−x) = −φ(x).
  fileprivate var isOdd: Bool {
    switch activation {
    case .tanh, .erf, .sin: true
    case .leakyRelu(let slope): slope == 1
    default: false
    }
  }
}
