import GaussianDuals
import NetworkGraph

/// One hidden layer of an infinitely wide fully connected network: how variances, covariances and tangent kernels of
/// pre-activations pass through it (Poole et al. 2016; Schoenholz et al. 2017; Jacot et al. 2018).
///
/// Parameterization: z′ = (σ_w/√N) W φ(z) + σ_b b with W, b ~ N(0, 1).
public struct WideNetworkMaps: Hashable, Sendable {
  /// φ.
  public let activation: Activation
  /// σ_w², positive.
  public let weightVariance: Double
  /// σ_b², ≥ 0.
  public let biasVariance: Double
  let dual: GaussianDual

  /// - Throws: `MeanFieldError.invalidParameter`.
  public init(
    activation: Activation, weightVariance: Double, biasVariance: Double = 0
  ) throws(MeanFieldError) {
    try MeanFieldError.require(weightVariance, "the weight variance")
    try MeanFieldError.require(biasVariance, "the bias variance")
    guard weightVariance > 0 else {
      throw .invalidParameter("the weight variance is 0; expected a positive number")
    }
    self.activation = activation
    self.weightVariance = weightVariance
    self.biasVariance = biasVariance
    dual = GaussianDual(activation)
  }

  /// Whether the layer is linear without a bias, so that no correlation changes.
  var keepsCorrelations: Bool { activation == .leakyRelu(slope: 1) && biasVariance == 0 }

  /// - Throws: `MeanFieldError.undefined` for a variance at which pairs of inputs cannot be integrated.
  func requireRange(_ q: Double) throws(MeanFieldError) {
    guard q <= dual.largestVariance else {
      throw .undefined(
        "pre-activations have variance \(q), beyond the \(dual.largestVariance) that the quadrature of "
          + "\(activation.name) is made for")
    }
  }

  /// The variance after the layer: σ_w² E[φ²] + σ_b².
  public func variance(_ q: Double) -> Double { weightVariance * dual.diagonal(q: q).value + biasVariance }

  /// χ at a variance: σ_w² E[φ′²], by which squared gradients grow on their way back through the layer.
  public func gradientGain(_ q: Double) -> Double { weightVariance * dual.diagonal(q: q).derivative }

  /// Q′(q) = σ_w² (E[φ′²] + E[φ″φ]).
  public func varianceSlope(_ q: Double) -> Double { gradientGain(q) + curvature(q) }

  /// σ_w² E[φ″φ].
  func curvature(_ q: Double) -> Double { weightVariance * dual.curvature(q: q) }

  /// The covariance after the layer of two inputs of one variance, and its derivative σ_w² E[φ′φ′] by the covariance.
  func covariance(variance q: Double, _ covariance: Double) -> (value: Double, slope: Double) {
    let moments = dual.moments(q1: q, q2: q, c: covariance)
    return (weightVariance * moments.value + biasVariance, weightVariance * moments.derivative)
  }
}

/// A pair of inputs of equal length in front of some layer: NNGP and tangent kernel of an input with itself and with the
/// other.
public struct KernelPair: Hashable, Sendable {
  /// K(x, x): the variance of pre-activations.
  public var variance: Double
  /// K(x, x′).
  public var covariance: Double
  /// Θ(x, x).
  public var tangentDiagonal: Double
  /// Θ(x, x′).
  public var tangentOffDiagonal: Double

  /// After the first affine map, where Θ = K.
  public init(variance: Double, covariance: Double) {
    self.variance = variance
    self.covariance = covariance
    (tangentDiagonal, tangentOffDiagonal) = (variance, covariance)
  }

  /// After the first affine map, from inputs x with |x|²/d = 1 and x·x′/d = `correlation`.
  public init(_ maps: WideNetworkMaps, inputCorrelation correlation: Double) {
    self.init(
      variance: maps.weightVariance + maps.biasVariance,
      covariance: maps.weightVariance * correlation + maps.biasVariance)
  }

  /// c = K(x, x′)/K(x, x); 1 where there is no variance.
  public var correlation: Double { variance > 0 ? covariance / variance : 1 }

  /// After one more hidden layer: K ← σ_w² T(K) + σ_b², Θ ← K + σ_w² Ṫ(K)·Θ.
  public func advanced(through maps: WideNetworkMaps) -> KernelPair {
    let diagonal = maps.dual.diagonal(q: variance)
    let cross = maps.covariance(variance: variance, covariance)
    var next = KernelPair(
      variance: maps.weightVariance * diagonal.value + maps.biasVariance, covariance: cross.value)
    next.tangentDiagonal = next.variance + maps.weightVariance * diagonal.derivative * tangentDiagonal
    next.tangentOffDiagonal = next.covariance + cross.slope * tangentOffDiagonal
    return next
  }

  /// Of the tangent kernel of m inputs that are all as far from each other: p on the diagonal, p_ab elsewhere. Its
  /// eigenvalues are (m − 1) p_ab + p, once, and p − p_ab.
  public func spectrum(samples m: Int) -> (largest: Double, bulk: Double) {
    (Double(m - 1) * tangentOffDiagonal + tangentDiagonal, tangentDiagonal - tangentOffDiagonal)
  }

  /// κ of that matrix; infinite when inputs cannot be told apart any more.
  public func conditionNumber(samples m: Int) -> Double {
    let (largest, bulk) = spectrum(samples: m)
    // Differences of this size are rounding.
    guard bulk > 8 * 0x1p-52 * tangentDiagonal else { return .infinity }
    return m > 1 ? max(largest, bulk) / min(largest, bulk) : 1
  }
}
