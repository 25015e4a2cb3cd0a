import Foundation
import NetworkGraph

/// Expectations of functions made of pieces (ELU, hard-swish): Gauss–Legendre panels that end at every kink. For a
/// pair the inner variable is integrated in closed form, E[φ(v) | u]; as a function of u that has rounded kinks as
/// wide as v's deviation given u, and panels shrink towards them.
enum PiecewiseQuadrature {
  private static let reach = 9.0
  private static let panelWidth = 1.5
  private static let rule = GaussLegendre(order: 16)

  /// E[f(u)], u ~ N(0, q), f smooth between the kinks.
  static func expectation(_ activation: Activation, q: Double, _ f: (Double) -> Double) -> Double {
    let deviation = q.squareRoot()
    return integral(breaks: activation.breaks.map { $0 / deviation }) { f(deviation * $0) }
  }

  /// T and Ṫ for positive variances.
  static func moments(_ activation: Activation, q1: Double, q2: Double, rho: Double) -> DualMoments {
    let (first, second) = (q1.squareRoot(), q2.squareRoot())
    let (along, across) = (second * rho, second * ((1 - rho) * (1 + rho)).squareRoot())
    var breaks = activation.breaks.map { $0 / first }
    for inner in activation.breaks {
      for widths in [-8, -3, -1, 0, 1, 3, 8] as [Double] where along != 0 {
        breaks.append((inner + widths * across) / along)
      }
    }
    var result = DualMoments(value: 0, derivative: 0)
    forEachNode(breaks: breaks) { z, weight in
      let u = activation.derivatives(at: first * z)
      let v = activation.smoothed(mean: along * z, deviation: across)
      result.value += weight * u.value * v.value
      result.derivative += weight * u.first * v.derivative
    }
    return result
  }

  private static func integral(breaks: [Double], _ f: (Double) -> Double) -> Double {
    var sum = 0.0
    forEachNode(breaks: breaks) { z, weight in sum += weight * f(z) }
    return sum
  }

  /// Nodes and weights of a standard Gaussian, panels ending at all breaks.
  private static func forEachNode(breaks: [Double], _ body: (Double, Double) -> Void) {
    let regular = stride(from: -reach, through: reach, by: panelWidth)
    let ends = (Array(regular) + breaks.filter { abs($0) < reach }).sorted()
    for (start, end) in zip(ends, ends.dropFirst()) where end > start {
      let (middle, half) = ((start + end) / 2, (end - start) / 2)
      for (node, weight) in zip(rule.nodes, rule.weights) {
        let z = middle + half * node
        body(z, half * weight * exp(-z * z / 2) / (2 * .pi).squareRoot())
      }
    }
  }
}

extension Activation {
  /// Kinks, and where ELU's exponential has fallen by further powers of e.
  fileprivate var breaks: [Double] {
    switch self {
    case .elu: [0, -1, -3, -8, -20]
    default: kinks.map(\.position)
    }
  }

  /// E[φ(v)] and E[φ′(v)], v ~ N(mean, deviation²), for ELU and hard-swish.
  fileprivate func smoothed(mean m: Double, deviation s: Double) -> DualMoments {
    guard s > 0 else {
      let exact = derivatives(at: m)
      return DualMoments(value: exact.value, derivative: exact.first)
    }
    if self == .elu {
      let z = m / s
      // E[e^v; v < 0] = e^{m + s²/2} Φ(−z − s) = e^{−z²/2} erfcx((z + s)/√2)/2.
      let tail =
        z + s > 0
        ? exp(-z * z / 2) * scaledComplementaryErrorFunction((z + s) / 2.0.squareRoot()) / 2
        : exp(m + s * s / 2) * StandardNormal.cumulative(-z - s)
      return DualMoments(
        value: m * StandardNormal.cumulative(z) + s * StandardNormal.density(z) + tail
          - StandardNormal.cumulative(-z),
        derivative: StandardNormal.cumulative(z) + tail)
    }
    let (low, high) = ((-3 - m) / s, (3 - m) / s)
    let inside = StandardNormal.probability(from: low, to: high)
    let (lowDensity, highDensity) = (StandardNormal.density(low), StandardNormal.density(high))
    let above = StandardNormal.cumulative(-high)
    // Moments of v within −3 … 3.
    let first = m * inside + s * (lowDensity - highDensity)
    let second =
      (m * m + s * s) * inside + 2 * m * s * (lowDensity - highDensity)
      + s * s * (low * lowDensity - high * highDensity)
    return DualMoments(
      value: (second + 3 * first) / 6 + m * above + s * highDensity,
      derivative: (2 * first + 3 * inside) / 6 + above)
  }
}

/// The standard normal distribution.
private enum StandardNormal {
  static func density(_ z: Double) -> Double { exp(-z * z / 2) / (2 * .pi).squareRoot() }
  static func cumulative(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }
  /// Taken on the side where it does not cancel.
  static func probability(from low: Double, to high: Double) -> Double {
    low > 0 ? cumulative(-low) - cumulative(-high) : cumulative(high) - cumulative(low)
  }
}

/// e^{x²} erfc(x) for x ≥ 0.
private func scaledComplementaryErrorFunction(_ x: Double) -> Double {
  if x < 3 { return exp(x * x) * erfc(x) }
  // Laplace's continued fraction, from far enough inside.
  var tail = 0.0
  for k in stride(from: 40, through: 1, by: -1) { tail = Double(k) / 2 / (x + tail) }
  return 1 / ((x + tail) * Double.pi.squareRoot())
}

/// Nodes and weights on −1 … 1.
package struct GaussLegendre: Sendable {
  package let nodes: [Double]
  package let weights: [Double]

  package init(order: Int) {
    var nodes = [Double](repeating: 0, count: order)
    var weights = nodes
    for index in 0..<order {
      // Newton's method from Tricomi's approximation.
      var x = cos(.pi * (Double(index) + 0.75) / (Double(order) + 0.5))
      var slope = 1.0
      for _ in 0..<20 {
        var (previous, current) = (1.0, x)
        for k in 2...max(2, order) {
          (previous, current) = (
            current, (Double(2 * k - 1) * x * current - Double(k - 1) * previous) / Double(k)
          )
        }
        slope = Double(order) * (x * current - previous) / (x * x - 1)
        x -= current / slope
      }
      nodes[index] = x
      weights[index] = 2 / ((1 - x * x) * slope * slope)
    }
    self.nodes = nodes
    self.weights = weights
  }
}
