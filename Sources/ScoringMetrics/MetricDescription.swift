import Trainability

/// Which way a metric is better.
public enum MetricDirection: String, Codable, Hashable, Sendable, CaseIterable {
  case lowerIsBetter = "lower"
  case higherIsBetter = "higher"
}

/// Everything about a metric but its computation: what `metrics list`, reports and rankings show and use.
public struct MetricDescription: Hashable, Sendable {
  /// Canonical, `camelCase`; files may also write it in `snake_case`.
  public let name: String
  /// A few words for a table's heading.
  public let title: String
  /// Of the value: `1` for pure numbers, `steps`, `parameters`, …
  public let unit: String
  /// One sentence.
  public let explanation: String
  /// The paper and equation behind it.
  public let source: String
  /// What ranking puts first.
  public let direction: MetricDirection
  /// Why that end comes first, or that neither is known to be better and the direction is a convention.
  public let directionReason: String
  /// How it is averaged over seeds.
  public let scale: MetricScale
  /// Changes whenever the same measurements give another value.
  public let version: String
  /// What has to be measured for it.
  public let needs: Set<MetricNeed>

  /// - Parameters:
  ///   - name: `lowerCamelCase`, unique among the metrics.
  ///   - source: the paper and equation.
  ///   - version: changes when the same measurements give another value.
  public init(
    name: String, title: String, unit: String, explanation: String, source: String,
    direction: MetricDirection, directionReason: String, scale: MetricScale, version: String = "1",
    needs: Set<MetricNeed>
  ) {
    self.name = name
    self.title = title
    self.unit = unit
    self.explanation = explanation
    self.source = source
    self.direction = direction
    self.directionReason = directionReason
    self.scale = scale
    self.version = version
    self.needs = needs
  }

  /// The settings that it is computed under whatever the space says, in words; nil when there are none.
  public var fixedSettings: String? { needs.compactMap(\.fixedSettings).min() }

  /// `conditionNumber` as search spaces write it: `condition_number`.
  public var snakeCaseName: String {
    name.reduce(into: "") { text, character in
      if character.isUppercase, !text.isEmpty { text += "_" }
      text += character.lowercased()
    }
  }
}
