/// The rectangle in which a plot draws, with its axes around.
struct PlotFrame {
  let left: Double
  let top: Double
  let width: Double
  let height: Double
  let x: PlotAxis
  let y: PlotAxis

  /// Where a point of the data stands; its coordinates are NaN where an axis cannot show it.
  func place(_ point: PlotPoint) -> PlotPoint {
    PlotPoint(left + width * x.position(of: point.x), top + height * (1 - y.position(of: point.y)))
  }

  /// Grid lines, to be drawn before the data.
  var grid: [String] {
    x.ticks.filter { !$0.label.isEmpty }.map { tick in
      let place = left + width * x.position(of: tick.value)
      return SVGText.line(place, top, place, top + height, styles: "grid")
    }
      + y.ticks.filter { !$0.label.isEmpty }.map { tick in
        let place = top + height * (1 - y.position(of: tick.value))
        return SVGText.line(left, place, left + width, place, styles: "grid")
      }
  }

  /// Frame, ticks and labels, to be drawn after the data.
  var axes: [String] {
    var parts = [
      "<rect x=\"\(SVGText.number(left))\" y=\"\(SVGText.number(top))\" width=\"\(SVGText.number(width))\" "
        + "height=\"\(SVGText.number(height))\" class=\"frame\"/>"
    ]
    let bottom = top + height
    for tick in x.ticks {
      let place = left + width * x.position(of: tick.value)
      parts.append(SVGText.line(place, bottom, place, bottom + (tick.label.isEmpty ? 3 : 5), styles: "frame"))
      if !tick.label.isEmpty {
        parts.append(SVGText.text(tick.label, x: place, y: bottom + 19, anchor: .middle, styles: "soft"))
      }
    }
    for tick in y.ticks {
      let place = top + height * (1 - y.position(of: tick.value))
      parts.append(SVGText.line(left - (tick.label.isEmpty ? 3 : 5), place, left, place, styles: "frame"))
      if !tick.label.isEmpty {
        parts.append(SVGText.text(tick.label, x: left - 9, y: place + 4, anchor: .end, styles: "soft"))
      }
    }
    parts.append(SVGText.text(x.label, x: left + width / 2, y: bottom + 41, anchor: .middle, styles: "axis"))
    parts.append(
      SVGText.text(y.label, x: left - 52, y: top + height / 2, anchor: .middle, styles: "axis", turned: true))
    return parts
  }
}
