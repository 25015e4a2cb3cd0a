/// A function of two variables as bands of colour with a scale beside them, curves on top, and names in its regions: an SVG
/// picture for light and dark pages.
package struct RegionPlot: Sendable {
  /// The values between two levels.
  package struct Band: Sendable {
    /// Values from here on; the first band's is −∞.
    package let level: Double
    /// `#rrggbb`: the same on light and dark pages.
    package let color: String
    /// What stands at the level on the scale; empty for nothing.
    package let label: String

    package init(from level: Double, color: String, label: String = "") {
      self.level = level
      self.color = color
      self.label = label
    }
  }

  /// A line over the bands.
  package struct Curve: Sendable {
    package let name: String
    package let points: [PlotPoint]

    package init(_ name: String, _ points: [PlotPoint]) {
      self.name = name
      self.points = points
    }
  }

  /// A name at a place.
  package struct Label: Sendable {
    package let text: String
    package let at: PlotPoint

    package init(_ text: String, at place: PlotPoint) {
      self.text = text
      at = place
    }
  }

  package let title: String
  package let subtitle: String
  /// Their ranges have to be given.
  package let x: PlotAxis
  package let y: PlotAxis
  /// `values[row][column]` at equal distances over the ranges, row 0 at the bottom.
  package let values: [[Double]]
  /// Ascending.
  package let bands: [Band]
  /// What the scale shows.
  package let scaleTitle: String
  package let curves: [Curve]
  package let labels: [Label]
  /// A place to be marked, and its name.
  package let marker: Label?
  /// Where it is positive the picture is hatched; of the shape of `values`. Nil for nowhere.
  package let hatching: (values: [[Double]], name: String)?

  package init(
    title: String, subtitle: String = "", x: PlotAxis, y: PlotAxis, values: [[Double]], bands: [Band],
    scaleTitle: String, curves: [Curve] = [], labels: [Label] = [], marker: Label? = nil,
    hatching: (values: [[Double]], name: String)? = nil
  ) {
    self.title = title
    self.subtitle = subtitle
    self.x = x
    self.y = y
    self.values = values
    self.bands = bands
    self.scaleTitle = scaleTitle
    self.curves = curves
    self.labels = labels
    self.marker = marker
    self.hatching = hatching
  }

  private static let styles = """
    <style>
    svg .curve { fill: none; stroke: #1f2328; stroke-width: 2.25; stroke-linejoin: round; }
    svg .region { fill: #ffffff; font-size: 17px; font-weight: 600; paint-order: stroke; stroke: #1f2328;
      stroke-opacity: .55; stroke-width: 3px; stroke-linejoin: round; }
    svg .marker { fill: #ffffff; stroke: #1f2328; stroke-width: 2; }
    </style>
    <pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
    <line x1="0" y1="0" x2="0" y2="8" stroke="#1f2328" stroke-width="1.3" stroke-opacity=".6"/></pattern>
    """

  /// - Parameters:
  ///   - width, height: of the picture, in pixels. At least 400 × 300.
  package func svg(width: Double = 820, height: Double = 540) -> String {
    let (width, height) = (max(400, width), max(300, height))
    let legend = keys
    let top = (subtitle.isEmpty ? 40.0 : 60) + (legend.isEmpty ? 0 : 26)
    let frame = PlotFrame(
      left: 72, top: top, width: width - 72 - 138, height: height - top - 58, x: x, y: y)
    var parts = [Self.styles, SVGText.text(title, x: 24, y: 28, styles: "title")]
    if !subtitle.isEmpty { parts.append(SVGText.text(subtitle, x: 24, y: 48, styles: "soft")) }
    parts += drawnKeys(legend, top: top - 17)
    parts.append(
      "<clipPath id=\"area\"><rect x=\"\(SVGText.number(frame.left))\" y=\"\(SVGText.number(frame.top))\" "
        + "width=\"\(SVGText.number(frame.width))\" height=\"\(SVGText.number(frame.height))\"/></clipPath>")
    parts.append("<g clip-path=\"url(#area)\">")
    parts += filled(frame)
    parts += curves.map { "<path d=\"\(SVGText.path($0.points.map(frame.place)))\" class=\"curve\"/>" }
    parts.append("</g>")
    for label in labels {
      let place = frame.place(label.at)
      parts.append(SVGText.text(label.text, x: place.x, y: place.y + 6, anchor: .middle, styles: "region"))
    }
    if let marker {
      let place = frame.place(marker.at)
      parts.append(
        "<circle cx=\"\(SVGText.number(place.x))\" cy=\"\(SVGText.number(place.y))\" r=\"5\" class=\"marker\"/>"
      )
    }
    parts += frame.axes
    parts += scale(frame, left: width - 138 + 22)
    return SVGText.document(width: width, height: height, title: title, body: parts)
  }

  /// Every band is drawn over the ones below it, so that no seam shows.
  private func filled(_ frame: PlotFrame) -> [String] {
    let regions = ContourRegions(values: values)
    var parts: [String] = []
    for (index, band) in bands.enumerated() {
      let path =
        index == 0
        ? rectangle(frame)
        : regions.loops(atLeast: band.level).map { SVGText.path($0.map { place($0, frame) }, closed: true) }
          .joined()
      if !path.isEmpty { parts.append("<path d=\"\(path)\" fill=\"\(band.color)\" fill-rule=\"evenodd\"/>") }
    }
    if let hatching {
      let path = ContourRegions(values: hatching.values).loops(atLeast: 0.5)
        .map { SVGText.path($0.map { place($0, frame) }, closed: true) }.joined()
      if !path.isEmpty { parts.append("<path d=\"\(path)\" fill=\"url(#hatch)\" fill-rule=\"evenodd\"/>") }
    }
    return parts
  }

  private func rectangle(_ frame: PlotFrame) -> String {
    "M\(SVGText.number(frame.left)) \(SVGText.number(frame.top))h\(SVGText.number(frame.width))"
      + "v\(SVGText.number(frame.height))h\(SVGText.number(-frame.width))Z"
  }

  private func place(_ point: PlotPoint, _ frame: PlotFrame) -> PlotPoint {
    let (columns, rows) = (Double(max(1, (values.first?.count ?? 2) - 1)), Double(max(1, values.count - 1)))
    return PlotPoint(
      frame.left + frame.width * point.x / columns, frame.top + frame.height * (1 - point.y / rows))
  }

  // MARK: Keys

  private enum Key {
    case curve(String)
    case hatching(String)
    case marker(String)

    var name: String {
      switch self {
      case .curve(let name), .hatching(let name), .marker(let name): name
      }
    }
  }

  private var keys: [Key] {
    curves.prefix(1).filter { !$0.name.isEmpty }.map { .curve($0.name) }
      + (hatching.map { [.hatching($0.name)] } ?? []) + (marker.map { [.marker($0.text)] } ?? [])
  }

  private func drawnKeys(_ keys: [Key], top: Double) -> [String] {
    var left = 24.0
    return keys.flatMap { key -> [String] in
      defer { left += 34 + SVGText.width(key.name, size: 12) + 22 }
      let (x, y) = (SVGText.number(left), SVGText.number(top))
      let symbol =
        switch key {
        case .curve:
          // On a ground as pale as that under the curve, so that it looks the same on dark pages.
          "<rect x=\"\(x)\" y=\"\(SVGText.number(top - 7))\" width=\"26\" height=\"14\" fill=\"#e8eef5\"/>"
            + "<path d=\"M\(x) \(y)h26\" class=\"curve\"/>"
        case .hatching:
          "<rect x=\"\(x)\" y=\"\(SVGText.number(top - 7))\" width=\"26\" height=\"14\" fill=\"#f6e3cf\"/>"
            + "<rect x=\"\(x)\" y=\"\(SVGText.number(top - 7))\" width=\"26\" height=\"14\" fill=\"url(#hatch)\"/>"
        case .marker:
          "<circle cx=\"\(SVGText.number(left + 13))\" cy=\"\(y)\" r=\"5\" fill=\"var(--paper)\" "
            + "stroke=\"var(--ink)\" stroke-width=\"2\"/>"
        }
      return [symbol, SVGText.text(key.name, x: left + 34, y: top + 4)]
    }
  }

  /// The bands one above the other, all as high, with their levels between.
  private func scale(_ frame: PlotFrame, left: Double) -> [String] {
    let (top, width) = (frame.top + 22, 18.0)
    let height = (frame.height - 22) / Double(max(1, bands.count))
    var parts = [SVGText.text(scaleTitle, x: left, y: frame.top + 8)]
    for (index, band) in bands.enumerated() {
      let bottom = top + height * Double(bands.count - index)
      parts.append(
        "<rect x=\"\(SVGText.number(left))\" y=\"\(SVGText.number(bottom - height - 0.3))\" "
          + "width=\"\(SVGText.number(width))\" height=\"\(SVGText.number(height + 0.3))\" fill=\"\(band.color)\"/>"
      )
      if !band.label.isEmpty {
        parts.append(SVGText.text(band.label, x: left + width + 7, y: bottom + 4, styles: "soft"))
      }
    }
    parts.append(
      "<rect x=\"\(SVGText.number(left))\" y=\"\(SVGText.number(top))\" width=\"\(SVGText.number(width))\" "
        + "height=\"\(SVGText.number(height * Double(bands.count)))\" class=\"frame\"/>")
    return parts
  }
}
