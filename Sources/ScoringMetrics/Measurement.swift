import Trainability

/// The result of one need for one candidate and seed.
public enum Measurement: Hashable, Sendable {
  case spectrum(KernelSpectrum)
  /// Of a sum over layers, of which those whose kernels are zero were left out.
  case layerSum(KernelSpectrum, omittedLayers: Int)
  /// Root mean squares over samples of the gradient norm of the first and of the last layer's kernel, both positive.
  case gradientNorms(first: Double, last: Double)
  /// `outcome` is never `.ok`.
  case failure(Outcome, message: String)

  public var spectrum: KernelSpectrum? {
    switch self {
    case .spectrum(let spectrum), .layerSum(let spectrum, _): spectrum
    case .gradientNorms, .failure: nil
    }
  }

  /// Of the quantity that a need stands for: a spectrum may be known and its condition number not exist.
  package func outcome(of need: MetricNeed) -> (outcome: Outcome, message: String?) {
    switch self {
    case .failure(let outcome, let message): (outcome, message)
    case .gradientNorms: (.ok, nil)
    case .spectrum(let spectrum), .layerSum(let spectrum, _):
      if case .undefined(let outcome, let reason) = need.decisive(spectrum) {
        (outcome, reason)
      } else {
        (.ok, nil)
      }
    }
  }

  // MARK: What a store keeps beside the eigenvalues

  /// Numbers by name that are not eigenvalues.
  package var numbers: [String: Double] {
    switch self {
    case .layerSum(_, let omitted): [Self.omittedLayers: Double(omitted)]
    case .gradientNorms(let first, let last): [Self.firstNorm: first, Self.lastNorm: last]
    case .spectrum, .failure: [:]
    }
  }

  /// From what was kept; nil when that is not all of it.
  package init?(
    _ need: MetricNeed, eigenvalues: [Double]?, numbers: [String: Double], outcome: Outcome, message: String?,
    epsilon: Double
  ) {
    if let eigenvalues {
      guard let spectrum = try? KernelSpectrum(eigenvalues: eigenvalues, epsilon: epsilon) else { return nil }
      switch need {
      case .layerEqualizedSpectrum, .layerEqualizedCorrelationSpectrum:
        guard let omitted = numbers[Self.omittedLayers].flatMap(Int.init(exactly:)) else { return nil }
        self = .layerSum(spectrum, omittedLayers: omitted)
      default: self = .spectrum(spectrum)
      }
    } else if outcome != .ok {
      self = .failure(outcome, message: message ?? "no reason stored")
    } else if let first = numbers[Self.firstNorm], let last = numbers[Self.lastNorm] {
      self = .gradientNorms(first: first, last: last)
    } else {
      return nil
    }
  }

  private static let omittedLayers = "omittedLayers"
  private static let firstNorm = "firstLayerGradientNorm"
  private static let lastNorm = "lastLayerGradientNorm"
}

/// A spectrum, or why there is none.
public enum MeasuredSpectrum: Hashable, Sendable {
  case spectrum(KernelSpectrum)
  /// `outcome` is never `.ok`.
  case failure(Outcome, message: String)
}

/// What was measured of one candidate, of which metrics are functions.
public struct Measurements: Sendable {
  /// Parameters, multiply–adds and depth of the canonical network.
  public let network: NetworkSize
  private let results: [MetricNeed: Measurement]

  public init(network: NetworkSize, _ results: [MetricNeed: Measurement] = [:]) {
    self.network = network
    self.results = results
  }

  /// Nil when no metric asked for it.
  public subscript(need: MetricNeed) -> Measurement? { results[need] }

  /// Nil when no metric asked for it, or the need is not for a spectrum.
  public func spectrum(_ need: MetricNeed) -> MeasuredSpectrum? {
    switch results[need] {
    case .failure(let outcome, let message): .failure(outcome, message: message)
    case let measurement: measurement?.spectrum.map { .spectrum($0) }
    }
  }

  /// Nil when no metric asked for it.
  public var tangentKernelSpectrum: MeasuredSpectrum? { spectrum(.tangentKernelSpectrum) }
}
