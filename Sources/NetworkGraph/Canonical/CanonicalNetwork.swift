import Crypto

/// A network reduced to what it computes, in an order that depends on nothing else.
///
/// Equal hash means equal kernel, bit for bit, for equal seed: the engine evaluates the canonical network and
/// draws weights by its node order. Networks that differ only in names, in the order of nodes, or in the
/// order of the inputs of sums and products have equal canonical networks and hashes. So have networks that
/// differ in
/// - nodes that do not lead to the output, identities, sums of one, and a final flatten;
/// - sums within sums, where the inner one is read by the outer one alone;
/// - parts that are zero for every value of the parameters;
/// - parameter-free nodes that compute the same from the same (one copy stays);
/// - attributes without effect (dilation of a 1×1 kernel, bias variance without bias, …).
///
/// Two nodes with parameters are never merged: a convolution used twice is not two convolutions.
public struct CanonicalNetwork: Sendable {
  /// Nodes in canonical order; the input is called `input`, node i is called `ni`.
  public let network: Network
  /// SHA-256 of the canonical byte string, 64 lowercase hexadecimal digits.
  public let hash: String
  /// Per canonical node, its name in the original network: the key of its arrays in a weights file. Nil for
  /// zeros that stand for a whole folded part.
  public let originalNames: [String?]

  /// Complexity: O((nodes + edges) log nodes) without symmetric parts; polynomial for repeated parallel
  /// branches.
  ///
  /// - Throws: `NetworkError` for a network so symmetric that its canonical order cannot be found in
  ///   reasonable time. Networks made of layers and branches are far from it.
  public init(_ network: Network) throws {
    let graph = SimplifiedGraph(network)
    let order = try CanonicalOrder(graph).order
    var position = [Int](repeating: 0, count: order.count)
    for (place, node) in order.enumerated() { position[node] = place }

    var nodes: [Node] = []
    nodes.reserveCapacity(order.count)
    for (place, index) in order.enumerated() {
      let node = graph.nodes[index]
      let inputs = node.inputs.map { position[$0] }
      nodes.append(
        Node(
          name: place == 0 ? "input" : "n\(place)", operation: node.operation,
          inputs: node.operation.isCommutative ? inputs.sorted() : inputs, shape: node.shape))
    }
    self.network = Network(validated: nodes, output: position[graph.output])
    originalNames = order.map { graph.nodes[$0].origin.map { network.nodes[$0].name } }
    hash = SHA256.hash(data: CanonicalBytes.of(self.network))
      .map { byte in
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
      }
      .joined()
  }
}
