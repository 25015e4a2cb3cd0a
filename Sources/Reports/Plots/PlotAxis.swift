import Foundation

/// One axis of a plot: what it shows, from where to where, and where ticks stand.
package struct PlotAxis: Sendable {
  package enum Scale: Sendable {
    case linear
    /// Values that are not positive are left out.
    case logarithmic
  }

  package struct Tick: Hashable, Sendable {
    package let value: Double
    /// Empty for the small ones between.
    package let label: String
  }

  package let label: String
  package let scale: Scale
  /// Nil to fit the data.
  package let range: ClosedRange<Double>?
  /// Whether a fitted axis ends where the data end, in place of the next whole tick.
  package let isTight: Bool

  package init(
    _ label: String, _ scale: Scale = .linear, range: ClosedRange<Double>? = nil, isTight: Bool = false
  ) {
    self.label = label
    self.scale = scale
    self.range = range
    self.isTight = isTight
  }

  /// A logarithmic axis that is fitted shows this many powers of ten below the largest value.
  static let mostDecades = 12.0
  /// One that is shorter has the ticks of a linear one.
  private static let fewestDecades = 0.7

  /// Fitted to values, rounded outwards to whole ticks when it is not fixed.
  func fitted(to values: some Sequence<Double>) -> PlotAxis {
    if range != nil { return self }
    let shown = values.filter(canShow)
    guard var low = shown.min(), var high = shown.max() else {
      return PlotAxis(label, scale, range: scale == .linear ? 0...1 : 0.1...1)
    }
    if isTight, low < high, scale == .linear || high / low <= pow(10, Self.mostDecades) {
      return PlotAxis(label, scale, range: low...high)
    }
    switch scale {
    case .logarithmic:
      low = max(low, high * pow(10, -Self.mostDecades), .leastNormalMagnitude)
      // Whole powers of ten, unless the data lie within one.
      if high / low > 3 {
        low = pow(10, log10(low).rounded(.down))
        high = pow(10, min(308, log10(high).rounded(.up)))
      } else {
        (low, high) = (low / 1.2, high * 1.2)
      }
    case .linear:
      if low == high { (low, high) = (low - max(1, abs(low)) / 2, high + max(1, abs(high)) / 2) }
      // Zero belongs to the picture when it is near.
      if low > 0, low < 0.25 * high { low = 0 }
      let step = Self.niceStep((high - low) / 5)
      low = (low / step + 1e-9).rounded(.down) * step
      high = (high / step - 1e-9).rounded(.up) * step
    }
    return PlotAxis(label, scale, range: low...max(high, low + .leastNormalMagnitude))
  }

  /// Whether the value has a place on the axis, however far it goes.
  func canShow(_ value: Double) -> Bool { value.isFinite && (scale == .linear || value > 0) }

  /// 0 at the low end, 1 at the high one; NaN for what the scale cannot show.
  func position(of value: Double) -> Double {
    guard let range else { return .nan }
    switch scale {
    case .linear: return (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    case .logarithmic:
      return value > 0
        ? log(value / range.lowerBound) / log(range.upperBound / range.lowerBound) : .nan
    }
  }

  /// Ticks within the range, ascending.
  package var ticks: [Tick] {
    guard let range else { return [] }
    switch scale {
    case .linear: return linearTicks(range)
    case .logarithmic: return logarithmicTicks(range)
    }
  }

  private func linearTicks(_ range: ClosedRange<Double>) -> [Tick] {
    let step = Self.niceStep((range.upperBound - range.lowerBound) / 5)
    let first = (range.lowerBound / step - 1e-6).rounded(.up)
    let last = (range.upperBound / step + 1e-6).rounded(.down)
    guard last - first < 100 else { return [] }
    let digits = max(0, Int(-log10(step).rounded(.down)))
    let isLarge = max(abs(range.lowerBound), abs(range.upperBound)) >= 1e5 || digits > 5
    return stride(from: first, through: last, by: 1).map { index in
      let value = index == 0 ? 0 : index * step
      return Tick(
        value: value,
        label: index == 0
          ? "0" : isLarge ? Self.scientific(value) : Self.minus(String(format: "%.*f", digits, value)))
    }
  }

  private func logarithmicTicks(_ range: ClosedRange<Double>) -> [Tick] {
    let (low, high) = (log10(range.lowerBound), log10(range.upperBound))
    let decades = high - low
    guard decades.isFinite else { return [] }
    // Between 1, 2 and 5 there may be none.
    if decades < Self.fewestDecades { return linearTicks(range) }
    // Every power of ten while they fit, else every second, fifth, …
    let stride = decades <= 8 ? 1 : Self.niceStep(decades / 7)
    var ticks: [Tick] = []
    for exponent in Int(low.rounded(.down))...Int(high.rounded(.up)) {
      let isLabelled = Int(exactly: Double(exponent) / stride) != nil
      for digit in 1...9 {
        let value = Double(digit) * pow(10, Double(exponent))
        guard value >= range.lowerBound * (1 - 1e-9), value <= range.upperBound * (1 + 1e-9) else { continue }
        if digit == 1, isLabelled {
          ticks.append(Tick(value: value, label: Self.power(exponent)))
        } else if decades <= 1.7, digit == 2 || digit == 5 {
          ticks.append(Tick(value: value, label: NumberText.significant(value, digits: 1)))
        } else if decades <= 6 {
          ticks.append(Tick(value: value, label: ""))
        }
      }
    }
    return ticks
  }

  /// 1, 2 or 5 times a power of ten, at least `least`.
  static func niceStep(_ least: Double) -> Double {
    guard least > 0, least.isFinite else { return 1 }
    let power = pow(10, log10(least).rounded(.down))
    return power * ([1, 2, 5].first { $0 * power >= least * (1 - 1e-9) } ?? 10)
  }

  /// `1`, `10`, `10⁻³`.
  private static func power(_ exponent: Int) -> String {
    switch exponent {
    case -1: "0.1"
    case 0: "1"
    case 1: "10"
    case 2: "100"
    default: "10" + superscript(exponent)
    }
  }

  private static func scientific(_ value: Double) -> String {
    let text = NumberText.significant(value, digits: 2)
    let parts = text.split(separator: "e")
    guard parts.count == 2, let exponent = Int(parts[1]) else { return minus(text) }
    return minus(String(parts[0])) + "·10" + superscript(exponent)
  }

  private static func superscript(_ exponent: Int) -> String {
    let digits: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
    return (exponent < 0 ? "⁻" : "")
      + String(String(abs(exponent)).compactMap { $0.wholeNumberValue.map { digits[$0] } })
  }

  /// A minus sign in the place of a hyphen.
  private static func minus(_ text: String) -> String { text.hasPrefix("-") ? "−" + text.dropFirst() : text }
}
