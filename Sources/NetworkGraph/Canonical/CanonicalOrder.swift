/// An order of a graph's nodes that is the same for all isomorphic graphs, topological, with the input first.
///
/// Colour refinement settles nearly every network. Where nodes stay tied, each of them in turn is put first and
/// refinement goes on (McKay 1981); the order that gives the least code of the edges wins. Tied nodes that some
/// automorphism carries into one another lead to the same codes, so one of them is followed.
struct CanonicalOrder {
  private(set) var order: [Int] = []

  private let inputs: [[Int]]
  private let graph: ReadingGraph
  /// Colours looked at so far: what a hostile graph may cost.
  private var work = 0
  private static let workLimit = 200_000_000

  init(_ graph: SimplifiedGraph) throws {
    inputs = graph.nodes.map { $0.operation.isCommutative ? $0.inputs.sorted() : $0.inputs }
    self.graph = ReadingGraph(graph)
    var partition = OrderedPartition(sortedBy: Self.keys(of: graph))
    partition.refine(self.graph, work: &work)
    order = try best(partition, tiedFrom: 0).order
  }

  /// Level before label, so that every order within the keys is topological.
  private struct Key: Comparable {
    var level: Int
    var label: [UInt8]

    static func < (a: Key, b: Key) -> Bool {
      a.level != b.level ? a.level < b.level : a.label.lexicographicallyPrecedes(b.label)
    }
  }

  private static func keys(of graph: SimplifiedGraph) -> [Key] {
    // The longest way from a source; zeros, which read nothing, stand one above the input.
    var levels: [Int] = []
    for (index, node) in graph.nodes.enumerated() {
      levels.append(index == 0 ? 0 : (node.inputs.map { levels[$0] }.max() ?? 0) + 1)
    }
    return graph.nodes.enumerated().map { index, node in
      Key(level: levels[index], label: CanonicalBytes.label(node.operation, node.shape))
    }
  }

  private struct Leaf {
    var order: [Int]
    /// Per place, the number of inputs and their places; labels are fixed by the first colours.
    var code: [Int]
  }

  /// The least leaf below a refined partition.
  private mutating func best(_ partition: OrderedPartition, tiedFrom: Int) throws -> Leaf {
    var partition = partition
    var start = tiedFrom
    while let tied = partition.tiedCell(from: start) {
      try checkWork()
      start = tied
      let members = Array(partition.cell(at: tied))
      let first = individualized(members[0], in: partition)
      var representatives = [first]
      var allSwap = true
      for member in members.dropFirst() {
        let other = individualized(member, in: partition)
        var isKnown = false
        for representative in representatives {
          guard let automorphism = try automorphism(from: representative, to: other) else { continue }
          isKnown = true
          allSwap =
            allSwap
            && members.allSatisfy {
              automorphism[$0] == ($0 == members[0] ? member : $0 == member ? members[0] : $0)
            }
          break
        }
        if !isKnown { representatives.append(other) }
      }
      if representatives.count > 1 {
        var least: Leaf?
        for representative in representatives {
          let leaf = try best(representative, tiedFrom: tied)
          if least.map({ leaf.code.lexicographicallyPrecedes($0.code) }) ?? true { least = leaf }
        }
        if let least { return least }
      }
      partition = first
      // Where each member can change places with the first and leave the rest of the cell alone, any two can
      // without moving a third (conjugate one swap by another): all orders of the cell are equally good.
      if allSwap { for member in members.dropFirst() { partition.individualize(member, graph, work: &work) } }
    }
    return leaf(partition)
  }

  private mutating func individualized(_ node: Int, in partition: OrderedPartition) -> OrderedPartition {
    var result = partition
    result.individualize(node, graph, work: &work)
    return result
  }

  /// A permutation of the nodes that keeps all edges and carries one refined partition into the other, if one is
  /// found: by matching places as they are, or after breaking the remaining ties in both, taking any node.
  private mutating func automorphism(
    from first: OrderedPartition, to second: OrderedPartition
  ) throws -> [Int]? {
    guard first.hasSameCells(as: second) else { return nil }
    if let direct = verified(first.order, second.order) { return direct }
    let (a, b) = (try withTiesBroken(first), try withTiesBroken(second))
    return verified(a.order, b.order)
  }

  private mutating func withTiesBroken(_ partition: OrderedPartition) throws -> OrderedPartition {
    var partition = partition
    var start = 0
    while let tied = partition.tiedCell(from: start) {
      try checkWork()
      start = tied
      partition.individualize(partition.order[tied], graph, work: &work)
    }
    return partition
  }

  /// The permutation that carries one order into the other, when it keeps all edges. Both orders hold nodes of the
  /// same label in the same places.
  private mutating func verified(_ first: [Int], _ second: [Int]) -> [Int]? {
    var image = [Int](repeating: 0, count: first.count)
    for (from, to) in zip(first, second) { image[from] = to }
    work += first.count
    for node in image.indices {
      let isMoved = image[node] != node || inputs[node].contains { image[$0] != $0 }
      guard isMoved else { continue }
      var expected = inputs[node].map { image[$0] }
      if graph.isCommutative[node] { expected.sort() }
      if expected != inputs[image[node]] { return nil }
    }
    return image
  }

  private func leaf(_ partition: OrderedPartition) -> Leaf {
    var code: [Int] = []
    for node in partition.order {
      var places = inputs[node].map { partition.colour[$0] }
      if graph.isCommutative[node] { places.sort() }
      code.append(places.count)
      code += places
    }
    return Leaf(order: partition.order, code: code)
  }

  private func checkWork() throws {
    guard work < Self.workLimit else {
      throw NetworkError(
        message: "the network has too many interchangeable parts to find its canonical order")
    }
  }
}
