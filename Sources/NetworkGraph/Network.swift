/// One operation in a network, with the nodes it reads and the shape it gives.
public struct Node: Hashable, Sendable {
  /// Unique in the network: the key of its arrays in a weights file. The input's is `input`.
  public let name: String
  /// What it computes.
  public let operation: Operation
  /// Indices into `Network.nodes`, each smaller than this node's own.
  public let inputs: [Int]
  /// Inferred from the inputs.
  public let shape: TensorShape

  /// Checks nothing: valid nodes come out of `NetworkBuilder`.
  init(name: String, operation: Operation, inputs: [Int], shape: TensorShape) {
    self.name = name
    self.operation = operation
    self.inputs = inputs
    self.shape = shape
  }
}

/// A shape-checked directed acyclic graph. Node 0 is the input; nodes stand in an order in which every node
/// comes after those it reads. Made by `NetworkBuilder`, so that a value of this type is always valid.
public struct Network: Hashable, Sendable {
  /// In order of evaluation: a node reads earlier ones alone. The first is the input.
  public let nodes: [Node]
  /// Index of the node whose value is the network's output; maps are flattened there (channels, rows,
  /// columns).
  public let output: Int

  /// Numbers per sample at the output: the O of the kernel.
  public var outputCount: Int { nodes[output].shape.elementCount }
  /// Of one sample.
  public var inputShape: TensorShape { nodes[0].shape }

  /// For this module only: the builder and the canonical form guarantee what the type promises.
  init(validated nodes: [Node], output: Int) {
    self.nodes = nodes
    self.output = output
  }
}

extension Network {
  /// The arrays of the node at an index, in a fixed order; empty for operations without any.
  public func parameterArrays(at index: Int) -> [ParameterArray] {
    let node = nodes[index]
    return node.inputs.first.map { node.operation.parameterArrays(input: nodes[$0].shape) } ?? []
  }

  /// Trainable numbers of the node at an index.
  public func parameterCount(at index: Int) -> Int {
    parameterArrays(at: index).lazy.filter(\.role.isTrainable).map(\.count).reduce(0, +)
  }

  /// Multiply–adds of the node at an index, per image, forward; 0 for all but convolutions and dense layers.
  public func multiplyAdds(at index: Int) -> Int {
    let node = nodes[index]
    return node.inputs.first.map { node.operation.multiplyAdds(input: nodes[$0].shape, output: node.shape) }
      ?? 0
  }

  /// Trainable numbers of the whole network, those of nodes that do not reach the output included.
  public var parameterCount: Int { nodes.indices.reduce(0) { $0 + parameterCount(at: $1) } }

  /// Multiply–adds of all convolutions and dense layers, per image, forward: what NAS tables call FLOPs.
  public var multiplyAdds: Int { nodes.indices.reduce(0) { $0 + multiplyAdds(at: $1) } }

  /// Convolutions and dense layers on the path to the output that has most of them.
  public var depth: Int {
    var depths: [Int] = []
    depths.reserveCapacity(nodes.count)
    for node in nodes {
      let longest = node.inputs.map { depths[$0] }.max() ?? 0
      depths.append(longest + (node.operation.hasKernel ? 1 : 0))
    }
    return depths[output]
  }

  /// The index of the node with a name.
  ///
  /// Complexity: O(nodes).
  public func index(named name: String) -> Int? { nodes.firstIndex { $0.name == name } }
}
