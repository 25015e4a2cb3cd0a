import Trainability

/// A metric of a plugin as a run kept it: its values are read from a store, whatever has become of the plugin.
public struct RecordedMetric: ScoringMetric, Codable, Hashable {
  /// What the plugin measured, as score identities call it.
  public struct Measured: Codable, Hashable, Sendable {
    /// Of the plugin's file.
    public let plugin: String
    /// Enters the score identity.
    public let name: String
    /// Enters the score identity.
    public let version: String
  }

  private let name: String
  private let title: String
  private let unit: String
  private let explanation: String
  private let source: String
  private let direction: MetricDirection
  private let directionReason: String
  private let scale: MetricScale
  private let version: String
  /// As the plugin names it, `snake_case`.
  private let key: String
  private let measured: Measured

  /// Nil for a metric that ships, which needs no record.
  public init?(_ metric: any ScoringMetric) {
    let description = metric.description
    switch metric {
    case let recorded as RecordedMetric: self = recorded
    case let external as ExternalMetric:
      name = description.name
      title = description.title
      unit = description.unit
      explanation = description.explanation
      source = description.source
      direction = description.direction
      directionReason = description.directionReason
      scale = description.scale
      version = description.version
      key = external.key
      measured = Measured(
        plugin: external.plugin.name, name: external.measurement.name,
        version: external.measurement.version)
    default: return nil
    }
  }

  /// As the plugin described the metric when the run was made, its name and version included.
  public var description: MetricDescription {
    MetricDescription(
      name: name, title: title, unit: unit, explanation: explanation, source: source, direction: direction,
      directionReason: directionReason, scale: scale, version: version, needs: [.recorded(measured)])
  }

  /// The value that the plugin gave; `.notApplicable` where it gave none.
  public func value(of measurements: Measurements) -> MetricValue {
    measurements.value(of: .recorded(measured), named: key, plugin: measured.plugin)
  }
}
