import PluginHosting
import Trainability
import YAMLDocuments

/// A metric that a plugin from outside describes and computes.
public struct ExternalMetric: ScoringMetric {
  /// As the plugin describes it, with the hash of its contents as a source.
  public let description: MetricDescription
  /// Who computes it.
  public let plugin: Plugin
  /// What the plugin is asked for to get its value.
  public let measurement: ExternalMeasurement
  /// As the plugin names it, `snake_case`.
  let key: String

  fileprivate init(_ described: MetricReader.Description, _ measurement: ExternalMeasurement) {
    key = described.name
    plugin = measurement.plugin
    self.measurement = measurement
    let words = described.name.split(separator: "_")
    description = MetricDescription(
      name: words.dropFirst().reduce(String(words.first ?? "")) {
        $0 + $1.prefix(1).uppercased() + $1.dropFirst()
      },
      title: described.title ?? described.name, unit: described.unit ?? "1",
      explanation: described.explanation,
      source: (described.source.map { $0 + "; " } ?? "")
        + "the plugin \(measurement.plugin.file.path), SHA-256 \(measurement.plugin.contentHash)",
      direction: described.direction, directionReason: described.directionReason ?? "as the plugin says",
      scale: described.scale, version: described.version, needs: [.external(measurement)])
  }

  /// The plugin's value; `.notApplicable` where it gives none.
  public func value(of measurements: Measurements) -> MetricValue {
    measurements.value(of: .external(measurement), named: key, plugin: plugin.name)
  }
}

extension Measurements {
  /// One of the values that a plugin gave.
  func value(of need: MetricNeed, named key: String, plugin: String) -> MetricValue {
    value(of: need) {
      guard case .external(let values) = $0 else { return nil }
      return values[key].map { MetricValue(finite: $0) }
        ?? .failure(.notApplicable, message: "the plugin \(plugin) gives no value for this candidate")
    }
  }
}

extension Plugin {
  /// The metrics that it offers, in its order; none when it describes none.
  ///
  /// - Throws: `PluginFault.Kind.invalidDescription` with what is wrong.
  public func metrics() throws(PluginFault) -> [ExternalMetric] {
    let descriptions: [MetricReader.Description] = try reading(.invalidDescription) { collector in
      guard let keys = YAMLMappingReader(description, what: "its description", collector: collector) else {
        return nil
      }
      guard keys.contains("metrics") else { return [] }
      let reader = MetricReader(collector: collector)
      let metrics = keys.list("metrics", of: "a list of metrics") { reader.metric($0) }
      var names: Set<String> = []
      for metric in metrics ?? [] where !names.insert(metric.name).inserted {
        collector.report("two metrics are called '\(metric.name)'", at: keys.node.location)
      }
      return metrics
    }
    return descriptions.map { described in
      let together = descriptions.filter { $0.inputs == described.inputs }
      return ExternalMetric(
        described,
        ExternalMeasurement(
          plugin: self, inputs: described.inputs, metrics: together.map { ($0.name, $0.version) }))
    }
  }
}

/// Reads a metric as a plugin describes it. Mistakes go to the collector.
private struct MetricReader {
  let collector: DiagnosticCollector

  struct Description {
    let name: String
    let version: String
    let title: String?
    let unit: String?
    let explanation: String
    let source: String?
    let direction: MetricDirection
    let directionReason: String?
    let scale: MetricScale
    let inputs: Set<MetricInput>
  }

  func metric(_ node: YAMLNode) -> Description? {
    let written = node.entries?.first { $0.key.text == "name" }?.value.shortText ?? "without a name"
    guard let keys = YAMLMappingReader(node, what: "the metric \(written)", collector: collector) else {
      return nil
    }
    let name = required("name", keys)
    let version = required("version", keys)
    let explanation = required("explanation", keys)
    let direction =
      keys.required("direction") == nil
      ? nil
      : keys.choice(
        "direction", among: [("lower", MetricDirection.lowerIsBetter), ("higher", .higherIsBetter)])
    let scale = keys.choice("scale", among: [("linear", MetricScale.linear), ("logarithmic", .logarithmic)])
    let inputs =
      keys.required("needs") == nil
      ? nil
      : keys.list("needs", of: "a list of what it reads") {
        collector.choice($0, "a need", among: MetricInput.allCases.map { ($0.rawValue, $0) })
      }
    let (title, unit) = (keys.text("title"), keys.text("unit"))
    let (source, reason) = (keys.text("source"), keys.text("direction_reason"))
    keys.finish()
    if let inputs, inputs.isEmpty || inputs == [.labels] {
      collector.report(
        "the metric \(written) reads nothing of the network; expected one of "
          + MetricInput.allCases.map(\.rawValue).joined(separator: ", "), at: node.location)
    }
    if let name, !isUsable(name) {
      collector.report(
        "'\(name.withoutControlCharacters)' cannot name a metric; expected lowercase letters, digits and underscores",
        at: node.location)
    }
    guard let name, let version, let explanation, let direction, let inputs, collector.isEmpty else {
      return nil
    }
    return Description(
      name: name, version: version, title: title, unit: unit, explanation: explanation, source: source,
      direction: direction, directionReason: reason, scale: scale ?? .linear, inputs: Set(inputs))
  }

  private func required(_ key: String, _ keys: YAMLMappingReader) -> String? {
    keys.required(key) == nil ? nil : keys.text(key)
  }

  /// A letter first, and no two underscores beside one another or at the end: so that its two spellings are one to one.
  private func isUsable(_ name: String) -> Bool {
    let parts = name.split(separator: "_", omittingEmptySubsequences: false)
    return name.utf8.count <= 64 && name.utf8.first.map { (0x61...0x7a).contains($0) } == true
      && parts.allSatisfy { part in
        part.utf8.first.map { (0x61...0x7a).contains($0) } == true
          && part.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) }
      }
  }
}
