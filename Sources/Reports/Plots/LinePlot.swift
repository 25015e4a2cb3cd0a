/// Curves over one pair of axes, as an SVG picture that reads well on light and dark pages and in one colour.
package struct LinePlot: Sendable {
  package struct Series: Sendable {
    package enum Stroke: String, Sendable {
      case solid = ""
      case dashed = "7 5"
      case dotted = "1 5"
      /// A dot at each place, and no line.
      case points = "points"
    }

    package let name: String
    package let points: [PlotPoint]
    package let stroke: Stroke
    /// Series of one colour belong together; nil for the next colour in turn.
    package let color: Int?
    /// Whether axes are made to hold it; what is not is cut off where it leaves them.
    package let isFitted: Bool

    package init(
      _ name: String, _ points: [PlotPoint], stroke: Stroke = .solid, color: Int? = nil, isFitted: Bool = true
    ) {
      self.name = name
      self.points = points
      self.stroke = stroke
      self.color = color
      self.isFitted = isFitted
    }
  }

  /// The area between two curves over the same places.
  package struct Band: Sendable {
    package let name: String
    package let lower: [PlotPoint]
    package let upper: [PlotPoint]
    package let color: Int

    package init(_ name: String, lower: [PlotPoint], upper: [PlotPoint], color: Int) {
      self.name = name
      self.lower = lower
      self.upper = upper
      self.color = color
    }
  }

  package let title: String
  /// A line below the title: what the picture is of.
  package let subtitle: String
  package let x: PlotAxis
  package let y: PlotAxis
  /// Below all series.
  package let bands: [Band]
  /// Drawn in order; the first lies lowest.
  package let series: [Series]

  package init(
    title: String, subtitle: String = "", x: PlotAxis, y: PlotAxis, bands: [Band] = [], series: [Series]
  ) {
    self.title = title
    self.subtitle = subtitle
    self.x = x
    self.y = y
    self.bands = bands
    self.series = series
  }

  /// Different colours before they repeat.
  static let colors = 8

  /// - Parameters:
  ///   - width, height: of the picture, in pixels. At least 320 × 240.
  ///   - name: of a picture within a page, unique there; the page has its title and styles. Nil for a picture that
  ///     stands alone.
  package func svg(width: Double = 760, height: Double = 460, within name: String? = nil) -> String {
    let (width, height) = (max(320, width), max(240, height))
    let legend = Legend(bands, series, within: width - 96)
    let head = name != nil ? 12.0 : subtitle.isEmpty ? 40 : 60
    let top = head + legend.height
    let area = name.map { $0 + "-area" } ?? "area"
    let frame = PlotFrame(
      left: 72, top: top, width: width - 72 - 24, height: height - top - 58,
      x: x.fitted(to: drawn.map(\.x)), y: y.fitted(to: drawn.map(\.y)))
    var parts = name == nil ? [SVGText.text(title, x: 24, y: 28, styles: "title")] : []
    if name == nil, !subtitle.isEmpty { parts.append(SVGText.text(subtitle, x: 24, y: 48, styles: "soft")) }
    parts += legend.drawn(left: 24, top: head)
    parts += frame.grid
    parts.append(
      "<clipPath id=\"\(area)\"><rect x=\"\(SVGText.number(frame.left))\" y=\"\(SVGText.number(frame.top - 1))\" "
        + "width=\"\(SVGText.number(frame.width))\" height=\"\(SVGText.number(frame.height + 2))\"/></clipPath>"
    )
    parts.append("<g clip-path=\"url(#\(area))\">")
    for band in bands {
      let lower = Self.runs(band.lower, frame).flatMap { $0 }
      let upper = Self.runs(band.upper, frame).flatMap { $0 }
      let path = SVGText.path(lower + upper.reversed(), closed: true)
      if !path.isEmpty { parts.append("<path d=\"\(path)\"\(Self.style(band))/>") }
    }
    for (index, series) in series.enumerated() {
      if series.stroke == .points {
        let dots = series.points.map(frame.place).filter { $0.x.isFinite && $0.y.isFinite }
        parts += dots.map { Self.dot($0, series, index) }
        continue
      }
      let path = Self.runs(series.points, frame).map { SVGText.path($0) }.joined()
      guard !path.isEmpty else { continue }
      parts.append("<path d=\"\(path)\"\(Self.style(series, index))/>")
    }
    parts.append("</g>")
    parts += frame.axes
    return name == nil
      ? SVGText.document(width: width, height: height, title: title, body: parts)
      : SVGText.figure(width: width, height: height, title: title, body: parts)
  }

  /// What axes are fitted to: without the points that a logarithmic axis leaves out, the first moment of training say.
  private var drawn: [PlotPoint] {
    let points = series.filter(\.isFitted).flatMap(\.points) + bands.flatMap { $0.lower + $0.upper }
    return points.filter { x.canShow($0.x) && y.canShow($0.y) }
  }

  fileprivate static func style(_ band: Band) -> String {
    " fill=\"var(--series\(band.color % colors))\" fill-opacity=\".18\""
  }

  fileprivate static func dot(_ place: PlotPoint, _ series: Series, _ index: Int) -> String {
    "<circle cx=\"\(SVGText.number(place.x))\" cy=\"\(SVGText.number(place.y))\" r=\"4.5\" "
      + "fill=\"var(--series\((series.color ?? index) % colors))\" stroke=\"var(--paper)\" stroke-width=\"1.5\"/>"
  }

  fileprivate static func style(_ series: Series, _ index: Int) -> String {
    let dashes = series.stroke == .solid ? "" : " stroke-dasharray=\"\(series.stroke.rawValue)\""
    return " class=\"line\" stroke=\"var(--series\((series.color ?? index) % colors))\"\(dashes)"
  }

  /// Stretches that can be drawn: a value that is not finite, or that a logarithm does not take, interrupts a curve. Places
  /// far outside of the frame are brought to its neighbourhood.
  private static func runs(_ points: [PlotPoint], _ frame: PlotFrame) -> [[PlotPoint]] {
    var runs: [[PlotPoint]] = []
    var isOpen = false
    for point in points {
      let place = frame.place(point)
      guard place.x.isFinite, place.y.isFinite else {
        isOpen = false
        continue
      }
      if !isOpen { runs.append([]) }
      isOpen = true
      runs[runs.count - 1].append(
        PlotPoint(place.x, min(max(place.y, frame.top - frame.height), frame.top + 2 * frame.height)))
    }
    // A lone point is drawn as a dot, by a line of no length with round ends.
    return runs.map { $0.count == 1 ? $0 + $0 : $0 }
  }
}

/// Names beside samples of their lines or areas, in as many rows as they need.
private struct Legend {
  private struct Entry {
    let name: String
    /// Of the sample, whose middle line starts at (x, y).
    let sample: (_ x: Double, _ y: Double) -> String
  }

  private let rows: [[(entry: Entry, offset: Double)]]
  private static let rowHeight = 20.0
  private static let sampleWidth = 26.0

  init(_ bands: [LinePlot.Band], _ series: [LinePlot.Series], within width: Double) {
    let lines = series.enumerated().map { index, series in
      Entry(name: series.name) { x, y in
        if series.stroke == .points {
          return LinePlot.dot(PlotPoint(x + Self.sampleWidth / 2, y), series, index)
        }
        return "<path d=\"M\(SVGText.number(x)) \(SVGText.number(y))h\(SVGText.number(Self.sampleWidth))\""
          + LinePlot.style(series, index) + "/>"
      }
    }
    let areas = bands.map { band in
      Entry(name: band.name) { x, y in
        "<rect x=\"\(SVGText.number(x))\" y=\"\(SVGText.number(y - 6))\" "
          + "width=\"\(SVGText.number(Self.sampleWidth))\" height=\"12\"\(LinePlot.style(band))/>"
      }
    }
    var rows: [[(entry: Entry, offset: Double)]] = []
    var offset = Double.infinity
    for entry in lines + areas where !entry.name.isEmpty {
      let length = Self.sampleWidth + 8 + SVGText.width(entry.name, size: 12) + 20
      if offset + length > width {
        rows.append([])
        offset = 0
      }
      rows[rows.count - 1].append((entry, offset))
      offset += length
    }
    self.rows = rows
  }

  var height: Double { rows.isEmpty ? 0 : Double(rows.count) * Self.rowHeight + 6 }

  func drawn(left: Double, top: Double) -> [String] {
    rows.enumerated().flatMap { row, entries in
      entries.flatMap { entry, offset in
        let (x, y) = (left + offset, top + Double(row) * Self.rowHeight + 10)
        return [
          entry.sample(x, y), SVGText.text(entry.name, x: x + Self.sampleWidth + 8, y: y + 4),
        ]
      }
    }
  }
}
