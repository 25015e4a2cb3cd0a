import InfiniteWidth
import TangentKernel
import Trainability

/// What has to be known of a candidate before a metric can be computed. Each is made once per candidate and whatever it
/// depends on (`dependence`), however many metrics ask for it; needs under the same settings share one evaluation.
///
/// A new kind of measurement is a case here and in one of `KernelMeter`'s parts.
public enum MetricNeed: Hashable, Sendable {
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
  /// What the finite-width tangent kernel of one output says of learning the batch's labels.
  case tangentKernelLabelFit
  /// The eigenvalues of Θ, the tangent kernel of infinite width.
  case infiniteTangentKernelSpectrum
  /// The eigenvalues of the NNGP kernel, the covariance of outputs at infinite width.
  case gaussianProcessKernelSpectrum
  /// How far the finite-width tangent kernel is from its limit.
  case infiniteWidthDeviation
  /// What Θ says of learning the batch's labels.
  case infiniteTangentKernelLabelFit
  /// What the NNGP kernel says of learning the batch's labels.
  case gaussianProcessKernelLabelFit
  /// Fixed points, depth scales and laws of mean-field theory.
  case meanField
  /// What a plugin measures.
  case external(ExternalMeasurement)
  /// What a plugin measured for a run that is read back: there to be looked up, never measured.
  case recorded(RecordedMetric.Measured)

  /// Those that ship, in the order in which they are measured.
  package static let shipped: [MetricNeed] = [
    .network, .tangentKernelSpectrum, .centeredKernelSpectrum, .correlationKernelSpectrum,
    .layerEqualizedSpectrum, .layerEqualizedCorrelationSpectrum, .layerGradientNorms, .inputGradientSpectrum,
    .centeredInputGradientSpectrum, .conjugateKernelSpectrum, .tangentKernelLabelFit,
    .infiniteTangentKernelSpectrum, .gaussianProcessKernelSpectrum, .infiniteWidthDeviation,
    .infiniteTangentKernelLabelFit, .gaussianProcessKernelLabelFit, .meanField,
  ]

  /// In an order that depends on nothing else.
  package static func inOrder(_ needs: some Collection<MetricNeed>) -> [MetricNeed] {
    needs.sorted { left, right in
      let places = [left, right].map { shipped.firstIndex(of: $0) ?? shipped.count }
      return places[0] == places[1]
        ? (left.name, left.version) < (right.name, right.version) : places[0] < places[1]
    }
  }

  /// What score identities call it.
  public var name: String {
    switch self {
    case .network: "network"
    case .tangentKernelSpectrum: "tangentKernelSpectrum"
    case .centeredKernelSpectrum: "centeredKernelSpectrum"
    case .correlationKernelSpectrum: "correlationKernelSpectrum"
    case .layerEqualizedSpectrum: "layerEqualizedSpectrum"
    case .layerEqualizedCorrelationSpectrum: "layerEqualizedCorrelationSpectrum"
    case .layerGradientNorms: "layerGradientNorms"
    case .inputGradientSpectrum: "inputGradientSpectrum"
    case .centeredInputGradientSpectrum: "centeredInputGradientSpectrum"
    case .conjugateKernelSpectrum: "conjugateKernelSpectrum"
    case .tangentKernelLabelFit: "tangentKernelLabelFit"
    case .infiniteTangentKernelSpectrum: "infiniteTangentKernelSpectrum"
    case .gaussianProcessKernelSpectrum: "gaussianProcessKernelSpectrum"
    case .infiniteWidthDeviation: "infiniteWidthDeviation"
    case .infiniteTangentKernelLabelFit: "infiniteTangentKernelLabelFit"
    case .gaussianProcessKernelLabelFit: "gaussianProcessKernelLabelFit"
    case .meanField: "meanField"
    case .external(let measurement): measurement.name
    case .recorded(let measured): measured.name
    }
  }

  /// What a measurement is a function of, beside the network and the settings.
  public enum Dependence: Hashable, Sendable {
    /// Nothing: it is the same for all seeds.
    case nothing
    /// The batch, whose seed may be fixed.
    case batch
    /// The weights and the batch: a seed draws both.
    case weights
  }

  /// What its measurement is a function of.
  public var dependence: Dependence {
    switch self {
    case .network, .meanField: .nothing
    case .infiniteTangentKernelSpectrum, .gaussianProcessKernelSpectrum, .infiniteTangentKernelLabelFit,
      .gaussianProcessKernelLabelFit:
      .batch
    case .tangentKernelSpectrum, .centeredKernelSpectrum, .correlationKernelSpectrum, .layerEqualizedSpectrum,
      .layerEqualizedCorrelationSpectrum, .layerGradientNorms, .inputGradientSpectrum,
      .centeredInputGradientSpectrum, .conjugateKernelSpectrum, .tangentKernelLabelFit,
      .infiniteWidthDeviation, .external, .recorded:
      .weights
    }
  }

  /// Whether kernels of infinite width are evaluated for it.
  public var needsInfiniteWidth: Bool { dependence == .batch || self == .infiniteWidthDeviation }

  /// Whether it is made with the labels of the batch.
  public var needsLabels: Bool {
    switch self {
    case .tangentKernelLabelFit, .infiniteTangentKernelLabelFit, .gaussianProcessKernelLabelFit: true
    case .external(let measurement): measurement.inputs.contains(.labels)
    default: false
    }
  }

  /// Bytes of each entry of a kernel in what is sent to a plugin.
  var bytesSentPerEntry: Int {
    guard case .external(let measurement) = self else { return 0 }
    return measurement.inputs.count(where: \.isArray) * measurement.plugin.file.form.bytesPerNumber
  }

  /// What it is, in words that continue "needs …".
  public var summary: String {
    switch self {
    case .network: "the network alone, the same for all seeds"
    case .tangentKernelSpectrum: "the eigenvalues of the tangent kernel K"
    case .centeredKernelSpectrum: "the eigenvalues of HKH, H = I − 11ᵀ/n"
    case .correlationKernelSpectrum: "the eigenvalues of K_ij/√(K_ii K_jj)"
    case .layerEqualizedSpectrum: "the tangent kernels of the layers, each over its mean diagonal"
    case .layerEqualizedCorrelationSpectrum: "the tangent kernels of the layers, each in correlation form"
    case .layerGradientNorms: "the gradient norms of the first and the last layer"
    case .inputGradientSpectrum: "the eigenvalues of the Gram matrix of gradients by the input"
    case .centeredInputGradientSpectrum:
      "the eigenvalues of the centred Gram matrix of gradients by the input"
    case .conjugateKernelSpectrum: "the eigenvalues of the Gram matrix of the last hidden features"
    case .tangentKernelLabelFit: "the tangent kernel K of one output, and labels"
    case .infiniteTangentKernelSpectrum: "the eigenvalues of Θ, the tangent kernel of infinite width"
    case .gaussianProcessKernelSpectrum:
      "the eigenvalues of the NNGP kernel, the covariance of outputs at infinite width"
    case .infiniteWidthDeviation: "the tangent kernel K and its limit Θ of infinite width"
    case .infiniteTangentKernelLabelFit: "Θ, the tangent kernel of infinite width, and labels"
    case .gaussianProcessKernelLabelFit: "the NNGP kernel and labels"
    case .meanField: "fixed points, depth scales and laws of mean-field theory"
    case .external(let measurement):
      "what the plugin \(measurement.plugin.name) reads: "
        + measurement.inputs.map(\.rawValue).sorted().joined(separator: ", ")
    case .recorded(let measured): "what the plugin \(measured.plugin) measured"
    }
  }

  /// Changes with the rules by which it is measured; enters the score identity.
  public var version: String {
    switch self {
    case .external(let measurement): measurement.version
    case .recorded(let measured): measured.version
    case .meanField, .tangentKernelLabelFit, .infiniteTangentKernelLabelFit, .gaussianProcessKernelLabelFit:
      "2"
    default: "1"
    }
  }

  /// The version of what computes it; enters the score identity.
  public var engineVersion: String {
    switch self {
    case .network, .meanField: "mean field \(version)"
    case .infiniteWidthDeviation:
      "\(TangentKernelEngine.version), infinite width \(InfiniteWidthEngine.version)"
    default:
      dependence == .batch ? "infinite width \(InfiniteWidthEngine.version)" : TangentKernelEngine.version
    }
  }

  /// The settings that it is measured under, given those that were asked for: the layer-equalised kernels are defined
  /// without batch norm and over kernels alone, labels are learnt through the kernel of one output, and what has no
  /// weights knows neither a precision nor several outputs.
  public func settings(from settings: KernelSettings) -> KernelSettings {
    var fixed = settings
    switch self {
    case .layerEqualizedSpectrum, .layerEqualizedCorrelationSpectrum:
      (fixed.normalizationMode, fixed.parameterFilter) = (.removed, .kernels)
    case .tangentKernelLabelFit: fixed.outputReduction = .trace
    case .infiniteTangentKernelSpectrum, .infiniteTangentKernelLabelFit:
      (fixed.outputReduction, fixed.precision) = (.trace, .double)
    case .gaussianProcessKernelSpectrum, .gaussianProcessKernelLabelFit, .meanField:
      (fixed.outputReduction, fixed.precision, fixed.parameterFilter) = (.trace, .double, .all)
    default: break
    }
    return fixed
  }

  /// The settings that it does not take from the space, in words; nil when there are none.
  public var fixedSettings: String? {
    switch self {
    case .layerEqualizedSpectrum, .layerEqualizedCorrelationSpectrum:
      "batch norm removed, kernels only, whatever the space's settings"
    case .tangentKernelLabelFit: "the output reduction 'trace', whatever the space's settings"
    case .infiniteTangentKernelSpectrum, .infiniteTangentKernelLabelFit, .gaussianProcessKernelSpectrum,
      .gaussianProcessKernelLabelFit:
      "double precision and the kernel of one output, whatever the space's settings"
    default: nil
    }
  }

  /// What it asks of the evaluation beside the kernel.
  var extras: KernelExtras {
    switch self {
    case .layerEqualizedSpectrum, .layerEqualizedCorrelationSpectrum, .layerGradientNorms: .perLayerKernels
    case .inputGradientSpectrum, .centeredInputGradientSpectrum: .inputGradientKernel
    case .conjugateKernelSpectrum: .conjugateKernel
    case .external(let measurement): measurement.inputs.reduce(into: []) { $0.formUnion($1.extras) }
    default: []
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
