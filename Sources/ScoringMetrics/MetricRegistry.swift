import YAMLDocuments

/// What can be wrong with a metric's name.
public enum MetricError: Error, Hashable, Sendable, CustomStringConvertible {
  case unknownMetric(name: String, known: [String], suggestion: String?)
  /// Two metrics that a file could not tell apart.
  case duplicateMetric(name: String)

  /// What is wrong, in words.
  public var description: String {
    switch self {
    case .unknownMetric(let name, let known, let suggestion):
      let expected =
        suggestion.map { "did you mean '\($0)'?" } ?? "expected one of \(known.joined(separator: ", "))"
      return "unknown metric '\(name)'; \(expected)"
    case .duplicateMetric(let name): return "two metrics are called '\(name)'; leave one of them out"
    }
  }
}

/// The metrics that a run knows, in the order in which they are shown.
public struct MetricRegistry: Sendable {
  /// The metric that every ranking shows.
  public static let headline = "conditionNumber"

  /// Every metric that ships.
  public static let standard = MetricRegistry(
    distinct: SpectrumMetric.all + [GradientNormRatio()] + SpectrumMetric.ofInfiniteWidth + [
      InfiniteWidthDeviation()
    ]
      + LabelMetric.all + MeanFieldMetric.all + NetworkMetric.all)

  /// In the order in which they are listed; their names differ.
  public private(set) var metrics: [any ScoringMetric]

  /// - Throws: `MetricError.duplicateMetric`; names that differ only in case style are the same.
  public init(_ metrics: [any ScoringMetric]) throws(MetricError) {
    self.metrics = []
    for metric in metrics { try register(metric) }
  }

  private init(distinct metrics: [any ScoringMetric]) { self.metrics = metrics }

  /// Canonical names, in the order in which they are shown.
  public var names: [String] { metrics.map(\.description.name) }

  /// Adds a metric.
  public mutating func register(_ metric: any ScoringMetric) throws(MetricError) {
    let name = metric.description.name
    guard !metrics.contains(where: { Self.folded($0.description.name) == Self.folded(name) }) else {
      throw .duplicateMetric(name: name)
    }
    metrics.append(metric)
  }

  /// The same with metrics as a run kept them, in place of those that now have their names.
  public func showing(_ recorded: [RecordedMetric]) -> MetricRegistry {
    let names = Set(recorded.map { Self.folded($0.description.name) })
    return MetricRegistry(
      distinct: metrics.filter { !names.contains(Self.folded($0.description.name)) } + recorded)
  }

  /// The metric with a name in either case style: `conditionNumber` or `condition_number`.
  /// - Throws: `MetricError.unknownMetric` with the nearest valid name.
  public func metric(named name: String) throws(MetricError) -> any ScoringMetric {
    if let metric = metrics.first(where: { Self.folded($0.description.name) == Self.folded(name) }) {
      return metric
    }
    throw .unknownMetric(name: name, known: names, suggestion: nearestSpelling(to: name, among: names))
  }

  private static func folded(_ name: String) -> String { name.filter { $0 != "_" }.lowercased() }
}
