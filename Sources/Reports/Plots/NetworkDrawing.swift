import NetworkGraph

/// A network as a picture: a box for each operation, data flowing down.
package struct NetworkDrawing: Sendable {
  private let network: Network
  private static let (boxWidth, boxHeight, columnGap, rowGap) = (190.0, 34.0, 18.0, 30.0)
  /// A picture of more shows nothing that a person could follow.
  private static let mostBoxes = 400

  package init(_ network: Network) { self.network = network }

  private struct Place {
    let x: Double
    let y: Double
  }

  /// For a page that has the styles of plots.
  package var svg: String {
    let nodes = network.nodes
    guard nodes.count <= Self.mostBoxes else {
      return "<p class=\"soft\">\(nodes.count) operations, too many to draw.</p>"
    }
    let layout = Layout(network)
    let shift = Self.margin - layout.left
    let width = layout.right - layout.left + 2 * Self.margin
    let height = Double(layout.rowCount) * (Self.boxHeight + Self.rowGap)
    func top(_ row: Int) -> Double { Double(row) * (Self.boxHeight + Self.rowGap) + 1 }
    var parts: [String] = []
    for (index, node) in nodes.enumerated() {
      for input in node.inputs {
        let way = layout.way(from: input, to: index).map { Place(x: $0.x + shift, y: top($0.row)) }
        parts.append(line(way))
      }
    }
    for (index, node) in nodes.enumerated() {
      parts.append(box(index, node, at: Place(x: layout.x[index] + shift, y: top(layout.rows[index]))))
    }
    return """
      <svg class="plot" viewBox="0 0 \(SVGText.number(width)) \(SVGText.number(height))" \
      width="\(SVGText.number(width))" height="\(SVGText.number(height))" style="max-width: \(SVGText.number(width))px" \
      role="img" aria-label="The network's operations from input to output">
      <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">\
      <path d="M0 0L8 4L0 8z"/></marker></defs>
      \(parts.joined(separator: "\n"))
      </svg>
      """
  }

  private static let margin = 16.0

  /// Where everything stands: each operation in the row below the last of its inputs, and in the rows that a connection
  /// passes by a lane of its own, so that it never runs behind a box.
  private struct Layout {
    /// By node.
    let rows: [Int]
    private(set) var x: [Double]
    let rowCount: Int
    private(set) var left = Double.infinity
    private(set) var right = -Double.infinity
    /// Of the lanes of a node's output, by row.
    private var lanes: [[Int: Double]]
    private static let laneWidth = 12.0

    private enum Item {
      case box(Int)
      case lane(from: Int)

      var width: Double {
        switch self {
        case .box: NetworkDrawing.boxWidth
        case .lane: Layout.laneWidth
        }
      }
    }

    init(_ network: Network) {
      let nodes = network.nodes
      var rows: [Int] = []
      for node in nodes { rows.append((node.inputs.map { rows[$0] }.max() ?? -1) + 1) }
      var items = [[Item]](repeating: [], count: (rows.max() ?? 0) + 1)
      var lastReader = rows
      for (index, node) in nodes.enumerated() {
        items[rows[index]].append(.box(index))
        for input in node.inputs { lastReader[input] = max(lastReader[input], rows[index]) }
      }
      for index in nodes.indices where lastReader[index] > rows[index] + 1 {
        for row in rows[index] + 1..<lastReader[index] { items[row].append(.lane(from: index)) }
      }
      self.rows = rows
      rowCount = items.count
      x = .init(repeating: 0, count: nodes.count)
      lanes = .init(repeating: [:], count: nodes.count)
      for (row, members) in items.enumerated() { place(members, row, network) }
    }

    /// Under what they read, as far as there is room.
    private mutating func place(_ items: [Item], _ row: Int, _ network: Network) {
      let wanted = items.map { item -> Double in
        switch item {
        case .box(let index):
          let inputs = network.nodes[index].inputs
          return inputs.isEmpty
            ? 0 : inputs.reduce(0) { $0 + position(of: $1, in: row - 1) } / Double(inputs.count)
        case .lane(let source): return position(of: source, in: row - 1)
        }
      }
      let order = items.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
      var places: [Double] = []
      for (place, index) in order.enumerated() {
        guard place > 0 else {
          places.append(wanted[index])
          continue
        }
        let distance = (items[order[place - 1]].width + items[index].width) / 2 + NetworkDrawing.columnGap
        places.append(max(wanted[index], places[place - 1] + distance))
      }
      let shift = zip(order, places).reduce(0) { $0 + wanted[$1.0] - $1.1 } / Double(max(1, order.count))
      for (index, place) in zip(order, places) {
        let place = place + shift
        left = min(left, place - items[index].width / 2)
        right = max(right, place + items[index].width / 2)
        switch items[index] {
        case .box(let node): x[node] = place
        case .lane(let source): lanes[source][row] = place
        }
      }
    }

    /// Where a node's output is in a row: at its box, or in its lane.
    private func position(of node: Int, in row: Int) -> Double { lanes[node][row] ?? x[node] }

    /// From a box through lanes to another box.
    func way(from source: Int, to target: Int) -> [(x: Double, row: Int)] {
      (rows[source]...rows[target]).map { row in
        (row == rows[target] ? x[target] : position(of: source, in: row), row)
      }
    }
  }

  private func box(_ index: Int, _ node: Node, at place: Place) -> String {
    let arrays = network.parameterCount(at: index)
    let text = "\(node.operation.name)  \(node.shape.dimensions)"
    let title =
      "\(node.name): \(node.operation.name), output \(node.shape.dimensions)"
      + (arrays > 0 ? ", \(NumberText.grouped(arrays)) parameters" : "")
    return
      "<g><title>\(SVGText.escaped(title))</title><rect x=\"\(SVGText.number(place.x - Self.boxWidth / 2))\" "
      + "y=\"\(SVGText.number(place.y))\" width=\"\(SVGText.number(Self.boxWidth))\" height=\"\(SVGText.number(Self.boxHeight - 2))\" rx=\"6\"/>"
      + "<text x=\"\(SVGText.number(place.x))\" y=\"\(SVGText.number(place.y + 20))\" text-anchor=\"middle\">\(SVGText.escaped(text))</text></g>"
  }

  /// - Parameter way: the tops of rows, from one box to another.
  private func line(_ way: [Place]) -> String {
    let height = Self.boxHeight - 2
    var path = ""
    for (from, to) in zip(way, way.dropFirst()) {
      let (x1, y1, x2, y2) = (from.x, from.y + height, to.x, to.y)
      // Through the row itself, in its lane.
      path += path.isEmpty ? "M\(SVGText.number(x1)) \(SVGText.number(y1))" : "V\(SVGText.number(y1))"
      let end = to.y == way.last?.y ? y2 - 1 : y2
      path +=
        x1 == x2
        ? "V\(SVGText.number(end))"
        : "C\(SVGText.number(x1)) \(SVGText.number(y1 + Self.rowGap * 0.7)) \(SVGText.number(x2)) "
          + "\(SVGText.number(y2 - Self.rowGap * 0.7)) \(SVGText.number(x2)) \(SVGText.number(end))"
    }
    return "<path d=\"\(path)\" marker-end=\"url(#arrow)\"/>"
  }
}
