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
  var patchSums: [PatchSum] = []
  var output = 0
  private let needsPairs: [Bool]
  /// Into how many parts of neighbouring channels the input is divided, for grouped convolutions.
  private let inputParts: Int

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

  private mutating func value(at index: Int) throws(InfiniteWidthError) -> Value {
    let node = network.nodes[index]
    switch node.operation {
    case .input: return input()
    case .zero: return zero(node, index)
    case .dense(let dense): return self.dense(dense, node, index)
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

  // MARK: Operations

  private mutating func input() -> Value {
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

  private mutating func zero(_ node: Node, _ index: Int) -> Value {
    let layout = node.shape.layout(isFull: needsPairs[index])
    let part = Part(channels: node.shape.channels, covariance: add(layout) { .zero(target: $0) })
    return Value(
      parts: [part], layout: layout, isGaussian: true, isHomogeneous: true, isZeroMean: true, sources: [])
  }

  private mutating func dense(_ dense: Dense, _ node: Node, _ index: Int) -> Value {
    let source = inputs(of: index)[0]
    let fanIn = network.nodes[node.inputs[0]].shape.elementCount
    let factors = LayerFactors(dense.scaling, bias: dense.bias, fanIn: fanIn, settings: settings)
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

  private mutating func convolution(
    _ convolution: Convolution, _ node: Node, _ index: Int
  ) throws(InfiniteWidthError) -> Value {
    let source = inputs(of: index)[0]
    let fanIn = network.parameterArrays(at: index)[0].fanIn
    let factors = LayerFactors(convolution.scaling, bias: convolution.bias, fanIn: fanIn, settings: settings)
    let layout = node.shape.layout(isFull: needsPairs[index])
    patchSums.append(PatchSum(convolution, source: source.layout, target: layout))
    let sum = patchSums.count - 1
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

  private mutating func activate(
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

  private mutating func normalize(
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
    steps.append(.normalize(pairs: pairs, terms: terms, table: table, epsilon: normalization.epsilon))
    return result
  }

  private mutating func averagePool(_ pooling: Pooling, _ node: Node, _ index: Int) -> Value {
    // All pairs of the input are there whenever a window holds more than one position.
    var result = values[node.inputs[0]]
    if pooling.kernel == 1 { result = inputs(of: index)[0] }
    let layout = node.shape.layout(isFull: needsPairs[index])
    patchSums.append(PatchSum(pooling, source: result.layout, target: layout))
    let sum = patchSums.count - 1
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

  private mutating func globalAverage(_ node: Node) -> Value {
    var result = values[node.inputs[0]]
    for part in result.parts.indices {
      let source = result.parts[part].covariance
      result.parts[part].covariance = add(.single) { .mean(target: $0, source: source) }
    }
    result.layout = .single
    return result
  }

  private mutating func sum(_ node: Node, _ index: Int) throws(InfiniteWidthError) -> Value {
    // The same value m times is m times the value.
    let distinct = Array(Set(node.inputs)).sorted()
    let operands = inputs(of: index)
    var result = operands[0]
    var merged: [(value: Value, factor: Double)] = []
    for input in distinct {
      let operand = operands[node.inputs.firstIndex(of: input) ?? 0]
      let count = Double(node.inputs.count { $0 == input })
      for (other, _) in merged {
        if !operand.sources.isDisjoint(with: other.sources) {
          let shared = operand.sources.intersection(other.sources).min() ?? 0
          throw unsupported(
            index,
            "its inputs share the random values of node '\(names[shared])', and covariance between branches is "
              + "not computed")
        }
        if !operand.isZeroMean, !other.isZeroMean {
          throw unsupported(
            index,
            "the means of two of its inputs are not zero, so they covary; let a dense layer or a convolution end "
              + "at least one of each two branches")
        }
      }
      merged.append((operand, count * count))
      guard result.layout == operand.layout, result.channels == operand.channels else {
        throw unsupported(index, "it adds features whose positions differ: flattened maps of different sizes")
      }
      result.isGaussian = result.isGaussian && operand.isGaussian
      result.isHomogeneous = result.isHomogeneous && operand.isHomogeneous
      result.isZeroMean = result.isZeroMean && operand.isZeroMean
      result.sources.formUnion(operand.sources)
    }
    // Channels are divided wherever any operand's are.
    var ends = Set<Int>()
    for (value, _) in merged {
      var end = 0
      for part in value.parts {
        end += part.channels
        ends.insert(end)
      }
    }
    var start = 0
    var parts: [(channels: Int, terms: [(Int, Double)])] = []
    for end in ends.sorted() {
      var terms: [(Int, Double)] = []
      for (value, factor) in merged {
        terms += try mean(of: value, over: start..<end, index).map { ($0.0, $0.1 * factor) }
      }
      parts.append((end - start, terms))
      start = end
    }
    result.parts = combine(parts, result.layout)
    return result
  }

  private mutating func concatenation(_ index: Int) throws(InfiniteWidthError) -> Value {
    let operands = inputs(of: index)
    var result = operands[0]
    for operand in operands.dropFirst() {
      guard operand.layout == result.layout else {
        throw unsupported(
          index, "it joins features whose positions differ: flattened maps of different sizes")
      }
      result.parts += operand.parts
      result.isGaussian = result.isGaussian && operand.isGaussian
      result.isHomogeneous = result.isHomogeneous && operand.isHomogeneous
      result.isZeroMean = result.isZeroMean && operand.isZeroMean
      result.sources.formUnion(operand.sources)
    }
    return result
  }

  // MARK: Parts

  /// The inputs of a node with the covariances that it needs: of positions with themselves, unless it needs all pairs.
  private mutating func inputs(of index: Int) -> [Value] {
    let operands = network.nodes[index].inputs.map { values[$0] }
    return needsPairs[index] ? operands : operands.map { diagonal($0) }
  }

  private mutating func diagonal(_ value: Value) -> Value {
    guard value.layout.isFull else { return value }
    var result = value
    result.layout = value.layout.diagonal
    for part in result.parts.indices {
      let source = value.parts[part].covariance
      result.parts[part].covariance = add(result.layout) { .diagonal(target: $0, source: source) }
    }
    return result
  }

  /// The mean over a range of channels, as shares of parts.
  private func mean(of value: Value, over range: Range<Int>, _ index: Int) throws(InfiniteWidthError) -> [(
    Int, Double
  )] {
    var terms: [(Int, Double)] = []
    var start = 0
    for part in value.parts {
      let end = start + part.channels
      let overlap = range.clamped(to: start..<end).count
      if overlap > 0 {
        guard overlap == part.channels || value.isHomogeneous else {
          throw unsupported(index, "it divides the channels of the input where no group ends")
        }
        terms.append((part.covariance, Double(overlap) / Double(range.count)))
      }
      start = end
    }
    return terms
  }

  /// Each part's share of all numbers, a position's at a time.
  private func weights(of value: Value) -> [(source: Int, weight: Double)] {
    let total = Double(value.channels)
    return value.parts.map { (source: $0.covariance, weight: Double($0.channels) / total) }
  }

  private mutating func combine(_ parts: [(channels: Int, terms: [(Int, Double)])], _ layout: TileLayout)
    -> [Part]
  {
    parts.map { Part(channels: $0.channels, covariance: combined($0.terms, layout)) }
  }

  private mutating func combined(_ terms: [(Int, Double)], _ layout: TileLayout) -> Int {
    if terms.count == 1, terms[0].1 == 1 { return terms[0].0 }
    return add(layout) { .combine(target: $0, terms: terms.map { (source: $0.0, factor: $0.1) }) }
  }

  /// The output of a layer with weights of its own.
  private func fresh(_ index: Int, _ parts: [Part], _ layout: TileLayout) -> Value {
    Value(
      parts: parts, layout: layout, isGaussian: true, isHomogeneous: true, isZeroMean: true, sources: [index])
  }

  private mutating func add(_ layout: TileLayout, _ step: (Int) -> KernelPlan.Step) -> Int {
    covariances.append(.init(layout: layout))
    steps.append(step(covariances.count - 1))
    return covariances.count - 1
  }

  private func unsupported(_ index: Int, _ reason: String) -> InfiniteWidthError {
    .unsupportedAtInfiniteWidth(
      node: names[index], operation: network.nodes[index].operation.name, reason: reason)
  }
}

extension TensorShape {
  fileprivate func layout(isFull: Bool) -> TileLayout {
    switch self {
    case .features: .single
    case .maps(_, let height, let width): TileLayout(height: height, width: width, isFull: isFull)
    }
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

private func leastCommonMultiple(_ a: Int, _ b: Int) -> Int {
  var (x, y) = (a, b)
  while y != 0 { (x, y) = (y, x % y) }
  return a / x * b
}
