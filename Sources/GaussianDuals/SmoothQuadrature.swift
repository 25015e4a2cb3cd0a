import Foundation
import NetworkGraph

/// Expectations of analytic functions by the trapezoid rule, which converges geometrically (Trefethen & Weideman
/// 2014): with spacing h and the nearest pole at distance d the relative error is about e^{−2πd/h}. At equal numbers
/// of nodes it is better than Gauss–Hermite as soon as the variance exceeds 1.
enum SmoothQuadrature {
  /// Standard Gaussian mass beyond this many standard deviations is below 2.3e-19.
  private static let reach = 9.0
  private static let fewestNodes = 121
  /// The most nodes along one axis of a pair.
  private static let mostPairNodes = 2_401
  /// The most nodes for one variable.
  private static let mostNodes = 1 << 20

  /// Pairs keep their accuracy up to this variance: the spacing there is what a pole at π/2 needs.
  static let largestVariance = 1_000.0

  /// e^{−2πd/h} = e^{−37} ≈ 1e-16.
  private static let exponentOfError = 37.0

  struct Nodes {
    let points: [Double]
    /// Sum to 1.
    let weights: [Double]
  }

  /// Of a standard Gaussian, fine enough for a function of √q z.
  static func nodes(_ activation: Activation, q: Double, atMost limit: Int = mostPairNodes) -> Nodes {
    let spacing = 2 * .pi * activation.poleDistance / (exponentOfError * q.squareRoot())
    let needed = 2 * reach / spacing + 1
    let count = needed < Double(limit) ? max(fewestNodes, Int(needed.rounded(.up))) : limit
    let step = 2 * reach / Double(count - 1)
    let points = (0..<count).map { -reach + Double($0) * step }
    let densities = points.map { exp(-$0 * $0 / 2) }
    let sum = densities.reduce(0, +)
    return Nodes(points: points, weights: densities.map { $0 / sum })
  }

  /// E[f(u)], u ~ N(0, q).
  static func expectation(_ activation: Activation, q: Double, _ f: (Double) -> Double) -> Double {
    let nodes = nodes(activation, q: q, atMost: mostNodes)
    let deviation = q.squareRoot()
    return zip(nodes.points, nodes.weights).reduce(0) { $0 + $1.1 * f(deviation * $1.0) }
  }

  /// T and Ṫ for positive variances: u = √q1 z, v = √q2 (ρ z + √(1−ρ²) z′).
  static func moments(_ activation: Activation, q1: Double, q2: Double, rho: Double) -> DualMoments {
    let nodes = nodes(activation, q: max(q1, q2))
    let (first, second) = (q1.squareRoot(), q2.squareRoot())
    let (along, across) = (second * rho, second * ((1 - rho) * (1 + rho)).squareRoot())
    var result = DualMoments(value: 0, derivative: 0)
    for (z, weight) in zip(nodes.points, nodes.weights) {
      let u = activation.derivatives(at: first * z)
      var (mean, meanSlope) = (0.0, 0.0)
      if across == 0 {
        let v = activation.derivatives(at: along * z)
        (mean, meanSlope) = (v.value, v.first)
      } else {
        for (other, otherWeight) in zip(nodes.points, nodes.weights) {
          let v = activation.derivatives(at: along * z + across * other)
          mean += otherWeight * v.value
          meanSlope += otherWeight * v.first
        }
      }
      result.value += weight * u.value * mean
      result.derivative += weight * u.first * meanSlope
    }
    return result
  }
}
