import ArchitectureScorer
import ArgumentParser
import NetworkGraph
import TangentKernel

extension OutputReduction: ExpressibleByArgument {}
extension NormalizationMode: ExpressibleByArgument {}
extension ParameterFilter: ExpressibleByArgument {}
extension Parameterization: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension KernelKind: ExpressibleByArgument {}

/// Which kernel; nil where the user said nothing.
struct KernelOptions: ParsableArguments {
  @Option(
    name: .long,
    help:
      "How outputs become one kernel: sum (default), trace (mean over outputs) or full (nO × nO)."
  )
  var outputReduction: OutputReduction?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Batch normalization: frozen (default), batch, running or removed.",
      discussion: "Statistics of the batch as constants or differentiated, stored ones, or none at all.")
  )
  var batchNorm: NormalizationMode?

  @Option(
    name: .long, help: "The kernel is over all parameters (default), weights (no biases) or kernels alone.")
  var parameters: ParameterFilter?

  @Option(name: .long, help: "The file's when not given, else standard.")
  var parameterization: Parameterization?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How weights are drawn: default (He normal by fan-in), pytorch, xavier_normal, orthogonal, …",
      discussion: "All: \(Initialization.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "name"))
  var initialization: String?

  @Option(
    name: .long,
    help: "Arithmetic of the passes: single or double; the default is single, at infinite width double.")
  var precision: Precision?

  /// The options that were given, as typed.
  var given: [String] {
    [
      outputReduction.map { _ in "--output-reduction" }, batchNorm.map { _ in "--batch-norm" },
      parameters.map { _ in "--parameters" }, parameterization.map { _ in "--parameterization" },
      initialization.map { _ in "--initialization" }, precision.map { _ in "--precision" },
    ].compactMap { $0 }
  }

  func settings(for file: NetworkFile, _ scorer: Scorer) throws -> KernelSettings {
    KernelSettings(
      outputReduction: outputReduction ?? .sum, normalizationMode: batchNorm ?? .frozen,
      parameterFilter: parameters ?? .all,
      parameterization: parameterization ?? file.parameterization ?? .standard,
      initialization: try scorer.initialization(named: initialization ?? "default"),
      precision: precision ?? .single)
  }
}
