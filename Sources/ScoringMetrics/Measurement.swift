import Trainability

/// The result of one need for one candidate and seed.
public enum Measurement: Hashable, Sendable {
  case spectrum(KernelSpectrum)
  /// Of a sum over layers, of which those whose kernels are zero were left out.
  case layerSum(KernelSpectrum, omittedLayers: Int)
  /// Root mean squares over samples of the gradient norm of the first and of the last layer's kernel, both positive.
  case gradientNorms(first: Double, last: Double)
  /// With the root of the expected square norm of the parameters; nil at infinite width, where it has no limit.
  case labelFit(KernelSpectrum, LabelFit, parameterNorm: Double?)
  /// ‖A − B‖_F/‖B‖_F.
  case relativeDeviation(Double)
  case meanField(MeanFieldQuantities)
  /// By the names that the plugin gives them; those without a value are absent.
  case external([String: Double])
  /// `outcome` is never `.ok`.
  case failure(Outcome, message: String)

  /// The spectrum in it; nil where there is none.
  public var spectrum: KernelSpectrum? {
    switch self {
    case .spectrum(let spectrum), .layerSum(let spectrum, _), .labelFit(let spectrum, _, _): spectrum
    case .gradientNorms, .relativeDeviation, .meanField, .external, .failure: nil
    }
  }

  /// Of the quantity that a need stands for: a spectrum may be known and its condition number not exist.
  package func outcome(of need: MetricNeed) -> (outcome: Outcome, message: String?) {
    switch self {
    case .failure(let outcome, let message): (outcome, message)
    case .gradientNorms, .labelFit, .relativeDeviation, .meanField, .external: (.ok, nil)
    case .spectrum(let spectrum), .layerSum(let spectrum, _):
      if case .undefined(let outcome, let reason) = need.decisive(spectrum) {
        (outcome, reason)
      } else {
        (.ok, nil)
      }
    }
  }
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

  /// - Parameter results: by need; what is missing was not asked for.
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

  /// The value that a metric takes from a measurement; what is no value of it is a failure.
  func value(of need: MetricNeed, _ body: (Measurement) -> MetricValue?) -> MetricValue {
    switch results[need] {
    case .failure(let outcome, let message): .failure(outcome, message: message)
    case let measurement:
      measurement.flatMap(body) ?? .failure(.cancelled, message: "'\(need.name)' was not measured")
    }
  }
}
