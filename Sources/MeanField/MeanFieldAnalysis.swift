import Foundation

/// On which side of the edge of chaos a network is.
public enum PropagationPhase: String, Codable, Hashable, Sendable, CaseIterable {
  /// χ₁ < 1: inputs become alike and gradients vanish.
  case ordered
  /// χ₁ = 1: both change like powers of depth.
  case critical
  /// χ₁ > 1: inputs become unlike and gradients explode.
  case chaotic
}

/// How signals and gradients travel through an infinitely wide network of one activation, σ_w² and σ_b² in all layers
/// (Poole et al. 2016; Schoenholz et al. 2017; Xiao, Pennington and Schoenholz 2020).
///
/// Depth scales ξ are numbers of layers over which something shrinks or grows e-fold; infinite at criticality. Nil means
/// that a quantity does not exist in this phase, or without a q* above 0: where variances vanish, correlations do not
/// follow the map at q*.
public struct MeanFieldAnalysis: Hashable, Sendable {
  /// What was analysed: φ, σ_w² and σ_b².
  public let maps: WideNetworkMaps
  /// q*.
  public let varianceFixedPoint: VarianceFixedPoint
  /// χ₁ = σ_w² E[φ′²] at q*; where the variance grows without bound, its limit.
  public let gradientGain: Double
  /// Ordered, critical or chaotic.
  public let phase: PropagationPhase
  /// c*: the correlation that any two inputs end at. 1 unless chaotic; nil also where every correlation stays as it is.
  public let correlationFixedPoint: Double?
  /// χ_c* = σ_w² E[φ′φ′] at q* and c*.
  public let correlationSlope: Double?
  /// α_q = χ₁ + σ_w² E[φ″φ].
  public let varianceSlope: Double?

  /// |χ₁ − 1| up to which a network counts as critical.
  public static let criticalTolerance = 1e-7

  /// - Parameter dataVariance: of the first layer's pre-activations: where several fixed points are stable it decides.
  /// - Throws: `MeanFieldError.invalidParameter`; `.undefined` when q* is beyond what pairs can be integrated at.
  public init(_ maps: WideNetworkMaps, dataVariance: Double = 1) throws(MeanFieldError) {
    self.maps = maps
    let fixedPoint = try maps.varianceFixedPoint(from: dataVariance)
    varianceFixedPoint = fixedPoint
    gradientGain = Self.gradientGain(maps, fixedPoint)
    phase = Self.phase(gradientGain)
    guard let q = fixedPoint.value else {
      (correlationFixedPoint, correlationSlope, varianceSlope) = (nil, nil, nil)
      return
    }
    varianceSlope = q > 0 ? maps.varianceSlope(q) : gradientGain
    guard q > 0, !maps.keepsCorrelations else {
      (correlationFixedPoint, correlationSlope) = (nil, nil)
      return
    }
    guard phase == .chaotic, let c = try Self.unlikeFixedPoint(maps, q) else {
      (correlationFixedPoint, correlationSlope) = (1, gradientGain)
      return
    }
    correlationFixedPoint = c
    correlationSlope = maps.covariance(variance: q, c * q).slope
  }

  /// In the place of q* = 0, at which a kink's derivative is a convention.
  private static let nearZero = 1e-12

  /// χ₁ at a fixed point; where there is none, what it tends to.
  package static func gradientGain(_ maps: WideNetworkMaps, _ fixedPoint: VarianceFixedPoint) -> Double {
    guard let q = fixedPoint.value else { return maps.weightVariance * maps.activation.asymptoticGain }
    return maps.gradientGain(q > 0 ? q : nearZero)
  }

  private static func phase(_ gain: Double) -> PropagationPhase {
    abs(gain - 1) <= criticalTolerance ? .critical : gain < 1 ? .ordered : .chaotic
  }

  /// The fixed point of C(c) below 1. C is convex where c ≥ 0 (its power series has no negative coefficient) and steeper than
  /// 1 at c = 1, so there is one at most. Nil when it is closer to 1 than quadrature can tell.
  private static func unlikeFixedPoint(_ maps: WideNetworkMaps, _ q: Double) throws(MeanFieldError) -> Double?
  {
    try maps.requireRange(q)
    func excess(_ c: Double) -> Double {
      let value = maps.covariance(variance: q, c * q).value / q - c
      return abs(value) < 0x1p-50 ? 0 : value
    }
    let (low, high) = (0.0, 1 - 1e-6)
    let (atLow, atHigh) = (excess(low), excess(high))
    guard atHigh < 0 else { return nil }
    guard atLow > 0 else { return 0 }
    return bracketedRoot(excess, low, atLow, high, atHigh)
  }

  // MARK: Depth scales

  /// ξ₁ = 1/|log χ₁|: of gradients, and in the ordered phase of correlations.
  public var gradientDepthScale: Double { Self.depthScale(gradientGain) }

  /// ξ_c* = −1/log χ_c*: of correlations.
  public var correlationDepthScale: Double? { correlationSlope.map(Self.depthScale) }

  /// ξ_q = −1/log α_q: of variances.
  public var varianceDepthScale: Double? { varianceSlope.map { Self.depthScale(abs($0)) } }

  /// ξ_* = 1/(log χ₁ − log χ_c*), chaotic phase: how deep a network may be before it generalises no more.
  public var generalisationDepthScale: Double? {
    guard phase == .chaotic, let slope = correlationSlope, slope > 0, slope < 1 else { return nil }
    return 1 / (log1p(gradientGain - 1) - log(slope))
  }

  /// p* = q*/(1 − χ₁), ordered phase: what Θ(x, x) tends to.
  public var tangentFixedPoint: Double? {
    guard phase == .ordered, let q = varianceFixedPoint.value, q > 0 else { return nil }
    return q / (1 - gradientGain)
  }

  /// p_ab* = q* c*/(1 − χ_c*), chaotic phase: what Θ(x, x′) tends to.
  public var tangentOffDiagonalFixedPoint: Double? {
    guard phase == .chaotic, let q = varianceFixedPoint.value, let c = correlationFixedPoint,
      let slope = correlationSlope, slope < 1
    else { return nil }
    return q * c / (1 - slope)
  }

  /// 1/|log χ|; log1p keeps the digits near 1.
  private static func depthScale(_ gain: Double) -> Double {
    guard gain > 0 else { return 0 }
    let logarithm = abs(log1p(gain - 1))
    return logarithm > 0 ? 1 / logarithm : .infinity
  }
}
