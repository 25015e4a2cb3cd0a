/// The outlines of where a function on a grid is at least some level: marching squares, with edges that two cells share
/// taken out, so that what is left are closed loops.
struct ContourRegions {
  /// `values[row][column]`; rows of one length, at least 2 × 2.
  let values: [[Double]]

  /// A corner of the grid, or the place on an edge of the grid where the level is crossed.
  private enum Vertex: Hashable, Comparable {
    case corner(Int, Int)
    /// From (row, column) to (row, column + 1).
    case horizontal(Int, Int)
    /// From (row, column) to (row + 1, column).
    case vertical(Int, Int)
  }

  private struct Edge: Hashable, Comparable {
    let from: Vertex
    let to: Vertex

    static func < (left: Edge, right: Edge) -> Bool { (left.from, left.to) < (right.from, right.to) }
  }

  /// Loops in units of the grid: x counts columns, y rows. To be filled by the even-odd rule.
  func loops(atLeast level: Double) -> [[PlotPoint]] {
    guard values.count > 1, let columns = values.first?.count, columns > 1 else { return [] }
    var edges = Set<Edge>()
    for row in 0..<values.count - 1 {
      for column in 0..<columns - 1 {
        let outline = outline(row, column, level)
        guard outline.count > 2 else { continue }
        for (from, to) in zip(outline, outline.dropFirst() + [outline[0]]) where from != to {
          if edges.remove(Edge(from: to, to: from)) == nil { edges.insert(Edge(from: from, to: to)) }
        }
      }
    }
    return chained(edges).map { $0.map { place($0, level) } }
  }

  /// The part of a cell that is at least the level, counterclockwise in (column, row).
  private func outline(_ row: Int, _ column: Int, _ level: Double) -> [Vertex] {
    let corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
    let crossings: [Vertex] = [
      .horizontal(row, column), .vertical(row, column + 1), .horizontal(row + 1, column),
      .vertical(row, column),
    ]
    var outline: [Vertex] = []
    for side in 0..<4 {
      let (here, next) = (corners[side], corners[(side + 1) % 4])
      let isInside = values[here.0][here.1] >= level
      if isInside { outline.append(.corner(here.0, here.1)) }
      if isInside != (values[next.0][next.1] >= level) { outline.append(crossings[side]) }
    }
    return outline
  }

  private func place(_ vertex: Vertex, _ level: Double) -> PlotPoint {
    func fraction(_ a: Double, _ b: Double) -> Double {
      let value = (level - a) / (b - a)
      return value.isFinite ? min(1, max(0, value)) : 0.5
    }
    switch vertex {
    case .corner(let row, let column): return PlotPoint(Double(column), Double(row))
    case .horizontal(let row, let column):
      return PlotPoint(Double(column) + fraction(values[row][column], values[row][column + 1]), Double(row))
    case .vertical(let row, let column):
      return PlotPoint(Double(column), Double(row) + fraction(values[row][column], values[row + 1][column]))
    }
  }

  /// Directed edges put end to end. In a fixed order, so that equal functions give equal pictures.
  private func chained(_ edges: Set<Edge>) -> [[Vertex]] {
    var onward: [Vertex: [Vertex]] = [:]
    for edge in edges.sorted(by: >) { onward[edge.from, default: []].append(edge.to) }
    var loops: [[Vertex]] = []
    for start in onward.keys.sorted() {
      while let first = onward[start]?.popLast() {
        var loop = [start]
        var vertex = first
        while vertex != start {
          loop.append(vertex)
          guard let next = onward[vertex]?.popLast() else { break }
          vertex = next
        }
        loops.append(loop)
      }
    }
    return loops
  }
}
