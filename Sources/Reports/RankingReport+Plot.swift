import ArchitecturePlugins
import ScoringMetrics
import SearchSpaces
import Trainability

/// Why a ranking cannot be drawn over a parameter.
package enum RankingPlotError: Error, Hashable, Sendable, CustomStringConvertible {
  /// `known` are those that it could be drawn over.
  case notNumeric(parameter: String, known: [String])
  case nothingVaries
  case unknownMetric(name: String, known: [String])
  case tooManyMetrics(Int, most: Int)
  /// Of the choices that vary beside that along the picture; `choices` are their names.
  case tooManyCombinations(Int, choices: [String], most: Int)

  package var description: String {
    switch self {
    case .notNumeric(let parameter, let known):
      "'\(parameter)' is no number that varies between candidates; "
        + (known.isEmpty ? "none is" : "expected one of \(known.joined(separator: ", "))")
    case .nothingVaries:
      "no choice of the search space is a number that varies, so there is nothing to draw over"
    case .unknownMetric(let name, let known):
      "the run has no metric '\(name)'; expected some of \(known.joined(separator: ", "))"
    case .tooManyMetrics(let count, let most):
      "a picture of \(count) metrics, and it tells \(most) apart; name fewer"
    case .tooManyCombinations(let count, let choices, let most):
      "\(count) combinations of \(choices.joined(separator: ", ")), each with a colour of its own, and a picture tells "
        + "\(most) apart; leave some out with --include or --where"
    }
  }
}

extension RankingReport {
  /// Metrics over one numeric parameter, as a picture: a colour for each combination of the other choices that vary, a
  /// stroke for each metric. A candidate without a value interrupts its line; so do those that have no rank.
  ///
  /// - Parameters:
  ///   - parameter: of the horizontal axis; the first numeric choice with the most values when nil.
  ///   - metricNames: canonical, at most three; those that rank when empty.
  package func plot(over parameter: String? = nil, metrics metricNames: [String] = [])
    throws(RankingPlotError)
    -> LinePlot
  {
    let axis = try horizontalAxis(parameter)
    let shown = try plottedMetrics(metricNames)
    let others = varyingChoiceNames.filter { $0 != axis }
    var groups: [(name: String, key: [ParameterValue?], places: [(x: Double, values: [String: Value])])] = []
    let candidates =
      ranked.map { ($0.choices, $0.values) } + failed.map { ($0.choices, [String: Value]()) }
    for (choices, values) in candidates {
      guard let x = choices[axis]?.number else { continue }
      let key = others.map { choices[$0] }
      if let index = groups.firstIndex(where: { $0.key == key }) {
        groups[index].places.append((x, values))
      } else {
        let name = others.map { "\($0) \(choices[$0]?.description ?? NumberText.missing)" }.joined(
          separator: ", ")
        groups.append((name, key, [(x, values)]))
      }
    }
    groups.sort { Self.precedes($0.key, $1.key) }
    guard groups.count <= LinePlot.colors else {
      throw .tooManyCombinations(groups.count, choices: others, most: LinePlot.colors)
    }
    let series = groups.enumerated().flatMap { color, group in
      zip(shown, Self.strokes).map { metric, stroke in
        LinePlot.Series(
          [group.name, shown.count > 1 ? metric.title : ""].filter { !$0.isEmpty }.joined(separator: ": "),
          group.places.sorted { $0.x < $1.x }.map { PlotPoint($0.x, $0.values[metric.name]?.value ?? .nan) },
          stroke: stroke, color: color)
      }
    }
    let places = groups.flatMap { $0.places.map(\.x) }
    let isWide = (places.min() ?? 0) > 0 && (places.max() ?? 0) >= 20 * (places.min() ?? 0)
    return LinePlot(
      title: "\(space): \(shown.map(\.title).joined(separator: ", ")) over \(axis)", subtitle: context,
      x: PlotAxis(axis, isWide ? .logarithmic : .linear, isTight: true),
      y: PlotAxis(
        shown.count == 1 ? shown[0].title : shown.map(\.title).joined(separator: ", "),
        shown.allSatisfy { $0.scale == .logarithmic } ? .logarithmic : .linear),
      series: series)
  }

  private static let strokes: [LinePlot.Series.Stroke] = [.solid, .dashed, .dotted]

  /// Whether a ranking of a search space can be drawn, as far as that is known before it is made.
  ///
  /// - Parameters:
  ///   - parameter: of the horizontal axis; nil for any.
  ///   - metricNames: canonical.
  package static func checkPlot(of space: SearchSpace, over parameter: String?, metrics metricNames: [String])
    throws(RankingPlotError)
  {
    let numeric = space.axes.filter { $0.values.count > 1 && $0.values.allSatisfy { $0.number != nil } }
      .map(\.name)
    if let parameter, !numeric.contains(parameter) {
      throw .notNumeric(parameter: parameter, known: numeric)
    }
    if numeric.isEmpty { throw .nothingVaries }
    try checkCount(ofMetrics: metricNames.isEmpty ? space.ranking.metrics.count : metricNames.count)
  }

  private static func checkCount(ofMetrics count: Int) throws(RankingPlotError) {
    if count > strokes.count { throw .tooManyMetrics(count, most: strokes.count) }
  }

  /// Numeric parameters that vary, in the order of the search space.
  private var numericNames: [String] {
    let all = ranked.map(\.choices) + failed.map(\.choices)
    return varyingChoiceNames.filter { name in all.allSatisfy { $0[name]?.number != nil } }
  }

  private func horizontalAxis(_ parameter: String?) throws(RankingPlotError) -> String {
    let names = numericNames
    if let parameter {
      guard names.contains(parameter) else { throw .notNumeric(parameter: parameter, known: names) }
      return parameter
    }
    let all = ranked.map(\.choices) + failed.map(\.choices)
    let counts = names.map { name in Set(all.compactMap { $0[name]?.number }).count }
    guard let most = counts.max(), let index = counts.firstIndex(of: most) else { throw .nothingVaries }
    return names[index]
  }

  private func plottedMetrics(_ names: [String]) throws(RankingPlotError) -> [MetricDescription] {
    var shown: [MetricDescription] = []
    for name in names.isEmpty ? rankingMetrics : names {
      guard let metric = metrics.first(where: { $0.name == name }) else {
        throw .unknownMetric(name: name, known: metrics.map(\.snakeCaseName))
      }
      shown.append(metric)
    }
    try Self.checkCount(ofMetrics: shown.count)
    return shown
  }

  private static func precedes(_ a: [ParameterValue?], _ b: [ParameterValue?]) -> Bool {
    for (x, y) in zip(a, b) where x != y {
      if let x = x?.number, let y = y?.number { return x < y }
      return (x?.description ?? "") < (y?.description ?? "")
    }
    return false
  }
}
