/// A network with everything removed that does not change its kernel. Every step depends on the graph alone,
/// never on names or on the order of nodes, so that isomorphic networks simplify to isomorphic graphs.
struct SimplifiedGraph {
  struct Node {
    var operation: Operation
    var inputs: [Int]
    var shape: TensorShape
    /// Index in the original network; nil for zeros that stand for a folded part.
    var origin: Int?
  }

  /// Node 0 is the input; every node comes after those it reads.
  private(set) var nodes: [Node]
  private(set) var output: Int

  init(_ network: Network) {
    nodes = network.nodes.enumerated().map { index, node in
      Node(operation: node.operation.canonical, inputs: node.inputs, shape: node.shape, origin: index)
    }
    output = network.output
    // Merging copies can leave a sum with one reader, and inlining it can make two sums the same: repeat
    // until nothing is left to inline. Each round removes at least one node.
    repeat {
      removeDeadNodes()
      foldAndMerge()
      removeDeadNodes()
    } while inlineSums()
  }

  /// Keeps the input and what leads to the output. A final flatten goes: outputs are flattened anyway.
  private mutating func removeDeadNodes() {
    while case .flatten = nodes[output].operation { output = nodes[output].inputs[0] }
    var isLive = [Bool](repeating: false, count: nodes.count)
    (isLive[0], isLive[output]) = (true, true)
    for index in nodes.indices.reversed() where isLive[index] {
      for input in nodes[index].inputs { isLive[input] = true }
    }
    var renumbered = [Int](repeating: 0, count: nodes.count)
    var kept: [Node] = []
    for index in nodes.indices where isLive[index] {
      renumbered[index] = kept.count
      var node = nodes[index]
      node.inputs = node.inputs.map { renumbered[$0] }
      kept.append(node)
    }
    output = renumbered[output]
    nodes = kept
  }

  /// One pass from the input up: identities vanish, zeros spread, parameter-free copies become one.
  private mutating func foldAndMerge() {
    struct Key: Hashable {
      var operation: Operation
      var inputs: [Int]
      var shape: TensorShape
    }
    var result: [Node] = []
    var renumbered: [Int] = []
    var existing: [Key: Int] = [:]

    func insert(_ node: Node) -> Int {
      guard !node.operation.hasParameters, node.operation != .input else {
        result.append(node)
        return result.count - 1
      }
      let key = Key(operation: node.operation, inputs: node.inputs, shape: node.shape)
      if let index = existing[key] { return index }
      existing[key] = result.count
      result.append(node)
      return result.count - 1
    }

    for original in nodes {
      var node = original
      node.inputs = node.inputs.map { renumbered[$0] }
      let isZero = node.inputs.map { result[$0].operation == .zero }
      if node.operation.isZero(inputsAreZero: isZero) {
        let origin = node.operation == .zero ? node.origin : nil
        renumbered.append(insert(Node(operation: .zero, inputs: [], shape: node.shape, origin: origin)))
        continue
      }
      if node.operation == .add { node.inputs = zip(node.inputs, isZero).filter { !$1 }.map(\.0) }
      if node.operation.isCommutative { node.inputs.sort() }
      let inputShape = node.inputs.first.map { result[$0].shape }
      if node.inputs.count == 1, node.operation.isIdentity(inputShape: inputShape) {
        renumbered.append(node.inputs[0])
      } else {
        renumbered.append(insert(node))
      }
    }
    output = renumbered[output]
    nodes = result
  }

  /// Puts the terms of a sum that one other sum alone reads in its place. A sum with several readers stays
  /// one node: inlining it would add its terms up once per reader. True when there was one to inline.
  private mutating func inlineSums() -> Bool {
    var readers = [Int](repeating: 0, count: nodes.count)
    readers[output] += 1
    for node in nodes { for input in node.inputs { readers[input] += 1 } }
    let isInlined = nodes.indices.map { nodes[$0].operation == .add && readers[$0] == 1 }
    var changed = false
    for index in nodes.indices where nodes[index].operation == .add {
      guard nodes[index].inputs.contains(where: { isInlined[$0] }) else { continue }
      var terms: [Int] = []
      for input in nodes[index].inputs {
        var part = [input]
        // An inlined sum has no other reader, so its terms can be moved out of it.
        if isInlined[input] { (part, nodes[input].inputs) = (nodes[input].inputs, []) }
        // The longer list grows, so that a long chain of sums costs no copies.
        if part.count > terms.count { swap(&part, &terms) }
        terms += part
      }
      nodes[index].inputs = terms
      changed = true
    }
    return changed
  }
}

extension Operation {
  /// Attributes that change nothing take their defaults.
  var canonical: Operation {
    switch self {
    case .dense(let dense): .dense(dense.canonical)
    case .convolution(let convolution): .convolution(convolution.canonical)
    case .averagePooling(let pooling): .averagePooling(pooling.canonical)
    default: self
    }
  }

  /// True when the result is zero for every value of every parameter. Normalizations of zero are β, not zero.
  fileprivate func isZero(inputsAreZero: [Bool]) -> Bool {
    let allZero = inputsAreZero.allSatisfy(\.self)
    switch self {
    case .zero: return true
    case .dense(let dense): return dense.scaling.givesZero(bias: dense.bias, inputIsZero: allZero)
    case .convolution(let convolution):
      return convolution.scaling.givesZero(bias: convolution.bias, inputIsZero: allZero)
    case .activation(let activation): return allZero && activation.vanishesAtZero
    case .scale(let factor): return allZero || factor == 0
    case .multiply: return inputsAreZero.contains(true)
    case .add, .concatenate, .averagePooling, .maxPooling, .globalAveragePooling, .flatten, .identity:
      return allZero
    case .input, .batchNormalization, .layerNormalization, .groupNormalization: return false
    }
  }

  /// True when a node that reads one other gives just that.
  fileprivate func isIdentity(inputShape: TensorShape?) -> Bool {
    switch self {
    case .identity, .add, .concatenate: return true
    case .scale(let factor): return factor == 1
    case .averagePooling(let pooling), .maxPooling(let pooling): return pooling.isIdentity
    case .flatten:
      if case .features? = inputShape { return true }
      return false
    default: return false
    }
  }
}
