import ArchitecturePlugins
import NetworkGraph
import PluginHosting
import ScoringMetrics

/// What is right and wrong with a plugin: the suite that its author runs.
///
/// Everything that a run relies on is tried: that it starts and describes itself, gives the same answers again, makes
/// networks that fit over the whole range of its parameters, and answers what makes no sense.
public struct PluginConformance: Sendable {
  /// One thing that was tried.
  public struct Check: Hashable, Sendable {
    /// What was looked at: `ladder: networks over the parameters' ranges`.
    public let subject: String
    /// Whether it was as runs need it.
    public let isPassed: Bool
    /// What was seen: numbers, or what is wrong.
    public let detail: String
  }

  /// In the order in which they were made.
  public private(set) var checks: [Check] = []
  /// What it offers; nil when it could not say so.
  public private(set) var plugin: Plugin?

  /// Whether there was anything to try, and nothing failed.
  public var isPassed: Bool { !checks.isEmpty && checks.allSatisfy(\.isPassed) }

  /// Runs the suite. Takes as long as some thousand calls of the plugin.
  public init(path: String, isTrusted: Bool = false, limits: PluginLimits = PluginLimits()) {
    let plugin: Plugin
    do {
      let start = ContinuousClock.now
      plugin = try Plugin(path: path, isTrusted: isTrusted, limits: limits)
      pass(
        "starts and describes itself",
        "in \(Self.shown(seconds: (ContinuousClock.now - start) / .seconds(1)))")
    } catch {
      fail("starts and describes itself", "\(error)")
      return
    }
    self.plugin = plugin
    do {
      let (families, metrics) = (try plugin.families(), try plugin.metrics())
      guard !families.isEmpty || !metrics.isEmpty else {
        throw plugin.fault(
          .invalidDescription, "it describes neither families nor metrics; expected at least one")
      }
      let offered =
        families.map { family in
          let count = family.parameters.count
          return "the family \(family.name) with \(count) parameter\(count == 1 ? "" : "s")"
        }
        + metrics.map { "the metric \($0.description.snakeCaseName)" }
      pass("schema", offered.joined(separator: ", "))
      checkDescription(plugin, families, metrics)
      for family in families { check(family) }
      var measured: [ExternalMeasurement] = []
      for measurement in metrics.map(\.measurement) where !measured.contains(measurement) {
        measured.append(measurement)
        check(measurement)
      }
      checkMalformedRequests(plugin, families)
    } catch { fail("schema", "\(error)") }
  }

  private mutating func pass(_ subject: String, _ detail: String) {
    checks.append(Check(subject: subject, isPassed: true, detail: detail))
  }

  private mutating func fail(_ subject: String, _ detail: String) {
    checks.append(Check(subject: subject, isPassed: false, detail: detail))
  }

  // MARK: Checks

  /// The same description from a process that remembers nothing.
  private mutating func checkDescription(
    _ plugin: Plugin, _ families: [ExternalFamily], _ metrics: [ExternalMetric]
  ) {
    let subject = "the same description again"
    do {
      let again = try Plugin(path: plugin.file.path, isTrusted: plugin.isTrusted, limits: plugin.limits)
      let isSame =
        try again.families().map(FamilySchema.init) == families.map(FamilySchema.init)
        && again.metrics().map(\.description) == metrics.map(\.description)
      if isSame {
        pass(subject, "")
      } else {
        fail(subject, "a second process describes something else")
      }
    } catch { fail(subject, "\(error)") }
  }

  private mutating func check(_ family: ExternalFamily) {
    let subject = "\(family.name): networks over the parameters' ranges"
    var trial = FamilyTrial(family)
    if let parameter = trial.parameterWithoutValue {
      return pass(
        subject,
        "cannot be tried: only the family knows what the text '\(parameter)' may say; give it a default")
    }
    do { try trial.run() } catch { return fail(subject, "\(error)") }
    guard let first = trial.made.first else {
      return fail(
        subject,
        "no choices make a network; the first words: \(trial.refusals.first.map { "\($0)" } ?? "none")")
    }
    pass(subject, trial.summary)
    checkAgain(family, trial.made)
    let times = trial.seconds.sorted()
    pass(
      "\(family.name): time per call",
      "median \(Self.shown(seconds: times[times.count / 2])), longest \(Self.shown(seconds: times.last ?? 0)), "
        + "on networks of about \(first.network.nodes.count) nodes")
  }

  /// The same networks from a process that remembers nothing.
  private mutating func checkAgain(_ family: ExternalFamily, _ made: [FamilyTrial.Sample]) {
    let subject = "\(family.name): the same choices, the same network"
    family.plugin.forget()
    let step = max(1, made.count / 32)
    do {
      for sample in stride(from: 0, to: made.count, by: step).map({ made[$0] }).reversed() {
        let again = try family.network(for: sample.choices, input: sample.input, outputs: FamilyTrial.outputs)
        guard again == sample.network else {
          return fail(
            subject,
            "another process makes another network of \(sample.choices.canonicalJSON); does it depend on time, "
              + "on random numbers, or on the order of a hash table?")
        }
      }
      pass(subject, Self.again(family.plugin))
    } catch { fail(subject, "\(error)") }
  }

  private mutating func check(_ measurement: ExternalMeasurement) {
    let names = measurement.metrics.joined(separator: ", ")
    let subject = "\(names): values of some networks"
    var trial = MetricTrial(measurement)
    do { try trial.run() } catch { return fail(subject, "\(error)") }
    let asked = trial.samples.count * measurement.metrics.count
    guard trial.valueCount > 0 else { return fail(subject, "no network of \(asked) has a value") }
    pass(subject, "\(trial.valueCount) of \(asked)")
    let again = "\(names): the same measurements, the same values"
    do {
      if try trial.isRepeated() {
        pass(again, Self.again(measurement.plugin))
      } else {
        fail(again, "another process gives other values; do they depend on time or on random numbers?")
      }
    } catch { fail(again, "\(error)") }
  }

  private mutating func checkMalformedRequests(_ plugin: Plugin, _ families: [ExternalFamily]) {
    let subject = "malformed requests are answered"
    let name = ParameterValue.text(families.first?.name ?? "").canonicalJSON
    let shape = "[12]"
    let requests: [(String, PluginRequest)] = [
      ("a line that is no JSON", PluginRequest(malformed: "this is no JSON")),
      ("a list", PluginRequest(malformed: "[1, 2]")),
      ("an empty object", PluginRequest(malformed: "{}")),
      ("an unknown call", PluginRequest("juggle")),
      ("a family without anything else", PluginRequest("make")),
      ("a metric without anything else", PluginRequest("measure")),
      (
        "an unknown parameter",
        PluginRequest(
          "make",
          [("family", name), ("choices", "{\"no_such_parameter\":1}"), ("input", shape), ("outputs", "3")])
      ),
      (
        "choices of the wrong types",
        PluginRequest("make", [("family", name), ("choices", "[]"), ("input", "\"x\""), ("outputs", "-1")])
      ),
      (
        "an unknown family",
        PluginRequest(
          "make", [("family", "\"no_such_family\""), ("choices", "{}"), ("input", shape), ("outputs", "3")])
      ),
    ]
    for (what, request) in requests {
      do { _ = try plugin.call(request) } catch {
        // A refusal is the answer that is hoped for.
        guard error.kind != .refused else { continue }
        return fail(subject, "\(what): \(error)")
      }
    }
    do { _ = try plugin.call(PluginRequest("describe")) } catch {
      return fail(subject, "after them it does not describe itself: \(error)")
    }
    pass(subject, "\(requests.count) kinds")
  }

  /// Who was asked again.
  private static func again(_ plugin: Plugin) -> String {
    plugin.isTrusted ? "from the same process, where it is loaded once" : "also from a fresh process"
  }

  static func shown(seconds: Double) -> String {
    func text(_ value: Double, _ unit: String) -> String {
      let tenths = (value * 10).rounded() / 10
      return (tenths >= 100 ? "\(Int(tenths.rounded()))" : "\(tenths)") + " \(unit)"
    }
    if seconds >= 1 { return text(seconds, "s") }
    return seconds >= 1e-3 ? text(seconds * 1e3, "ms") : text(seconds * 1e6, "µs")
  }
}
