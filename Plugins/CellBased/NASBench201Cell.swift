/// A cell of NAS-Bench-201: nodes 0 to 3, an operation on each of the six edges from a node to a later one.
/// Node 0 is the cell's input; each other node is the sum of its incoming edges; node 3 is the output.
public struct NASBench201Cell: Hashable, Sendable {
  /// An edge from a node to a later one.
  public struct Edge: Hashable, Sendable {
    /// Where the edge leads: 1, 2 or 3.
    public let node: Int
    /// Where it comes from: below `node`.
    public let predecessor: Int

    /// The parameter that holds its operation: `edge_2_0` is the edge from node 0 to node 2.
    public var name: String { "edge_\(node)_\(predecessor)" }
  }

  /// 1←0, 2←0, 2←1, 3←0, 3←1, 3←2: the order of the architecture string.
  public static let edges: [Edge] = (1...3).flatMap { node in
    (0..<node).map { Edge(node: node, predecessor: $0) }
  }

  /// One for each of `edges`, in that order.
  public let operations: [CellOperation]

  /// - Parameter operation: what stands on each edge; called in the order of `edges`.
  public init<Failure: Error>(operation: (Edge) throws(Failure) -> CellOperation) throws(Failure) {
    var operations: [CellOperation] = []
    for edge in Self.edges { operations.append(try operation(edge)) }
    self.operations = operations
  }

  /// The edges into a node, by predecessor, with their operations.
  ///
  /// - Parameter node: 1 to 3; other nodes have none.
  public func incoming(_ node: Int) -> [(predecessor: Int, operation: CellOperation)] {
    zip(Self.edges, operations).filter { $0.0.node == node }.map { ($0.0.predecessor, $0.1) }
  }
}

extension NASBench201Cell: CustomStringConvertible {
  /// The benchmark's architecture string: `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`.
  public var description: String {
    (1...3).map { node in
      "|" + incoming(node).map { "\($0.operation.rawValue)~\($0.predecessor)|" }.joined()
    }.joined(separator: "+")
  }

  /// The benchmark's isomorphism class: equal for just those cells that its published 6,466 classes put
  /// together. For joining the benchmark's tables; scores are never shared through it.
  ///
  /// It is the cell's expansion into a tree (`to_unique_str` of the benchmark's code, zeros considered):
  /// an edge that is `none`, or comes from a node that is no more than one such edge, is `#`; a skip
  /// connection is its node's own text; any other edge is `(text)@operation`; a node is the sorted texts of
  /// its edges, joined by `+`. The tree forgets which parts are shared and keeps sums of zeros, so that cells
  /// of one class may be different functions, and cells of two classes the same.
  public var publishedClass: String {
    var nodes = ["0"]
    for node in 1...3 {
      let edges = incoming(node).map { predecessor, operation in
        let text = nodes[predecessor]
        return switch operation {
        case .zeroize: "#"
        case _ where text == "#": "#"
        case .skipConnection: text
        default: "(\(text))@\(operation.rawValue)"
        }
      }
      nodes.append(edges.sorted().joined(separator: "+"))
    }
    return nodes[3]
  }
}
