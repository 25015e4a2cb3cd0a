import NetworkGraph

/// SplitMix64 (Steele et al. 2014): the same numbers on every run.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// A random network of features: every operation that reads features, with many repeated shapes, dead ends, zeros,
/// copies and nested sums.
func randomFeatureNetwork(nodes: Int, using generator: inout SplitMix64) throws -> Network {
  var builder = NetworkBuilder(input: .features(4))
  var references = [builder.input]
  let activations: [Activation] = [.relu, .tanh, .sigmoid, .leakyRelu(slope: 0.2), .abs]
  while references.count < nodes {
    let last = references.suffix(6).randomElement(using: &generator) ?? builder.input
    let shape = builder.shape(of: last)
    let peers = references.filter { builder.shape(of: $0) == shape }
    var pick: [NodeReference] = []
    for _ in 0..<Int.random(in: 2...4, using: &generator) {
      pick += [peers.randomElement(using: &generator) ?? last]
    }
    switch Int.random(in: 0..<14, using: &generator) {
    case 0, 1, 2:
      let dense = Dense(
        units: [2, 4].randomElement(using: &generator) ?? 4, bias: .random(using: &generator),
        scaling: .init(biasScale: 0.5))
      references.append(try builder.add(.dense(dense), from: last))
    case 3, 4, 5:
      let activation = activations.randomElement(using: &generator) ?? .relu
      references.append(try builder.add(.activation(activation), from: last))
    case 6, 7, 8: references.append(try builder.add(.add, from: pick))
    case 9: references.append(try builder.add(.multiply, from: pick))
    case 10:
      let concatenated = try builder.add(.concatenate, from: pick)
      references.append(try builder.add(.dense(.init(units: 4, bias: false)), from: concatenated))
    case 11: references.append(try builder.add(.zero, from: last))
    case 12: references.append(try builder.add(.identity, from: last))
    default:
      let factors: [Double] = [0.5, 1, 0]
      let factor = factors.randomElement(using: &generator) ?? 1
      references.append(try builder.add(.scale(factor), from: last))
    }
  }
  let output = references.suffix(3).randomElement(using: &generator) ?? builder.input
  return try builder.build(output: output)
}

/// A random network of maps with every operation that has attributes.
func randomMapNetwork(nodes: Int, using generator: inout SplitMix64) throws -> Network {
  var builder = NetworkBuilder(input: .maps(channels: 4, height: 9, width: 7))
  var references = [builder.input]
  var features: [NodeReference] = []
  func count(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }
  func flip() -> Bool { .random(using: &generator) }
  while references.count < nodes {
    let last = references.randomElement(using: &generator) ?? builder.input
    var operation: Operation
    switch count(0...9) {
    case 0, 1, 2:
      operation = .convolution(
        .init(
          filters: 4 * count(1...2), kernelHeight: count(1...3), kernelWidth: count(1...3),
          stride: count(1...2),
          padding: count(0...2), paddingMode: flip() ? .zeros : .circular, dilation: count(1...2),
          groups: [1, 2, 4][count(0...2)], bias: flip(),
          scaling: .init(
            weightScale: flip() ? 1 : 0.1 * Double(count(1...9)), biasScale: flip() ? 1 : 1e-7,
            weightVariance: flip() ? nil : 2.0000000000000004, biasVariance: flip() ? nil : 0)))
    case 3: operation = .batchNormalization(.init(epsilon: flip() ? 1e-5 : 1e-3))
    case 4: operation = .layerNormalization(.init())
    case 5: operation = .groupNormalization(.init(groups: [1, 2, 4][count(0...2)]))
    case 6:
      operation = .averagePooling(.init(kernel: 2, stride: count(1...2), padding: 1, countsPadding: flip()))
    case 7: operation = .maxPooling(.init(kernel: 2, stride: count(1...3), padding: count(0...1)))
    case 8: operation = .activation(Activation.all[count(0...(Activation.all.count - 1))])
    default: operation = .activation(.leakyRelu(slope: 0.3))
    }
    // A kernel may not fit what is left of the maps; then another is tried.
    if let reference = try? builder.add(operation, name: "ü \(references.count): \"x\"", from: last) {
      references.append(reference)
    }
    if count(0...5) == 0 {
      let head: Operation = flip() ? .globalAveragePooling : .flatten
      let pooled = try builder.add(head, name: "head\(references.count)", from: last)
      features.append(
        try builder.add(.dense(.init(units: 3, bias: flip())), name: "no\(references.count)", from: pooled))
    }
  }
  features.append(try builder.addZero(.features(3), name: "null"))
  return try builder.build(output: builder.add(.add, name: "true", from: features))
}

/// The same network with its nodes in another topological order, other names, and the inputs of sums and products in
/// another order.
func shuffled(_ network: Network, using generator: inout SplitMix64) throws -> Network {
  var builder = NetworkBuilder(input: network.inputShape)
  var references: [Int: NodeReference] = [0: builder.input]
  var waiting = Array(network.nodes.indices.dropFirst())
  while !waiting.isEmpty {
    let ready = waiting.filter { network.nodes[$0].inputs.allSatisfy { references[$0] != nil } }
    guard let index = ready.randomElement(using: &generator) else { break }
    waiting.removeAll { $0 == index }
    let node = network.nodes[index]
    var inputs = node.inputs.compactMap { references[$0] }
    if node.operation.isCommutative { inputs.shuffle(using: &generator) }
    let name = "node\(generator.next())"
    references[index] =
      node.inputs.isEmpty
      ? try builder.addZero(node.shape, name: name)
      : try builder.add(node.operation, name: name, from: inputs)
  }
  return try builder.build(output: references[network.output] ?? builder.input)
}
