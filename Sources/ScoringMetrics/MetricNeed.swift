import TangentKernel
import Trainability

/// What has to be known of a candidate before a metric can be computed. Each is made once per candidate and seed,
/// however many metrics ask for it; needs under the same settings share one evaluation.
///
/// A new kind of measurement is a case here and in `KernelMeter`'s derivation.
public enum MetricNeed: String, Codable, Hashable, Sendable, CaseIterable {
  /// The network's structure alone: the same for all seeds. The only need that is not measured.
  case network
  /// The eigenvalues of the finite-width tangent kernel K at initialization.
  case tangentKernelSpectrum
  /// The eigenvalues of HKH, H = I − 11ᵀ/n, without the null vector 1.
  case centeredKernelSpectrum
  /// The eigenvalues of K_ij/√(K_ii K_jj).
  case correlationKernelSpectrum
  /// The eigenvalues of Σ_l K_l/mean diagonal, over convolution and dense kernels, batch norm removed.
  case layerEqualizedSpectrum
  /// The same with each K_l in correlation form.
  case layerEqualizedCorrelationSpectrum
  /// The gradient norms of the first and the last convolution or dense kernel.
  case layerGradientNorms
  /// The eigenvalues of the Gram matrix of gradients by the input.
  case inputGradientSpectrum
  /// The same of the centred matrix.
  case centeredInputGradientSpectrum
  /// The eigenvalues of the Gram matrix of the last hidden features.
  case conjugateKernelSpectrum

  /// Changes with the rules by which it is measured; enters the score identity.
  public var version: String { "1" }

  /// The settings that it is measured under, given those that were asked for: the layer-equalised kernels are defined
  /// without batch norm and over kernels alone.
  public func settings(from settings: KernelSettings) -> KernelSettings {
    guard fixedSettings != nil else { return settings }
    var fixed = settings
    (fixed.normalizationMode, fixed.parameterFilter) = (.removed, .kernels)
    return fixed
  }

  /// The settings that it does not take from the space, in words; nil when there are none.
  public var fixedSettings: String? {
    switch self {
    case .layerEqualizedSpectrum, .layerEqualizedCorrelationSpectrum:
      "batch norm removed, kernels only, whatever the space's settings"
    default: nil
    }
  }

  /// What it asks of the evaluation beside the kernel.
  public var extras: KernelExtras {
    switch self {
    case .network, .tangentKernelSpectrum, .centeredKernelSpectrum, .correlationKernelSpectrum: []
    case .layerEqualizedSpectrum, .layerEqualizedCorrelationSpectrum, .layerGradientNorms: .perLayerKernels
    case .inputGradientSpectrum, .centeredInputGradientSpectrum: .inputGradientKernel
    case .conjugateKernelSpectrum: .conjugateKernel
    }
  }

  /// The quantity of a measured spectrum that says how the measurement came out.
  func decisive(_ spectrum: KernelSpectrum) -> SpectralQuantity {
    switch self {
    case .inputGradientSpectrum: spectrum.medianOverTrace
    case .centeredInputGradientSpectrum: spectrum.participationRatio
    default: spectrum.conditionNumber
    }
  }
}
