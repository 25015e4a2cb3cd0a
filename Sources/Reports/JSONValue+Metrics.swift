import ArchitectureScorer
import ScoringMetrics

extension JSONValue {
  /// What a metric means.
  package init(_ metric: MetricDescription) {
    self = .object([
      ("name", .text(metric.name)), ("title", .text(metric.title)), ("unit", .text(metric.unit)),
      ("direction", .text(metric.direction.rawValue)), ("directionReason", .text(metric.directionReason)),
      ("scale", .text(metric.scale.rawValue)), ("version", .text(metric.version)),
      ("explanation", .text(metric.explanation)), ("source", .text(metric.source)),
      ("fixedSettings", metric.fixedSettings.map(JSONValue.text) ?? .null),
    ])
  }

  /// The metrics of one candidate over its seeds, by name.
  package init(_ summaries: [String: MetricSummary], _ metrics: [MetricDescription]) {
    func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
    self = .object(
      metrics.map { metric in
        let summary = summaries[metric.name]
        return (
          metric.name,
          .object([
            ("value", number(summary?.value)), ("logMean", number(summary?.logMean)),
            ("logStandardDeviation", number(summary?.logStandardDeviation)),
            ("seedsOk", .integer(summary?.seedsOk ?? 0)),
            ("perSeed", .array((summary?.perSeed ?? []).map(number))),
            ("outcome", .text((summary?.outcome ?? .cancelled).rawValue)),
            ("message", summary?.message.map(JSONValue.text) ?? .null),
          ])
        )
      })
  }
}
