import MeanField
import Trainability

/// A number that mean-field theory gives for a network.
///
/// The raw value is the name of the metric that shows it, and what a store keeps it under.
public enum MeanFieldQuantity: String, Codable, Hashable, Sendable, CaseIterable {
  /// χ₁.
  case gradientGain
  /// −1 ordered, 0 critical, 1 chaotic.
  case propagationPhase
  /// q*.
  case varianceFixedPoint
  /// c*.
  case correlationFixedPoint
  /// ξ₁.
  case gradientDepthScale
  /// ξ_c*.
  case correlationDepthScale
  /// ξ_q.
  case varianceDepthScale
  /// |σ_w²/σ_w²(critical) − 1|.
  case distanceToCriticality
  /// C ξ₁, ordered phase.
  case trainableDepth
  /// l/(C ξ₁), 0 where every depth trains.
  case trainableDepthUse
  /// C ξ_*, chaotic phase.
  case generalisingDepth
  /// l/(C ξ_*), 0 where the theory sets no limit.
  case generalisingDepthUse
  /// κ by its law at the network's depth.
  case asymptoticConditionNumber
  /// ΔP by its law at the network's depth.
  case meanPredictorScale
  /// Σ_{k≥2} C(d, k) μ_k/Φ(1) of the tangent kernel on the Boolean cube.
  case higherDegreeShare
  /// 2/maxₖ μ_k of the tangent kernel on the Boolean cube.
  case populationLearningRate

  /// d of the Boolean cube.
  static let cubeDimension = 128
}

/// What mean-field theory says of one network; quantities that it does not have are absent.
public struct MeanFieldQuantities: Hashable, Sendable {
  private let values: [MeanFieldQuantity: Double]

  /// - Parameter samples: m of the law of κ.
  /// - Throws: `MeanFieldError.undefined` for a network that the theory is not of.
  init(_ network: MeanFieldNetwork, samples: Int) throws(MeanFieldError) {
    let analysis = try network.analysis()
    let critical = try CriticalLine(network.activation).point(biasVariance: network.biasVariance)
    let depth = Double(network.depth)
    var values: [MeanFieldQuantity: Double] = [:]
    values[.gradientGain] = analysis.gradientGain
    values[.propagationPhase] = analysis.phase == .ordered ? -1 : analysis.phase == .critical ? 0 : 1
    values[.varianceFixedPoint] = analysis.varianceFixedPoint.value
    values[.correlationFixedPoint] = analysis.correlationFixedPoint
    values[.gradientDepthScale] = analysis.gradientDepthScale
    values[.correlationDepthScale] = analysis.correlationDepthScale
    values[.varianceDepthScale] = analysis.varianceDepthScale
    values[.distanceToCriticality] = critical.map { abs(network.weightVariance / $0.weightVariance - 1) }
    values[.trainableDepth] = analysis.trainableDepth
    values[.trainableDepthUse] = depth / analysis.trainableDepth
    values[.generalisingDepth] = analysis.generalisingDepth
    values[.generalisingDepthUse] = analysis.generalisingDepth.map { depth / $0 }
    values[.asymptoticConditionNumber] =
      analysis.conditionNumberLaw(samples: samples, readout: network.readout)?.conditionNumber(depth: depth)
    values[.meanPredictorScale] = analysis.meanPredictorScale(depth: depth, readout: network.readout)
    // Its inputs are vectors of signs, which no filter moves over.
    if network.readout == .fullyConnected,
      let cube = try? BooleanCubeSpectrum(
        .tangent, analysis.maps, hiddenLayers: network.depth - 1, dimension: MeanFieldQuantity.cubeDimension)
    {
      values[.higherDegreeShare] = cube.fractionalVariance(fromDegree: 2)
      values[.populationLearningRate] = cube.maximalLearningRate()
    }
    if let kappa = values[.asymptoticConditionNumber], !(kappa > 0) {
      values[.asymptoticConditionNumber] = nil
    }
    self.values = values.filter { $0.value.isFinite }
  }

  /// From what was kept; nil when that is no analysis.
  init?(_ numbers: [String: Double]) {
    values = numbers.reduce(into: [:]) { values, number in
      if let quantity = MeanFieldQuantity(rawValue: number.key) { values[quantity] = number.value }
    }
    guard values[.gradientGain] != nil, values[.propagationPhase] != nil else { return nil }
  }

  /// For a store.
  var numbers: [String: Double] {
    values.reduce(into: [:]) { $0[$1.key.rawValue] = $1.value }
  }

  /// The quantity, or why the network has none.
  public subscript(quantity: MeanFieldQuantity) -> MetricValue {
    values[quantity].map { .value($0) } ?? .failure(.notApplicable, message: reasonOfAbsence(quantity))
  }

  private var phase: PropagationPhase {
    switch values[.propagationPhase] {
    case -1: .ordered
    case 0: .critical
    default: .chaotic
    }
  }

  private func reasonOfAbsence(_ quantity: MeanFieldQuantity) -> String {
    let network = "a network in the \(phase.rawValue) phase"
    switch quantity {
    case .trainableDepth: return "\(network) trains at any depth"
    case .generalisingDepth where phase != .chaotic: return "the theory sets no such limit to \(network)"
    case .higherDegreeShare, .populationLearningRate:
      return "its kernel is of no dense network, or overflows at this depth"
    case .distanceToCriticality: return "no weight variance is critical for this activation and bias variance"
    case .gradientDepthScale: return "it is infinite: gradients neither shrink nor grow"
    default: break
    }
    guard let fixedPoint = values[.varianceFixedPoint] else {
      return "the variance of pre-activations has no fixed point: it grows with depth without bound"
    }
    if fixedPoint == 0, quantity != .varianceDepthScale {
      return
        "the variance of pre-activations vanishes with depth, and the theory is of networks where it settles"
    }
    switch quantity {
    case .correlationDepthScale, .varianceDepthScale:
      return "it is infinite: changes are no exponentials of depth"
    case .asymptoticConditionNumber: return "the law of κ gives no positive finite number at this depth"
    default: return "correlations have no fixed point that quadrature can tell from 1"
    }
  }
}
