import TangentKernel

/// What a plugin's metric may read of a network and seed. The raw values are the protocol's names.
public enum MetricInput: String, Hashable, Sendable, CaseIterable {
  /// The finite-width tangent kernel at initialization: an array, n × n (nO × nO under the reduction `full`).
  case tangentKernel = "tangent_kernel"
  /// Its eigenvalues, descending.
  case tangentKernelSpectrum = "tangent_kernel_spectrum"
  /// The trace of each parameter array's share of it.
  case layerTraces = "layer_traces"
  /// Moments of every layer's and activation's values.
  case activationStatistics = "activation_statistics"
  /// For two samples, in how many ReLU-like units they are both active or both not: an array, n × n.
  case activationPatterns = "activation_patterns"
  /// Inner products of the last hidden features: an array, n × n.
  case conjugateKernel = "conjugate_kernel"
  /// Inner products of the gradients by the input: an array, n × n.
  case inputGradientKernel = "input_gradient_kernel"
  /// The class of each sample.
  case labels

  /// What it asks of the evaluation beside the kernel.
  var extras: KernelExtras {
    switch self {
    case .tangentKernel, .tangentKernelSpectrum, .labels: []
    case .layerTraces: .perLayerKernels
    case .activationStatistics: .signalStatistics
    case .activationPatterns: .activationPatterns
    case .conjugateKernel: .conjugateKernel
    case .inputGradientKernel: .inputGradientKernel
    }
  }

  /// Whether it goes to the plugin as a matrix.
  var isArray: Bool {
    switch self {
    case .tangentKernel, .activationPatterns, .conjugateKernel, .inputGradientKernel: true
    case .tangentKernelSpectrum, .layerTraces, .activationStatistics, .labels: false
    }
  }

  /// Whether its numbers are owed to rounding where the kernel is nearly singular.
  var isOfKernel: Bool { self == .tangentKernel || self == .tangentKernelSpectrum }
}
