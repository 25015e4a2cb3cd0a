import Foundation
import NetworkGraph

/// Duals that are elementary functions of the two variances and the correlation.
package enum ClosedForm: Hashable, Sendable {
  /// x for x > 0, `slope`·x below.
  case piecewiseLinear(slope: Double)
  case errorFunction
  case gelu
  case sine

  /// Nil when none is known.
  init?(_ activation: Activation) {
    switch activation {
    case .relu, .leakyRelu, .abs: self = .piecewiseLinear(slope: activation.negativeSlope)
    case .erf: self = .errorFunction
    case .gelu: self = .gelu
    case .sin: self = .sine
    default: return nil
    }
  }

  /// For positive variances and −1 ≤ ρ ≤ 1.
  func moments(q1: Double, q2: Double, rho: Double) -> DualMoments {
    let scale = q1 == q2 ? q1 : q1.squareRoot() * q2.squareRoot()
    let c = rho * scale
    switch self {
    case .piecewiseLinear(let slope):
      // Cho & Saul 2009, n = 1 and n = 0; φ = slope·x + (1 − slope)·relu(x).
      let upper = Double.pi - acos(rho)
      let sine = ((1 - rho) * (1 + rho)).squareRoot()
      let bend = (1 - slope) * (1 - slope) / (2 * .pi)
      return DualMoments(
        value: slope * c + bend * scale * (sine + upper * rho), derivative: slope + bend * upper)
    case .errorFunction:
      // Williams 1997.
      let (s1, s2) = (1 + 2 * q1, 1 + 2 * q2)
      // (1 + 2q1)(1 + 2q2) − 4c², without cancellation at ρ = ±1.
      let determinant = 1 + 2 * (q1 + q2) + 4 * (q1 * q2) * ((1 - rho) * (1 + rho))
      return DualMoments(
        value: 2 / .pi * asin(2 * c / (s1 * s2).squareRoot()),
        derivative: 4 / (.pi * determinant.squareRoot()))
    case .gelu:
      // φ(x) = x Φ(x); Gaussian integration by parts of E[u v Φ(u) Φ(v)].
      let (s1, s2) = (1 + q1, 1 + q2)
      let determinant = 1 + q1 + q2 + (q1 * q2) * ((1 - rho) * (1 + rho))
      let quadrant = 0.25 + asin(c / (s1 * s2).squareRoot()) / (2 * .pi)
      let density = 1 / (2 * .pi * determinant.squareRoot())
      let inverses = 1 / s1 + 1 / s2
      return DualMoments(
        value: c * quadrant + density * ((q1 * q2) * ((1 - rho) * (1 + rho)) + c * c * inverses),
        derivative: quadrant + c * density * (inverses + 1 / determinant))
    case .sine:
      // sinh and cosh of c times e^{−(q1+q2)/2}, without overflow.
      let sum = exp(c - (q1 + q2) / 2)
      let difference = exp(-c - (q1 + q2) / 2)
      return DualMoments(value: (sum - difference) / 2, derivative: (sum + difference) / 2)
    }
  }
}
