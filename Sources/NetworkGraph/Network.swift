/// One operation in a network, with the nodes it reads and the shape it gives.
public struct Node: Hashable, Sendable {
  /// Unique in the network: the key of its arrays in a weights file.
  public let name: String
  public let operation: Operation
  /// Indices into `Network.nodes`, each smaller than this node's own.
  public let inputs: [Int]
  /// Inferred from the inputs.
  public let shape: TensorShape

  public init(name: String, operation: Operation, inputs: [Int], shape: TensorShape) {
    self.name = name
    self.operation = operation
    self.inputs = inputs
    self.shape = shape
  }
}

/// A shape-checked directed acyclic graph. Node 0 is the input; nodes stand in an order in which every node comes
/// after those it reads. Made by `NetworkBuilder`, so that a value of this type is always valid.
public struct Network: Hashable, Sendable {
  public let nodes: [Node]
  /// Index of the node whose value is the network's output; maps are flattened there (channels, rows, columns).
  public let output: Int

  /// Numbers per sample at the output: the O of the kernel.
  public var outputCount: Int { nodes[output].shape.elementCount }
  public var inputShape: TensorShape { nodes[0].shape }

  /// For this module only: the builder and the canonical form guarantee what the type promises.
  init(validated nodes: [Node], output: Int) {
    self.nodes = nodes
    self.output = output
  }
}
