import Trainability

// What a store keeps of a measurement beside the eigenvalues.

extension Measurement {
  /// Numbers by name that are not eigenvalues.
  package var numbers: [String: Double] {
    switch self {
    case .spectrum, .failure: [:]
    case .layerSum(_, let omitted): [Name.omittedLayers: Double(omitted)]
    case .gradientNorms(let first, let last): [Name.firstNorm: first, Name.lastNorm: last]
    case .relativeDeviation(let value): [Name.deviation: value]
    case .meanField(let quantities): quantities.numbers
    case .external(let values): values
    case .labelFit(_, let fit, let parameterNorm):
      [
        Name.alignment: fit.alignment, Name.complexity: fit.complexity, Name.accuracy: fit.validationAccuracy,
        Name.displacement: fit.displacement, Name.steps: fit.stepsToOnePercent,
        Name.parameterNorm: parameterNorm,
      ].compactMapValues { $0 }
    }
  }

  /// From what was kept; nil when that is not all of it.
  package init?(
    _ need: MetricNeed, eigenvalues: [Double]?, numbers: [String: Double], outcome: Outcome, message: String?,
    epsilon: Double
  ) {
    let spectrum = eigenvalues.flatMap { try? KernelSpectrum(eigenvalues: $0, epsilon: epsilon) }
    guard let measurement = Self.measurement(need, spectrum, numbers, outcome) else {
      // A numerically singular kernel is a failure of κ, and its eigenvalues are kept all the same.
      guard outcome != .ok, eigenvalues == nil else { return nil }
      self = .failure(outcome, message: message ?? "no reason stored")
      return
    }
    self = measurement
  }

  private static func measurement(
    _ need: MetricNeed, _ spectrum: KernelSpectrum?, _ numbers: [String: Double], _ outcome: Outcome
  ) -> Measurement? {
    switch need {
    case .network: return nil
    case .layerEqualizedSpectrum, .layerEqualizedCorrelationSpectrum:
      guard let spectrum, let omitted = numbers[Name.omittedLayers].flatMap(Int.init(exactly:)) else {
        return nil
      }
      return .layerSum(spectrum, omittedLayers: omitted)
    case .layerGradientNorms:
      guard let first = numbers[Name.firstNorm], let last = numbers[Name.lastNorm] else { return nil }
      return .gradientNorms(first: first, last: last)
    case .tangentKernelLabelFit, .infiniteTangentKernelLabelFit, .gaussianProcessKernelLabelFit:
      guard let spectrum, let accuracy = numbers[Name.accuracy], let displacement = numbers[Name.displacement]
      else { return nil }
      return .labelFit(
        spectrum,
        LabelFit(
          alignment: numbers[Name.alignment], complexity: numbers[Name.complexity],
          validationAccuracy: accuracy, displacement: displacement, stepsToOnePercent: numbers[Name.steps]),
        parameterNorm: numbers[Name.parameterNorm])
    case .infiniteWidthDeviation: return numbers[Name.deviation].map { .relativeDeviation($0) }
    case .meanField: return MeanFieldQuantities(numbers).map { .meanField($0) }
    case .external(let measurement):
      // A plugin may have answered without a value.
      return outcome == .ok ? .external(numbers.filter { measurement.metrics.contains($0.key) }) : nil
    case .recorded: return outcome == .ok ? .external(numbers) : nil
    case .tangentKernelSpectrum, .centeredKernelSpectrum, .correlationKernelSpectrum, .inputGradientSpectrum,
      .centeredInputGradientSpectrum, .conjugateKernelSpectrum, .infiniteTangentKernelSpectrum,
      .gaussianProcessKernelSpectrum:
      return spectrum.map { .spectrum($0) }
    }
  }

  private enum Name {
    static let omittedLayers = "omittedLayers"
    static let firstNorm = "firstLayerGradientNorm"
    static let lastNorm = "lastLayerGradientNorm"
    static let alignment = "alignment"
    static let complexity = "complexity"
    static let accuracy = "accuracy"
    static let displacement = "displacement"
    static let steps = "steps"
    static let parameterNorm = "parameterNorm"
    static let deviation = "relativeDeviation"
  }
}
