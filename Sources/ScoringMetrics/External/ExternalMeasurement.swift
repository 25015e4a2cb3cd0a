import NetworkGraph
import PluginHosting
import TangentKernel
import YAMLDocuments

/// What a plugin measures of a network and seed: the values of all its metrics that read the same, asked for in one call.
///
/// Two are equal when the plugin's contents, its metrics and what they read are.
public struct ExternalMeasurement: Hashable, Sendable {
  /// Who is asked.
  public let plugin: Plugin
  /// What goes with the question.
  public let inputs: Set<MetricInput>
  /// As the plugin names them, `snake_case`, in its order.
  public let metrics: [String]
  /// `plugin:` and the metrics; enters the score identity.
  public let name: String
  /// The metrics' versions and the hash of the plugin's contents; enters the score identity.
  public let version: String

  init(plugin: Plugin, inputs: Set<MetricInput>, metrics: [(name: String, version: String)]) {
    self.plugin = plugin
    self.inputs = inputs
    self.metrics = metrics.map(\.name)
    let read = inputs.map(\.rawValue).sorted().joined(separator: ",")
    name = "plugin:" + self.metrics.joined(separator: ",")
    version = metrics.map(\.version).joined(separator: ",") + "+" + read + "+sha256." + plugin.contentHash
  }

  /// By what enters the score identity.
  public static func == (left: Self, right: Self) -> Bool {
    left.name == right.name && left.version == right.version
  }

  /// By what enters the score identity.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(version)
  }

  /// Asks the plugin, twice unless it is trusted, since the same measurements must give the same values.
  ///
  /// - Returns: by the plugin's names; those without a value for this network are absent.
  /// - Throws: `PluginFault`.
  func values(_ material: ExternalMaterial) throws(PluginFault) -> [String: Double] {
    let request = material.request(inputs, metrics: metrics)
    let values = try answer(request)
    guard !plugin.isTrusted else { return values }
    guard try answer(request) == values else {
      throw plugin.fault(
        .inconsistent, "it gave two different values for the same measurements; expected the same each time")
    }
    return values
  }

  private func answer(_ request: PluginRequest) throws(PluginFault) -> [String: Double] {
    let reply = try plugin.call(request)
    return try plugin.reading(.malformedReply) { collector in
      guard
        let keys = YAMLMappingReader(reply, what: "its reply", collector: collector)?.requiredMapping(
          "values")
      else { return nil }
      var values: [String: Double] = [:]
      for metric in metrics {
        if !(keys.node.entries ?? []).contains(where: { $0.key.text == metric }) {
          keys.reportMissing(metric)
        }
        values[metric] = keys.real(metric, in: -.infinity ... .infinity)
      }
      keys.finish()
      return values
    }
  }
}

/// What was computed of a network and seed, for a plugin's metrics to read.
struct ExternalMaterial {
  let evaluation: KernelEvaluation
  let network: NetworkSize
  /// Descending; empty when it was not asked for.
  let eigenvalues: [Double]
  let labels: [Int]?

  func request(_ inputs: Set<MetricInput>, metrics: [String]) -> PluginRequest {
    var members = [
      ("metrics", list(metrics.map { "\"\($0)\"" })),
      (
        "network",
        "{\"parameters\":\(network.parameters),\"multiply_adds\":\(network.multiplyAdds),\"depth\":\(network.depth)}"
      ),
    ]
    var arrays: [PluginArray] = []
    for input in MetricInput.allCases where inputs.contains(input) {
      switch input {
      case .tangentKernel: arrays.append(array(input, evaluation.kernel))
      case .tangentKernelSpectrum: members.append((input.rawValue, list(eigenvalues.map(number))))
      case .layerTraces: members.append((input.rawValue, list(traces)))
      case .activationStatistics:
        members.append((input.rawValue, list((evaluation.signalStatistics ?? []).map(statistics))))
      case .activationPatterns:
        members.append(("activation_pattern_units", "\(evaluation.activationPatterns?.units ?? 0)"))
        arrays += [evaluation.activationPatterns.map { array(input, $0.agreements) }].compactMap(\.self)
      case .conjugateKernel:
        arrays += [evaluation.conjugateKernel.map { array(input, $0) }].compactMap(\.self)
      case .inputGradientKernel:
        arrays += [evaluation.inputGradientKernel.map { array(input, $0) }].compactMap(\.self)
      case .labels: members.append((input.rawValue, list((labels ?? []).map { "\($0)" })))
      }
    }
    return PluginRequest("measure", members, arrays: arrays)
  }

  private func array(_ input: MetricInput, _ kernel: KernelMatrix) -> PluginArray {
    PluginArray(name: input.rawValue, rows: kernel.rows, columns: kernel.columns, values: kernel.values)
  }

  /// Layers by number: names are not part of what a score is of.
  private var traces: [String] {
    var layer = -1
    var last: String?
    return (evaluation.perLayerKernels ?? []).map { kernel in
      if kernel.layer != last { layer += 1 }
      last = kernel.layer
      return "{\"layer\":\(layer),\"role\":\"\(kernel.role.protocolName)\",\"trace\":\(number(kernel.trace))}"
    }
  }

  private func statistics(_ signal: LayerSignal) -> String {
    "{\"operation\":\"\(signal.operation)\",\"units\":\(signal.units),"
      + "\"mean\":\(number(signal.mean)),\"mean_square\":\(number(signal.meanSquare)),"
      + "\"zero_fraction\":\(number(signal.zeroFraction))}"
  }

  private func list(_ values: [String]) -> String { "[" + values.joined(separator: ",") + "]" }

  /// JSON has no infinities.
  private func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }
}

extension ParameterArray.Role {
  fileprivate var protocolName: String {
    switch self {
    case .weight: "weight"
    case .bias: "bias"
    case .normalizationScale: "normalization_scale"
    case .normalizationShift: "normalization_shift"
    case .runningMean: "running_mean"
    case .runningVariance: "running_variance"
    }
  }
}
