/// Points over one pair of axes, some of them marked and joined by steps: a Pareto front before all candidates.
package struct ScatterPlot: Sendable {
  package struct Point: Sendable {
    package let place: PlotPoint
    /// Shown when the pointer rests on a marked point.
    package let name: String
    package let isMarked: Bool

    package init(_ place: PlotPoint, name: String, isMarked: Bool) {
      self.place = place
      self.name = name
      self.isMarked = isMarked
    }
  }

  package let title: String
  package let x: PlotAxis
  package let y: PlotAxis
  package let points: [Point]
  /// What the marked points are, and all points.
  package let names: (marked: String, all: String)

  package init(title: String, x: PlotAxis, y: PlotAxis, points: [Point], names: (marked: String, all: String))
  {
    self.title = title
    self.x = x
    self.y = y
    self.points = points
    self.names = names
  }

  /// No more unmarked points than this are drawn: of those that lie on one another, one stands for all.
  static let mostPoints = 2000

  /// - Parameters:
  ///   - width, height: of the picture, in pixels. At least 320 × 240.
  ///   - isFigure: whether it stands in a page that has its title and styles.
  package func svg(width: Double = 480, height: Double = 360, isFigure: Bool) -> String {
    let (width, height) = (max(320, width), max(240, height))
    let head = isFigure ? 12.0 : 40
    let frame = PlotFrame(
      left: 72, top: head + 24, width: width - 72 - 20, height: height - head - 24 - 58,
      x: x.fitted(to: points.map(\.place.x)), y: y.fitted(to: points.map(\.place.y)))
    let places = points.map { frame.place($0.place) }
    let shown = places.indices.filter { places[$0].x.isFinite && places[$0].y.isFinite }
    let marked = shown.filter { points[$0].isMarked }.sorted { places[$0].x < places[$1].x }
    let others = Self.thinned(shown.filter { !points[$0].isMarked }.map { places[$0] })

    var parts = isFigure ? [] : [SVGText.text(title, x: 24, y: 28, styles: "title")]
    parts += legend(top: head + 6)
    parts += frame.grid
    if !others.isEmpty {
      // Dots as lines of no length with round ends: one element, whatever their number.
      let path = others.map { "M\(SVGText.number($0.x)) \(SVGText.number($0.y))h0" }.joined()
      parts.append("<path d=\"\(path)\"\(Self.dots(others.count > 500 ? 3 : 5))/>")
    }
    if marked.count > 1 {
      var path = ""
      for index in marked {
        let (x, y) = (SVGText.number(places[index].x), SVGText.number(places[index].y))
        path += path.isEmpty ? "M\(x) \(y)" : "H\(x)V\(y)"
      }
      parts.append(
        "<path d=\"\(path)\" class=\"line\" stroke=\"var(--series1)\" stroke-opacity=\".55\" stroke-dasharray=\"4 4\"/>"
      )
    }
    for index in marked {
      parts.append(
        "<circle cx=\"\(SVGText.number(places[index].x))\" cy=\"\(SVGText.number(places[index].y))\" r=\"4.5\" "
          + "fill=\"var(--series1)\" stroke=\"var(--paper)\"><title>\(SVGText.escaped(points[index].name))</title></circle>"
      )
    }
    parts += frame.axes
    return isFigure
      ? SVGText.figure(width: width, height: height, title: title, body: parts)
      : SVGText.document(width: width, height: height, title: title, body: parts)
  }

  /// Smaller where there are many, so that they can be told apart.
  private static func dots(_ width: Int) -> String {
    " fill=\"none\" stroke=\"var(--series0)\" stroke-opacity=\".7\" stroke-width=\"\(width)\" stroke-linecap=\"round\""
  }

  private func legend(top: Double) -> [String] {
    let second = 24 + 22 + SVGText.width(names.marked, size: 12) + 18
    return [
      "<circle cx=\"28\" cy=\"\(SVGText.number(top))\" r=\"4.5\" fill=\"var(--series1)\"/>",
      SVGText.text(names.marked, x: 40, y: top + 4),
      "<path d=\"M\(SVGText.number(second)) \(SVGText.number(top))h0\"\(Self.dots(5))/>",
      SVGText.text(names.all, x: second + 12, y: top + 4),
    ]
  }

  /// One point for each cell of a grid, whose cells grow until there are few enough.
  static func thinned(_ points: [PlotPoint]) -> [PlotPoint] {
    var kept = points
    var size = 2.0
    while kept.count > mostPoints {
      var seen: Set<PlotPoint> = []
      kept = kept.filter {
        seen.insert(PlotPoint(($0.x / size).rounded(), ($0.y / size).rounded())).inserted
      }
      size *= 1.4
    }
    return kept
  }
}
