import ArchitecturePlugins
import Foundation
import YAMLDocuments

/// Reads a range of numbers, `{from, to, step | count | factor, scale}` (and `when`, which is left alone), as the list of values it stands for.
///
/// Both ends are inclusive. Integers go by `step` (1 when nothing is said), by `count` evenly spaced values rounded
/// to integers, or on a logarithmic scale by `factor` or `count`; values that round to the same integer are taken
/// once. Reals need `step`, `count` or `factor`, and are rounded to 12 significant digits, so that a value does not
/// depend on the last bit of a logarithm.
struct RangeReader {
  let parameter: ParameterDescription
  let collector: DiagnosticCollector

  /// The values, ascending and distinct; nil after reporting what is wrong.
  func values(_ keys: YAMLMappingReader) -> [ParameterValue]? {
    switch parameter.kind {
    case .integer(let range), .integerOrList(let range): return integers(keys, in: range)
    case .real(let range): return reals(keys, in: range)
    case .boolean, .choice, .text:
      let isConditional = keys.contains("when")
      collector.report(
        "the choice '\(parameter.name)' is \(keys.node.shown)"
          + (isConditional
            ? " without 'values'; expected {values: [...], when: ...}"
            : ", and only numbers have ranges; expected a list of values"),
        at: keys.node.location)
      return nil
    }
  }

  private func integers(_ keys: YAMLMappingReader, in range: ClosedRange<Int>) -> [ParameterValue]? {
    let from = keys.required("from").flatMap { collector.integer($0, "'from'", in: range) }
    let to = keys.required("to").flatMap { collector.integer($0, "'to'", in: range) }
    let step = keys.integer("step", in: 1 ... .max)
    let spacing = spacing(keys, step: step.map(Double.init), defaultStep: 1)
    guard let from, let to, isUpright(keys, from, to), let spacing, isPositive(keys, spacing, Double(from))
    else { return nil }
    if case .step = spacing { return integers(from: from, to: to, by: step ?? 1, keys) }
    guard let exact = reals(from: Double(from), to: Double(to), spacing, keys) else { return nil }
    var values: [Int] = []
    for value in exact {
      // Rounding may leave the range by less than one half, and only at sizes that no Double can tell apart.
      let rounded = min(max(Int(exactly: value.rounded()) ?? to, from), to)
      if values.last != rounded { values.append(rounded) }
    }
    return values.map { .integer($0) }
  }

  private func integers(from: Int, to: Int, by step: Int, _ keys: YAMLMappingReader) -> [ParameterValue]? {
    let (width, overflow) = to.subtractingReportingOverflow(from)
    guard !overflow, isSmallEnough(keys, Double(width / step) + 1) else {
      if overflow { isSmallEnough(keys, .infinity) }
      return nil
    }
    return stride(from: from, through: to, by: step).map { .integer($0) }
  }

  private func reals(_ keys: YAMLMappingReader, in range: ClosedRange<Double>) -> [ParameterValue]? {
    let from = keys.required("from").flatMap { collector.real($0, "'from'", in: range) }
    let to = keys.required("to").flatMap { collector.real($0, "'to'", in: range) }
    let step = real(keys, "step", above: 0)
    let spacing = spacing(keys, step: step, defaultStep: nil)
    guard let from, let to, isUpright(keys, from, to), let spacing, isPositive(keys, spacing, from),
      let exact = reals(from: from, to: to, spacing, keys)
    else { return nil }
    var values: [Double] = []
    for value in exact {
      let isEnd = value == from || value == to
      let rounded = isEnd ? value : min(max(roundedTo12Digits(value), from), to)
      if values.last != rounded { values.append(rounded) }
    }
    return values.map { .real($0) }
  }

  /// The values before rounding; the ends are exact.
  private func reals(from: Double, to: Double, _ spacing: Spacing, _ keys: YAMLMappingReader) -> [Double]? {
    switch spacing {
    case .step(let step):
      // A step that misses the end by rounding only still reaches it: {from: 0, to: 0.3, step: 0.1} has 4 values.
      let last = ((to - from) / step * (1 + 1e-12)).rounded(.down)
      guard isSmallEnough(keys, last + 1) else { return nil }
      return (0...Int(last)).map { from + Double($0) * step }
    case .factor(let factor):
      let last = ((log(to) - log(from)) / log(factor) * (1 + 1e-12)).rounded(.down)
      guard isSmallEnough(keys, last + 1) else { return nil }
      return (0...Int(last)).map { from * pow(factor, Double($0)) }
    case .count(let count, let logarithmic):
      guard count > 1 else {
        if from == to { return [from] }
        collector.report("a 'count' of 1 needs 'from' equal to 'to'", at: keys.location(ofKey: "count"))
        return nil
      }
      guard from < to else {
        collector.report(
          "'from' equals 'to', which makes one value; 'count' asks for \(count)",
          at: keys.location(ofKey: "count"))
        return nil
      }
      return (0..<count).map { position in
        if position == 0 { return from }
        if position == count - 1 { return to }
        let fraction = Double(position) / Double(count - 1)
        func between(_ low: Double, _ high: Double) -> Double { low * (1 - fraction) + high * fraction }
        return logarithmic ? exp(between(log(from), log(to))) : between(from, to)
      }
    }
  }
}

extension RangeReader {
  private enum Spacing {
    case step(Double)
    case count(Int, logarithmic: Bool)
    case factor(Double)

    var isLogarithmic: Bool {
      switch self {
      case .step: false
      case .count(_, let logarithmic): logarithmic
      case .factor: true
      }
    }
  }

  /// Which of `step`, `count` and `factor` holds; asks for every remaining key, so it closes the mapping.
  private func spacing(_ keys: YAMLMappingReader, step: Double?, defaultStep: Double?) -> Spacing? {
    let scale = keys.choice("scale", among: [("linear", false), ("logarithmic", true)])
    let count = keys.integer("count", in: 1...ParameterReader.valueLimit)
    let factor = real(keys, "factor", above: 1)
    _ = keys.value("when")
    keys.finish()
    let given = ["step", "count", "factor"].filter(keys.contains)
    if given.count > 1 {
      collector.report(
        "\(keys.what) has both '\(given[0])' and '\(given[1])'; expected one of them",
        at: keys.location(ofKey: given[1]))
      return nil
    }
    if keys.contains("scale"), scale == nil { return nil }
    let isLogarithmic = scale ?? (given == ["factor"])
    switch given.first {
    case "step":
      guard !isLogarithmic else {
        collector.report(
          "a logarithmic range goes by 'factor' or 'count', not by 'step'", at: keys.location(ofKey: "step"))
        return nil
      }
      return step.map { .step($0) }
    case "count": return count.map { .count($0, logarithmic: isLogarithmic) }
    case "factor":
      guard isLogarithmic else {
        collector.report(
          "a linear range goes by 'step' or 'count', not by 'factor'", at: keys.location(ofKey: "factor"))
        return nil
      }
      return factor.map { .factor($0) }
    default:
      if !isLogarithmic, let defaultStep { return .step(defaultStep) }
      collector.report(
        isLogarithmic
          ? "\(keys.what) is logarithmic and needs 'factor' or 'count'"
          : "\(keys.what) is one of real numbers and needs 'count' or 'step'", at: keys.node.location)
      return nil
    }
  }

  private func real(_ keys: YAMLMappingReader, _ key: String, above bound: Int) -> Double? {
    keys.value(key).flatMap {
      collector.read($0, "'\(key)'", "a finite number above \(bound)") { node in
        node.real.flatMap { $0 > Double(bound) ? $0 : nil }
      }
    }
  }

  private func isUpright<Number: Comparable>(_ keys: YAMLMappingReader, _ from: Number, _ to: Number) -> Bool
  {
    if from <= to { return true }
    collector.report(
      "\(keys.what) is upside down: 'from' is \(from), 'to' is \(to)", at: keys.location(ofKey: "from"))
    return false
  }

  private func isPositive(_ keys: YAMLMappingReader, _ spacing: Spacing, _ from: Double) -> Bool {
    guard spacing.isLogarithmic, from <= 0 else { return true }
    collector.report("a logarithmic range starts above 0", at: keys.location(ofKey: "from"))
    return false
  }

  @discardableResult
  private func isSmallEnough(_ keys: YAMLMappingReader, _ count: Double) -> Bool {
    if count <= Double(ParameterReader.valueLimit) { return true }
    collector.report(
      "\(keys.what) has more than \(ParameterReader.valueLimit) values; take a larger step or a 'count'",
      at: keys.node.location)
    return false
  }
}

/// The nearest number that has 12 significant decimal digits.
private func roundedTo12Digits(_ value: Double) -> Double {
  guard value != 0 else { return 0 }
  let places = 11 - Int(log10(abs(value)).rounded(.down))
  // Both operands of the division are then exact, so the quotient is the double nearest to the decimal.
  guard (-22...22).contains(places) else { return Double(String(format: "%.11e", value)) ?? value }
  let scale = pow(10, Double(abs(places)))
  return places < 0 ? (value / scale).rounded() * scale : (value * scale).rounded() / scale
}
