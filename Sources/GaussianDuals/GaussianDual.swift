import Foundation
import NetworkGraph

/// Two expectations over a pair of Gaussians.
public struct DualMoments: Hashable, Sendable {
  /// T = E[φ(u) φ(v)].
  public var value: Double
  /// Ṫ = E[φ′(u) φ′(v)], which is ∂T/∂c (Price 1958).
  public var derivative: Double

  /// - Parameters:
  ///   - value: E[φ(u) φ(v)].
  ///   - derivative: E[φ′(u) φ′(v)].
  public init(value: Double, derivative: Double) {
    self.value = value
    self.derivative = derivative
  }
}

/// The dual of an activation φ: expectations over centred Gaussians, from which kernels of infinitely wide networks
/// are made (Daniely, Frostig & Singer 2016).
///
/// Closed forms for ReLU and its relatives (Cho & Saul 2009), erf (Williams 1997), GELU and sin; for the others
/// quadrature, with a relative error below 1e-11 for variances up to `largestVariance`. ReLU′(0) = 0 and so on, as
/// in the finite network: it shows where a variance is zero.
///
/// Complexity: O(1) for closed forms; else O(k) for one variance and O(k²) for a pair, k ≥ 121 nodes.
public struct GaussianDual: Hashable, Sendable {
  /// φ.
  public let activation: Activation

  /// The dual of φ, in closed form where there is one, else by quadrature.
  public init(_ activation: Activation) { self.activation = activation }

  /// Up to which variance a quadrature over pairs keeps its accuracy; infinite for closed forms.
  ///
  /// The number of nodes grows with √q and ends here: a function that turns from one branch to the other within a
  /// thousandth of the Gaussian's width is a step to it, and is met only with inputs that are not normalized.
  public var largestVariance: Double {
    closedForm == nil ? SmoothQuadrature.largestVariance : .infinity
  }

  /// T and Ṫ for (u, v) ~ N(0, [[q1, c], [c, q2]]).
  ///
  /// Correlations within a few rounding errors of ±1 are ±1. A variance of zero makes its variable 0: then T =
  /// φ(0) E[φ(v)], Ṫ = φ′(0) E[φ′(v)].
  /// - Parameters:
  ///   - q1: a variance, ≥ 0.
  ///   - q2: a variance, ≥ 0.
  ///   - c: their covariance; |c| > √(q1 q2) counts as ±√(q1 q2).
  public func moments(q1: Double, q2: Double, c: Double) -> DualMoments {
    if q1 == 0 || q2 == 0 {
      let zero = activation.derivatives(at: 0)
      let other = max(q1, q2)
      return DualMoments(
        value: zero.value * mean(q: other), derivative: zero.first * meanDerivative(q: other))
    }
    let rho = Self.correlation(q1: q1, q2: q2, c: c)
    if rho == 1, q1 == q2 { return diagonal(q: q1) }
    if let closedForm { return closedForm.moments(q1: q1, q2: q2, rho: rho) }
    if activation.kinks.isEmpty { return SmoothQuadrature.moments(activation, q1: q1, q2: q2, rho: rho) }
    return PiecewiseQuadrature.moments(activation, q1: q1, q2: q2, rho: rho)
  }

  /// E[φ(u)²] and E[φ′(u)²] for u ~ N(0, q): the pair at correlation 1, exactly.
  public func diagonal(q: Double) -> DualMoments {
    if let closedForm, q > 0 { return closedForm.moments(q1: q, q2: q, rho: 1) }
    return DualMoments(
      value: expectation(q: q) { $0.value * $0.value }, derivative: expectation(q: q) { $0.first * $0.first })
  }

  /// E[φ(u)] for u ~ N(0, q).
  public func mean(q: Double) -> Double {
    switch activation {
    case .relu, .leakyRelu, .abs: (1 - activation.negativeSlope) * (q / (2 * .pi)).squareRoot()
    case .erf, .sin, .tanh: 0
    case .sigmoid: 0.5
    case .gelu: q / (2 * .pi * (1 + q)).squareRoot()
    default: expectation(q: q, \.value)
    }
  }

  /// E[φ′(u)] for u ~ N(0, q).
  public func meanDerivative(q: Double) -> Double {
    guard q > 0 else { return activation.derivatives(at: 0).first }
    return switch activation {
    case .relu, .leakyRelu, .abs: (1 + activation.negativeSlope) / 2
    case .erf: 2 / (.pi * (1 + 2 * q)).squareRoot()
    case .sin: exp(-q / 2)
    case .gelu: 0.5
    default: expectation(q: q, \.first)
    }
  }

  /// E[φ″(u) φ(u)] for u ~ N(0, q), steps of φ′ included: dE[φ²]/dq − E[φ′²].
  public func curvature(q: Double) -> Double {
    switch activation {
    case .relu, .leakyRelu, .abs: return 0
    case .erf: return -8 * q / (.pi * (1 + 2 * q) * (1 + 4 * q).squareRoot())
    case .sin: return expm1(-2 * q) / 2
    default:
      let steps = activation.kinks.reduce(0) { sum, kink in
        q > 0
          ? sum + kink.slopeStep * activation.derivatives(at: kink.position).value
            * exp(-kink.position * kink.position / (2 * q)) / (2 * .pi * q).squareRoot() : sum
      }
      return expectation(q: q) { $0.second * $0.value } + steps
    }
  }

  /// c/√(q1 q2), within −1 … 1; what rounding alone keeps from ±1 is ±1, since arccos magnifies an error of one unit
  /// in the last place there to 1.5e-8.
  package static func correlation(q1: Double, q2: Double, c: Double) -> Double {
    let rho = c / (q1.squareRoot() * q2.squareRoot())
    return abs(rho) > 1 - roundingOfCorrelation ? (rho < 0 ? -1 : 1) : rho
  }

  /// How far from ±1 a correlation is taken for one.
  package static let roundingOfCorrelation = 0x1p-49

  /// E[f(φ(u), φ′(u), φ″(u))] for u ~ N(0, q); φ″ without the steps of φ′.
  private func expectation(q: Double, _ f: (ActivationDerivatives) -> Double) -> Double {
    guard q > 0 else { return f(activation.derivatives(at: 0)) }
    return activation.kinks.isEmpty
      ? SmoothQuadrature.expectation(activation, q: q) { f(activation.derivatives(at: $0)) }
      : PiecewiseQuadrature.expectation(activation, q: q) { f(activation.derivatives(at: $0)) }
  }

  /// Nil when quadrature is needed.
  package var closedForm: ClosedForm? { ClosedForm(activation) }
}
