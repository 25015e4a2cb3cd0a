import NetworkGraph

/// A network as a picture: a box for each operation, data flowing down.
package struct NetworkDrawing: Sendable {
  private let network: Network
  private static let (boxWidth, boxHeight, columnGap, rowGap) = (190.0, 34.0, 34.0, 22.0)
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
    let rows = self.rows
    var members: [Int: [Int]] = [:]
    for index in nodes.indices { members[rows[index], default: []].append(index) }
    let widest = members.values.map(\.count).max() ?? 1
    // Beside the boxes there is room for connections that pass rows by.
    let margin = 48.0
    let width = Double(widest) * (Self.boxWidth + Self.columnGap) - Self.columnGap + 2 * margin
    let height = Double(members.count) * (Self.boxHeight + Self.rowGap)
    var places = [Place](repeating: Place(x: 0, y: 0), count: nodes.count)
    for (row, indices) in members {
      let all = Double(indices.count) * (Self.boxWidth + Self.columnGap) - Self.columnGap
      for (column, index) in indices.enumerated() {
        places[index] = Place(
          x: (width - all) / 2 + Double(column) * (Self.boxWidth + Self.columnGap) + Self.boxWidth / 2,
          y: Double(row) * (Self.boxHeight + Self.rowGap) + 1)
      }
    }
    var parts: [String] = []
    for (index, node) in nodes.enumerated() {
      for input in node.inputs {
        let isDirect = rows[index] - rows[input] == 1
        parts.append(line(from: places[input], to: places[index], isDirect: isDirect))
      }
    }
    for (index, node) in nodes.enumerated() { parts.append(box(index, node, at: places[index])) }
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

  /// How many operations lie before each on its longest way from the input.
  private var rows: [Int] {
    var rows: [Int] = []
    for node in network.nodes { rows.append((node.inputs.map { rows[$0] }.max() ?? -1) + 1) }
    return rows
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

  private func line(from start: Place, to end: Place, isDirect: Bool) -> String {
    let (x1, y1) = (start.x, start.y + Self.boxHeight - 2)
    let (x2, y2) = (end.x, end.y)
    // One that passes rows by goes around them.
    let side = isDirect || start.x != end.x ? 0 : Self.boxWidth / 2 + 70
    let (c1, c2) =
      isDirect
      ? (Place(x: x1, y: y1 + Self.rowGap / 2), Place(x: x2, y: y2 - Self.rowGap / 2))
      : (Place(x: x1 + side, y: y1 + Self.rowGap), Place(x: x2 + side, y: y2 - Self.rowGap))
    return
      "<path d=\"M\(SVGText.number(x1)) \(SVGText.number(y1))C\(SVGText.number(c1.x)) \(SVGText.number(c1.y)) "
      + "\(SVGText.number(c2.x)) \(SVGText.number(c2.y)) \(SVGText.number(x2)) \(SVGText.number(y2 - 1))\" "
      + "marker-end=\"url(#arrow)\"/>"
  }
}
