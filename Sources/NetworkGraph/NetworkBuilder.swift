/// A node of the network under construction. Only meaningful to the builder that gave it.
public struct NodeReference: Hashable, Sendable {
  let index: Int
}

/// Adds nodes one after the other, each checked against the shapes of those it reads.
///
/// ```swift
/// var builder = NetworkBuilder(input: .features(784))
/// let hidden = try builder.add(.dense(.init(units: 128)), from: builder.input)
/// let active = try builder.add(.activation(.relu), from: hidden)
/// let logits = try builder.add(.dense(.init(units: 10)), name: "head", from: active)
/// let network = try builder.build(output: logits)
/// ```
public struct NetworkBuilder: Sendable {
  private var nodes: [Node] = []
  private var indices: [String: Int] = [:]
  private var edges = 0
  private var multiplyAdds = 0
  /// A bad input shape is reported by the first call that can throw.
  private let inputError: NetworkError?

  /// Starts with the input alone, called `input`. A shape that no sample can have is reported by `add` and
  /// `build`.
  public init(input: TensorShape) {
    nodes.reserveCapacity(16)
    nodes.append(Node(name: "input", operation: .input, inputs: [], shape: input))
    indices.reserveCapacity(16)
    indices["input"] = 0
    inputError = Self.problem(with: input)?.named("input")
  }

  /// The network's input.
  public var input: NodeReference { NodeReference(index: 0) }

  /// The inferred shape of a node of this builder.
  public func shape(of node: NodeReference) -> TensorShape { nodes[node.index].shape }

  /// Adds a node.
  ///
  /// - Parameters:
  ///   - name: `layer0`, `layer1`, … by position when nil.
  ///   - inputs: what it reads, in order; one node for most operations.
  /// - Throws: `NetworkError` when the name is taken, an attribute is out of range or a shape does not fit;
  ///   the builder is then as it was.
  @discardableResult
  public mutating func add(
    _ operation: Operation, name: String? = nil, from inputs: [NodeReference]
  ) throws -> NodeReference {
    let name = name ?? "layer\(nodes.count - 1)"
    do {
      try checkReferences(inputs)
      let shapes = inputs.map { nodes[$0.index].shape }
      let rule = operation.rule
      let shape = try rule.checkedOutputShape(of: shapes)
      var cost = 0
      if let first = shapes.first {
        for array in rule.parameterArrays(input: first) {
          try Self.checkSize(array.dimensions, "parameters")
        }
        cost = rule.multiplyAdds(input: first, output: shape)
      }
      return try append(
        Node(name: name, operation: operation, inputs: inputs.map(\.index), shape: shape), cost: cost)
    } catch let error as NetworkError {
      throw error.node == nil ? error.named(name) : error
    }
  }

  /// Adds a node that reads one other.
  @discardableResult
  public mutating func add(
    _ operation: Operation, name: String? = nil, from input: NodeReference
  ) throws -> NodeReference {
    try add(operation, name: name, from: [input])
  }

  /// Adds zeros of a stated shape, which read nothing.
  ///
  /// - Throws: `NetworkError` when the name is taken or the shape impossible.
  @discardableResult
  public mutating func addZero(_ shape: TensorShape, name: String? = nil) throws -> NodeReference {
    let name = name ?? "layer\(nodes.count - 1)"
    if let problem = Self.problem(with: shape) { throw problem.named(name) }
    return try append(Node(name: name, operation: .zero, inputs: [], shape: shape), cost: 0)
  }

  /// The finished network. Nodes that do not lead to the output stay in it (the canonical form drops them).
  ///
  /// Mutating only so that `builder.build(output: builder.add(…))` sees the node that its argument adds; the
  /// builder can go on.
  ///
  /// - Throws: `NetworkError` when the input's shape is impossible or the output is no node of this builder.
  public mutating func build(output: NodeReference) throws -> Network {
    if let inputError { throw inputError }
    try checkReferences([output])
    return Network(validated: nodes, output: output.index)
  }

  private mutating func append(_ node: Node, cost: Int) throws -> NodeReference {
    if let inputError { throw inputError }
    try Self.checkName(node.name)
    if let earlier = indices[node.name] {
      throw NetworkError(
        node: node.name, attribute: "name",
        message: earlier == 0
          ? "'input' is the name of the network's input" : "another node has this name already")
    }
    guard nodes.count < SizeLimits.nodes, edges + node.inputs.count <= SizeLimits.edges else {
      throw NetworkError(
        node: node.name,
        message:
          "a network may have at most \(SizeLimits.nodes) nodes and \(SizeLimits.edges) inputs of nodes")
    }
    let (total, overflow) = multiplyAdds.addingReportingOverflow(cost)
    guard !overflow, total <= SizeLimits.multiplyAdds else {
      throw NetworkError(
        node: node.name,
        message: "the network needs more than \(SizeLimits.multiplyAdds) multiply–adds per image")
    }
    multiplyAdds = total
    edges += node.inputs.count
    indices[node.name] = nodes.count
    nodes.append(node)
    return NodeReference(index: nodes.count - 1)
  }

  private func checkReferences(_ references: [NodeReference]) throws {
    guard references.allSatisfy({ nodes.indices.contains($0.index) }) else {
      throw NetworkError(attribute: "from", message: "it reads a node that this builder does not have")
    }
  }

  /// Names go into files, messages and array keys: visible text only.
  private static func checkName(_ name: String) throws {
    // Looking up categories is slow, and names are ASCII nearly always.
    let isPrintable = name.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    let isVisible =
      isPrintable
      || name.unicodeScalars.allSatisfy { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
          false
        default: true
        }
      }
    guard isVisible, !name.isEmpty, name.utf8.count <= SizeLimits.nameBytes else {
      throw NetworkError(
        attribute: "name",
        message:
          "the node name \(name.debugDescription) cannot be used; expected 1 to \(SizeLimits.nameBytes) "
          + "bytes of visible text")
    }
  }

  private static func problem(with shape: TensorShape) -> NetworkError? {
    guard shape.dimensions.allSatisfy({ (1...SizeLimits.attribute).contains($0) }) else {
      return NetworkError(message: "shape \(shape) has a size outside 1 to \(SizeLimits.attribute)")
    }
    do { try checkSize(shape.dimensions, "numbers per sample") } catch { return error }
    return nil
  }

  static func checkSize(_ dimensions: [Int], _ what: String) throws(NetworkError) {
    var count = 1
    for dimension in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow, product <= SizeLimits.elements else {
        let shown = dimensions.map(String.init).joined(separator: " × ")
        throw NetworkError(
          message: "\(shown) \(what) are more than the largest allowed \(SizeLimits.elements)")
      }
      count = product
    }
  }
}
