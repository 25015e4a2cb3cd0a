/// An order of a graph's nodes that is the same for all isomorphic graphs, topological, with the input first.
///
/// Colour refinement settles nearly every network. Where nodes stay tied, each of them in turn is put first
/// and refinement goes on (McKay 1981); the order that gives the least code of the edges wins. Tied nodes
/// that some automorphism carries into one another lead to the same codes, so one of them is followed.
struct CanonicalOrder {
  private(set) var order: [Int] = []

  private let inputs: [[Int]]
  private let graph: ReadingGraph
  /// Colours looked at so far: what a hostile graph may cost.
  private var work = 0
  private static let workLimit = 100_000_000

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

  /// One of the partitions that tied nodes lead to.
  private struct Branch {
    var partition: OrderedPartition
    /// The same with all ties broken, once it was needed.
    var broken: OrderedPartition?
  }

  /// The least leaf below a refined partition.
  private mutating func best(_ partition: OrderedPartition, tiedFrom: Int) throws -> Leaf {
    var partition = partition
    var start = tiedFrom
    while let tied = partition.tiedCell(from: start) {
      start = tied
      let members = Array(partition.cell(at: tied))
      let first = try individualized(members[0], in: partition)
      var branches = [Branch(partition: first)]
      var allSwap = true
      for member in members.dropFirst() {
        var other = Branch(partition: try individualized(member, in: partition))
        var isKnown = false
        for index in branches.indices {
          guard let automorphism = try automorphism(&branches[index], &other) else { continue }
          isKnown = true
          allSwap =
            allSwap
            && members.allSatisfy {
              automorphism[$0] == ($0 == members[0] ? member : $0 == member ? members[0] : $0)
            }
          break
        }
        if !isKnown { branches.append(other) }
      }
      if branches.count > 1 {
        var least: Leaf?
        for branch in branches {
          let leaf = try best(branch.partition, tiedFrom: tied)
          if least.map({ leaf.code.lexicographicallyPrecedes($0.code) }) ?? true { least = leaf }
        }
        if let least { return least }
      }
      partition = first
      // Where each member can change places with the first and leave the rest of the cell alone, any two can
      // without moving a third (conjugate one swap by another): all orders of the cell are equally good.
      if allSwap { for member in members.dropFirst() { try individualize(member, in: &partition) } }
    }
    return leaf(partition)
  }

  private mutating func individualize(_ node: Int, in partition: inout OrderedPartition) throws {
    guard work < Self.workLimit else {
      throw NetworkError(
        message: "the network has too many interchangeable parts to find its canonical order")
    }
    partition.individualize(node, graph, work: &work)
  }

  private mutating func individualized(_ node: Int, in partition: OrderedPartition) throws -> OrderedPartition
  {
    var result = partition
    try individualize(node, in: &result)
    return result
  }

  /// A permutation of the nodes that keeps all edges and carries one refined partition into the other, if one is
  /// found: by exchanging the parts in which they differ, else by breaking all ties in both, taking any node.
  private mutating func automorphism(_ first: inout Branch, _ second: inout Branch) throws -> [Int]? {
    guard first.partition.hasSameCells(as: second.partition) else { return nil }
    if let exchange = try exchange(first.partition, second.partition) { return exchange }
    let (a, b) = (try withTiesBroken(&first), try withTiesBroken(&second))
    var image = [Int](repeating: 0, count: a.order.count)
    for (from, to) in zip(a.order, b.order) { image[from] = to }
    return isAutomorphism(image) ? image : nil
  }

  /// Two parallel branches change places: nodes that stand apart in the first partition against those that stand
  /// there in the second, and back. Ties within the branches are broken on both sides alike, all others kept, so
  /// that this costs little beside `withTiesBroken`.
  private mutating func exchange(_ first: OrderedPartition, _ second: OrderedPartition) throws -> [Int]? {
    var (first, second) = (first, second)
    var image = Array(first.order.indices)
    var start = 0
    while start < first.order.count {
      let (a, b) = (first.cell(at: start), second.cell(at: start))
      guard a.count == b.count else { return nil }
      let isApart = !a.contains { second.colour[$0] == start }
      if isApart, a.count > 1 {
        try individualize(a[start], in: &first)
        try individualize(b[start], in: &second)
        guard first.hasSameCells(as: second) else { return nil }
        continue
      }
      if isApart {
        let (here, there) = (a[start], b[start])
        // Anything but pairs that change places (a rotation, say) is left to the other way.
        guard [here, there].contains(image[here]), [here, there].contains(image[there]) else { return nil }
        image[here] = there
        image[there] = here
      }
      start += a.count
    }
    return isAutomorphism(image) ? image : nil
  }

  private mutating func withTiesBroken(_ branch: inout Branch) throws -> OrderedPartition {
    if let broken = branch.broken { return broken }
    var partition = branch.partition
    var start = 0
    while let tied = partition.tiedCell(from: start) {
      start = tied
      try individualize(partition.order[tied], in: &partition)
    }
    branch.broken = partition
    return partition
  }

  /// True for a permutation that keeps all edges. Labels are the caller's care: only nodes of one cell change
  /// places.
  private mutating func isAutomorphism(_ image: [Int]) -> Bool {
    work += image.count
    for node in image.indices {
      guard image[node] != node || inputs[node].contains(where: { image[$0] != $0 }) else { continue }
      var expected = inputs[node].map { image[$0] }
      if graph.isCommutative[node] { expected.sort() }
      if expected != inputs[image[node]] { return false }
    }
    return true
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
}
