import ScoringMetrics
import TangentKernel

/// The versions of what a run measured with, by the measurement's name: a run is reported with the scores that it computed,
/// whatever computes them today.
struct MeasurementVersions: Codable, Hashable, Sendable {
  struct Version: Codable, Hashable, Sendable {
    /// `MetricNeed.version`.
    let measurement: String
    /// `MetricNeed.engineVersion`.
    let engine: String
  }

  private let byName: [String: Version]

  /// Today's.
  init(_ needs: Set<MetricNeed>) {
    byName = Dictionary(
      uniqueKeysWithValues: needs.map {
        ($0.name, Version(measurement: $0.version, engine: $0.engineVersion))
      })
  }

  /// Those of a run that did not keep them: its identity says which engine it had, and the others are taken for today's.
  init(_ needs: Set<MetricNeed>, ofRunWith identity: ScoreIdentity) {
    byName = Dictionary(
      uniqueKeysWithValues: needs.map { need in
        let today = TangentKernelEngine.version
        let usesEngine = need.engineVersion == today || need.engineVersion.hasPrefix(today + ",")
        return (
          need.name,
          Version(
            measurement: need.name == identity.measurement ? identity.measurementVersion : need.version,
            engine: usesEngine
              ? identity.engineVersion + need.engineVersion.dropFirst(today.count) : need.engineVersion)
        )
      })
  }

  /// Today's where the run did not measure it.
  func version(of need: MetricNeed) -> Version {
    byName[need.name] ?? Version(measurement: need.version, engine: need.engineVersion)
  }
}
