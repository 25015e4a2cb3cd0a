/// The edges of a graph as colour refinement reads them.
struct ReadingGraph {
  /// Per node, what it reads.
  let inputs: [[Int]]
  let isCommutative: [Bool]
  /// Per node, who reads it, and as which operand (0 where the order of operands does not matter).
  let readers: [[(node: Int, operand: Int)]]

  init(_ graph: SimplifiedGraph) {
    inputs = graph.nodes.map(\.inputs)
    isCommutative = graph.nodes.map(\.operation.isCommutative)
    var readers = [[(node: Int, operand: Int)]](repeating: [], count: inputs.count)
    for (node, inputs) in inputs.enumerated() {
      for (operand, input) in inputs.enumerated() {
        readers[input].append((node, isCommutative[node] ? 0 : operand))
      }
    }
    self.readers = readers
  }
}

/// Nodes sorted into cells of the same colour; a cell's colour is the place where it starts. Refinement
/// splits cells until any two nodes of one cell read, and are read by, the same colours in the same roles
/// (Weisfeiler & Leman 1968). It depends on colours alone, never on node numbers.
struct OrderedPartition {
  /// Nodes by place.
  private(set) var order: [Int]
  /// Per node, the place where its cell starts.
  private(set) var colour: [Int]
  /// Per place where a cell starts, the place after its end. Meaningless elsewhere.
  private(set) var end: [Int]

  /// Cells of equal keys, in the order of the keys.
  init<Key: Comparable>(sortedBy keys: [Key]) {
    order = keys.indices.sorted { keys[$0] != keys[$1] ? keys[$0] < keys[$1] : $0 < $1 }
    colour = [Int](repeating: 0, count: keys.count)
    end = [Int](repeating: 0, count: keys.count)
    var start = 0
    for place in order.indices {
      if keys[order[place]] != keys[order[start]] { start = place }
      colour[order[place]] = start
      end[start] = place + 1
    }
  }

  func cell(at start: Int) -> ArraySlice<Int> { order[start..<end[start]] }

  /// The first cell of two or more nodes that starts at or after a cell's start.
  func tiedCell(from start: Int) -> Int? {
    var start = start
    while start < order.count {
      if end[start] - start > 1 { return start }
      start = end[start]
    }
    return nil
  }

  /// True when both have cells of the same sizes in the same places.
  func hasSameCells(as other: OrderedPartition) -> Bool {
    var start = 0
    while start < order.count {
      guard end[start] == other.end[start] else { return false }
      start = end[start]
    }
    return true
  }

  /// Splits cells until nothing is left to tell apart, beginning with all of them.
  mutating func refine(_ graph: ReadingGraph, work: inout Int) {
    var queue = CellQueue(places: order.count)
    var start = 0
    while start < order.count {
      queue.insert(start)
      start = end[start]
    }
    refine(graph, &queue, work: &work)
  }

  /// Puts one node before the others of its cell and refines.
  mutating func individualize(_ node: Int, _ graph: ReadingGraph, work: inout Int) {
    let start = colour[node]
    let stop = end[start]
    guard stop - start > 1, let place = order[start..<stop].firstIndex(of: node) else { return }
    order.swapAt(start, place)
    end[start] = start + 1
    end[start + 1] = stop
    for other in order[(start + 1)..<stop] { colour[other] = start + 1 }
    var queue = CellQueue(places: order.count)
    insertNeighbours(of: node, graph, &queue)
    refine(graph, &queue, work: &work)
  }

  private mutating func refine(_ graph: ReadingGraph, _ queue: inout CellQueue, work: inout Int) {
    while let start = queue.removeFirst() {
      let stop = end[start]
      guard stop - start > 1 else { continue }
      let members = order[start..<stop].enumerated().map { offset, node in
        (node: node, offset: offset, signature: signature(of: node, graph, work: &work))
      }
      let sorted = members.sorted {
        $0.signature == $1.signature
          ? $0.offset < $1.offset : $0.signature.lexicographicallyPrecedes($1.signature)
      }
      guard sorted[0].signature != sorted[sorted.count - 1].signature else { continue }
      var starts: [Int] = []
      for (offset, member) in sorted.enumerated() {
        if offset == 0 || member.signature != sorted[offset - 1].signature { starts.append(start + offset) }
        order[start + offset] = member.node
        colour[member.node] = starts[starts.count - 1]
      }
      for (fragment, next) in zip(starts, starts.dropFirst() + [stop]) { end[fragment] = next }
      // Whoever is told apart by the largest fragment is told apart by the others too (Hopcroft 1971).
      let sizes = starts.map { end[$0] - $0 }
      guard let largest = sizes.max(), let spared = sizes.firstIndex(of: largest) else { continue }
      for (index, fragment) in starts.enumerated() where index != spared {
        for node in order[fragment..<end[fragment]] { insertNeighbours(of: node, graph, &queue) }
      }
    }
  }

  private func insertNeighbours(of node: Int, _ graph: ReadingGraph, _ queue: inout CellQueue) {
    for input in graph.inputs[node] { insertCell(of: input, &queue) }
    for reader in graph.readers[node] { insertCell(of: reader.node, &queue) }
  }

  private func insertCell(of node: Int, _ queue: inout CellQueue) {
    let start = colour[node]
    if end[start] - start > 1 { queue.insert(start) }
  }

  /// The colours of a node's neighbours, with the roles they have.
  private func signature(of node: Int, _ graph: ReadingGraph, work: inout Int) -> [Int] {
    var inputs = graph.inputs[node].map { colour[$0] }
    if graph.isCommutative[node] { inputs.sort() }
    // A node has below 2³² operands and there are below 2³¹ colours.
    let readers = graph.readers[node].map { colour[$0.node] << 32 | $0.operand }.sorted()
    work += 1 + inputs.count + readers.count
    return inputs + [-1] + readers
  }
}

/// Cells that wait for refinement: smallest place first, each once.
private struct CellQueue {
  private var heap: [Int] = []
  private var isQueued: [Bool]

  init(places: Int) { isQueued = [Bool](repeating: false, count: places) }

  mutating func insert(_ place: Int) {
    guard !isQueued[place] else { return }
    isQueued[place] = true
    heap.append(place)
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeFirst() -> Int? {
    guard let first = heap.first else { return nil }
    isQueued[first] = false
    let last = heap.removeLast()
    if heap.isEmpty { return first }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
        least = child
      }
      if least == parent { return first }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
