import Foundation

/// The pieces of SVG pictures: numbers, text, and colours that fit light and dark pages.
enum SVGText {
  /// To a hundredth, which is more than a screen shows, without needless zeros: `12.5`, `-3`, `0.25`.
  static func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e7 else { return "0" }
    let hundredths = Int((value * 100).rounded())
    let sign = hundredths < 0 ? "-" : ""
    let (whole, rest) = abs(hundredths).quotientAndRemainder(dividingBy: 100)
    if rest == 0 { return "\(sign)\(whole)" }
    return rest % 10 == 0 ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// Text content and attribute values; characters that XML does not allow become `�`.
  static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value): result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }

  /// About how wide a text is, in units of its font size: enough to lay out a legend.
  static func width(_ text: String, size: Double) -> Double {
    text.reduce(0) { sum, character in
      switch character {
      case "i", "j", "l", "t", "f", "r", ".", ",", "'", "|", "(", ")", " ", "₁": sum + 0.36
      case "m", "w", "M", "W", "Σ", "—": sum + 0.9
      case _ where character.isUppercase: sum + 0.7
      default: sum + 0.58
      }
    } * size
  }

  /// A picture within a page, which has to set the colours and styles of `styles`.
  static func figure(width: Double, height: Double, title: String, body: [String]) -> String {
    "<svg class=\"plot\" viewBox=\"0 0 \(number(width)) \(number(height))\" role=\"img\" "
      + "aria-label=\"\(escaped(title))\">\n\(body.joined(separator: "\n"))\n</svg>\n"
  }

  /// A whole picture. Colours are variables, set once for light pages and once for dark ones.
  static func document(width: Double, height: Double, title: String, body: [String]) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(width)) \(number(height))" \
    width="\(number(width))" height="\(number(height))" role="img" aria-label="\(escaped(title))">
    <title>\(escaped(title))</title>
    <style>
    \(styles(within: "svg"))
    </style>
    <rect width="100%" height="100%" fill="var(--paper)"/>
    \(body.joined(separator: "\n"))
    </svg>

    """
  }

  /// - Parameter root: the element that holds the colours: the picture, or the page that it stands in.
  static func styles(within root: String) -> String {
    """
    \(root) { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #dfe4ea; --frame: #8c959f;
      --series0: #0969da; --series1: #bc4c00; --series2: #1a7f37; --series3: #8250df; --series4: #bf3989;
      --series5: #6e7781; --series6: #0a7d91; --series7: #9a6700;
      font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif; }
    @media (prefers-color-scheme: dark) {
      \(root) { --paper: #0d1117; --ink: #e6edf3; --soft: #9198a1; --grid: #262c34; --frame: #656c76;
        --series0: #58a6ff; --series1: #f0883e; --series2: #3fb950; --series3: #bc8cff; --series4: #f778ba;
        --series5: #9198a1; --series6: #39c5cf; --series7: #d29922; }
    }
    svg text { fill: var(--ink); font-size: 12px; }
    svg .title { font-size: 15px; font-weight: 600; }
    svg .soft { fill: var(--soft); }
    svg .axis { font-size: 13px; }
    svg .grid { stroke: var(--grid); stroke-width: 1; }
    svg .frame { fill: none; stroke: var(--frame); stroke-width: 1; }
    svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    """
  }

  enum Anchor: String { case start, middle, end }

  static func text(
    _ content: String, x: Double, y: Double, anchor: Anchor = .start, styles: String = "",
    turned: Bool = false
  ) -> String {
    let style = styles.isEmpty ? "" : " class=\"\(styles)\""
    let turn = turned ? " transform=\"rotate(-90 \(number(x)) \(number(y)))\"" : ""
    let side = anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
    return "<text x=\"\(number(x))\" y=\"\(number(y))\"\(side)\(style)\(turn)>\(subscripted(content))</text>"
  }

  /// Escaped, with what follows an underscore after a Greek letter, `σ_w` or `ξ_1`, lowered.
  private static func subscripted(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let mark = rest.firstIndex(of: "_"), mark > rest.startIndex {
      let letter = rest[rest.index(before: mark)]
      let below = rest[rest.index(after: mark)...].prefix(1)
      guard let scalar = letter.unicodeScalars.first, (0x370...0x3FF).contains(scalar.value), !below.isEmpty
      else {
        result += escaped(String(rest[...mark]))
        rest = rest[rest.index(after: mark)...]
        continue
      }
      result += escaped(String(rest[..<mark]))
      result +=
        "<tspan dy=\"3\" font-size=\"75%\">\(escaped(String(below)))</tspan><tspan dy=\"-3\">\u{200B}</tspan>"
      rest = rest[below.endIndex...]
    }
    return result + escaped(String(rest))
  }

  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, styles: String) -> String {
    "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" class=\"\(styles)\"/>"
  }

  /// An open or closed line through points, of which those that no eye would miss are left out.
  static func path(_ points: [PlotPoint], closed: Bool = false) -> String {
    let kept = PlotPoint.simplified(points, tolerance: closed ? 0.1 : 0.08)
    guard let first = kept.first else { return "" }
    var text = "M\(number(first.x)) \(number(first.y))"
    for point in kept.dropFirst() { text += "L\(number(point.x)) \(number(point.y))" }
    return closed ? text + "Z" : text
  }
}

/// A place in a picture or a point of a curve.
package struct PlotPoint: Hashable, Sendable {
  package var x: Double
  package var y: Double

  package init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }

  /// Fewer points that draw the same line to within a tolerance (Douglas and Peucker 1973).
  static func simplified(_ points: [PlotPoint], tolerance: Double) -> [PlotPoint] {
    guard points.count > 2 else { return points }
    var keep = [Bool](repeating: false, count: points.count)
    (keep[0], keep[points.count - 1]) = (true, true)
    var open = [(0, points.count - 1)]
    while let (first, last) = open.popLast() {
      var (farthest, distance) = (first, tolerance)
      for index in first + 1..<max(first + 1, last) {
        let away = points[index].distance(fromSegment: points[first], points[last])
        if away > distance { (farthest, distance) = (index, away) }
      }
      guard farthest > first else { continue }
      keep[farthest] = true
      open += [(first, farthest), (farthest, last)]
    }
    return zip(points, keep).filter(\.1).map(\.0)
  }

  private func distance(fromSegment a: PlotPoint, _ b: PlotPoint) -> Double {
    let (dx, dy) = (b.x - a.x, b.y - a.y)
    let length = dx * dx + dy * dy
    let along = length > 0 ? min(1, max(0, ((x - a.x) * dx + (y - a.y) * dy) / length)) : 0
    let (ex, ey) = (x - a.x - along * dx, y - a.y - along * dy)
    return (ex * ex + ey * ey).squareRoot()
  }
}
