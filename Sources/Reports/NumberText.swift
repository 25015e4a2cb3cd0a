import Foundation

/// Numbers as people read them. Nothing here looks at the locale: the decimal sign is a point everywhere.
package enum NumberText {
  /// A value to some significant digits: `0.01234`, `12.34`, `1234`, `123456`, `1.235e6`; `–` for a missing
  /// one.
  ///
  /// Whole digits are never replaced by zeros below a million: `12346`, not `12350`.
  package static func significant(_ value: Double?, digits: Int = 4) -> String {
    guard let value, value.isFinite else { return missing }
    if value == 0 { return "0" }
    let digits = max(1, min(digits, 17))
    // Rounding may carry into the next power of ten, so the exponent is read after it.
    let scientific = String(format: "%.*e", digits - 1, value)
    guard let mark = scientific.lastIndex(of: "e"), let exponent = Int(scientific[mark...].dropFirst()) else {
      return scientific
    }
    guard (-4..<6).contains(exponent) else { return scientific[..<mark] + "e\(exponent)" }
    return String(format: "%.*f", max(0, digits - 1 - exponent), value)
  }

  /// A value that a user gave, as they gave it, or to four digits where that is longer: `2`, `0.05`, `0.3333`.
  package static func short(_ value: Double) -> String {
    guard value.isFinite else { return missing }
    let text = "\(value)"
    let plain = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    return plain.count <= 7 ? plain : significant(value)
  }

  /// A whole number with its digits in threes: `12,345`.
  package static func grouped(_ value: Int) -> String {
    let digits = String(abs(value))
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return (value < 0 ? "-" : "") + text
  }

  /// A count in at most five characters: `950`, `12.3k`, `1.20M`, `56.0G`.
  package static func count(_ value: Double?) -> String {
    guard let value, value.isFinite else { return missing }
    guard abs(value) >= 1000 else { return value == value.rounded() ? "\(Int(value))" : significant(value) }
    var scaled = value
    for suffix in ["k", "M", "G", "T", "P", "E"] {
      scaled /= 1000
      let text = String(format: "%.*f", abs(scaled) < 9.995 ? 2 : abs(scaled) < 99.95 ? 1 : 0, scaled)
      // 999.6 thousand is 1.00 million, not 1000 thousand.
      if text != "1000", text != "-1000", abs(scaled) < 1000 { return text + suffix }
    }
    return significant(value)
  }

  /// One standard deviation of the logarithm over seeds, as a factor: `×1.08`; `–` for a missing one.
  package static func factor(logStandardDeviation: Double?) -> String {
    guard let deviation = logStandardDeviation, deviation.isFinite else { return missing }
    let factor = exp(deviation)
    return "×" + (factor < 9.995 ? String(format: "%.2f", factor) : significant(factor, digits: 3))
  }

  /// A time span: `0.8 s`, `12 s`, `3 min 05 s`, `2 h 10 min`, `4 d 03 h`.
  package static func duration(seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return missing }
    if seconds < 9.95 { return String(format: "%.1f s", max(0, seconds)) }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
    if whole < 86_400 { return String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60) }
    return String(format: "%d d %02d h", whole / 86_400, whole % 86_400 / 3600)
  }

  /// Bytes in binary units: `512 B`, `1.5 KiB`, `12 MiB`.
  package static func bytes(_ count: Int) -> String {
    var scaled = Double(count)
    var unit = "B"
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] where abs(scaled) >= 1024 {
      scaled /= 1024
      unit = larger
    }
    return unit == "B" || abs(scaled) >= 9.95
      ? "\(Int(scaled.rounded())) \(unit)" : String(format: "%.1f %@", scaled, unit)
  }

  /// `1 candidate`, `12 candidates`.
  package static func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
  }

  /// What stands where there is no value.
  package static let missing = "–"

  /// What stands where a metric does not apply.
  package static let inapplicable = "n/a"
}
