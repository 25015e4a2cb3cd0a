import NetworkGraph
import ReferenceEngine

/// A random graph of any operations, small enough for the reference: a dozen nodes over maps, then a readout.
func randomNetwork(seed: UInt64) throws -> Network {
  var random = TestRandom(seed: seed)
  let sizes = (0..<2).map { _ in Int.random(in: 4...7, using: &random) }
  var builder = NetworkBuilder(input: maps(Int.random(in: 1...3, using: &random), sizes[0], sizes[1]))
  var nodes = [builder.input, try builder.convolve(Int.random(in: 1...5, using: &random), builder.input)]
  while nodes.count < 12 {
    let source = nodes.suffix(4).randomElement(using: &random) ?? builder.input
    let shape = builder.shape(of: source)
    let others = nodes.filter { builder.shape(of: $0) == shape }
    let partner = others.randomElement(using: &random) ?? source
    let operation = randomOperation(channels: shape.channels, &random)
    let inputs =
      switch operation {
      case .add, .multiply, .concatenate: [source, partner]
      default: [source]
      }
    // What does not fit (a window larger than its map) is drawn again.
    if let node = try? builder.add(operation, from: inputs) { nodes.append(node) }
  }
  var last = nodes[nodes.count - 1]
  if let join = nodes.dropLast().last(where: { builder.shape(of: $0) == builder.shape(of: last) }) {
    last = try builder.add(.add, from: [last, join])
  }
  let head: Operation = Bool.random(using: &random) ? .globalAveragePooling : .flatten
  let features = try builder.add(head, from: last)
  return try builder.build(output: builder.dense(Int.random(in: 1...3, using: &random), features))
}

private func randomOperation(channels: Int, _ random: inout TestRandom) -> Operation {
  let kernel = Int.random(in: 1...3, using: &random)
  let stride = Int.random(in: 1...2, using: &random)
  let padding = Int.random(in: 0...kernel - 1, using: &random)
  switch Int.random(in: 0..<16, using: &random) {
  case 0, 1, 2:
    return .convolution(
      .init(
        filters: Int.random(in: 1...6, using: &random), kernel: kernel, stride: stride, padding: padding,
        bias: Bool.random(using: &random)))
  case 3:
    return .convolution(
      .init(filters: channels * stride, kernel: kernel, stride: 1, padding: padding, groups: channels))
  case 4, 5: return .batchNormalization(.init())
  case 6: return .layerNormalization(.init())
  case 7: return .groupNormalization(.init(groups: channels))
  case 8, 9: return .activation(Activation.all.randomElement(using: &random) ?? .tanh)
  case 10: return .averagePooling(.init(kernel: kernel, stride: stride, padding: padding))
  case 11: return .maxPooling(.init(kernel: kernel, stride: stride, padding: padding))
  case 12, 13: return .add
  case 14: return Bool.random(using: &random) ? .multiply : .scale(0.5)
  default: return Bool.random(using: &random) ? .concatenate : .identity
  }
}

/// The same network with its nodes in another order and under other names, the inputs of commutative nodes
/// shuffled, identities and dead nodes put in.
func shuffled(_ network: Network, seed: UInt64) throws -> Network {
  var random = TestRandom(seed: seed)
  var builder = NetworkBuilder(input: network.inputShape)
  var references: [Int: NodeReference] = [0: builder.input]
  var waiting = Array(network.nodes.indices.dropFirst())
  while !waiting.isEmpty {
    let ready = waiting.filter { network.nodes[$0].inputs.allSatisfy { references[$0] != nil } }
    guard let index = ready.randomElement(using: &random) else { break }
    waiting.removeAll { $0 == index }
    let node = network.nodes[index]
    var inputs = node.inputs.compactMap { references[$0] }
    if node.operation.isCommutative { inputs.shuffle(using: &random) }
    if Bool.random(using: &random), let first = inputs.first {
      inputs[0] = try builder.add(.identity, from: first)
    }
    let name = "node\(random.next() % 1_000_000)_\(index)"
    references[index] =
      inputs.isEmpty
      ? try builder.addZero(node.shape, name: name)
      : try builder.add(node.operation, name: name, from: inputs)
    if let live = references[index], Bool.random(using: &random) {
      _ = try builder.add(.activation(.relu), from: live)
    }
  }
  return try builder.build(output: references[network.output] ?? builder.input)
}
