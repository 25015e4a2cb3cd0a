import Foundation
import NetworkGraph

extension GaussianDual {
  /// a_r = E[φ(√q z) h_r(z)] for z ~ N(0, 1) and r = 0 … count − 1, h_r the orthonormal Hermite polynomials (Daniely,
  /// Frostig & Singer 2016, §4.3): T = Σ_r a_r(q₁) a_r(q₂) ρ^r, and Σ_r a_r² = E[φ²].
  ///
  /// In closed form for functions made of two lines, else by Gauss–Legendre panels between kinks and finer than the
  /// distance of the nearest pole; errors are below 1e-13 √E[φ²] for r up to a thousand. What symmetry makes zero is 0.
  ///
  /// - Parameters:
  ///   - count: how many; none when it is not positive.
  ///   - q: a variance, > 0.
  ///
  /// Complexity: O(count · (1 + √q)).
  public func hermiteCoefficients(count: Int, q: Double = 1) -> [Double] {
    guard count > 0 else { return [] }
    let deviation = q.squareRoot()
    if case .piecewiseLinear(let slope)? = closedForm {
      return Self.linesCoefficients(count: count, slope: slope).map { deviation * $0 }
    }
    var sums = [Double](repeating: 0, count: count)
    HermiteNodes.forEach(
      breaks: activation.kinks.map { $0.position / deviation },
      poleDistance: activation.poleDistance / deviation
    ) { z, weight in
      // h_r times the density, which keeps the recurrence within range.
      var (previous, current) = (0.0, weight * activation.derivatives(at: deviation * z).value)
      for r in 0..<count {
        sums[r] += current
        (previous, current) = (
          current, (z * current - Double(r).squareRoot() * previous) / Double(r + 1).squareRoot()
        )
      }
    }
    return sums.enumerated().map { isZeroBySymmetry(degree: $0) ? 0 : $1 }
  }

  /// h_r is even or odd as r is: an odd function has no even ones, and so on.
  private func isZeroBySymmetry(degree r: Int) -> Bool {
    switch activation {
    case .tanh, .erf, .sin: r % 2 == 0
    // ½ and an odd function.
    case .sigmoid: r % 2 == 0 && r > 0
    // x/2 and an even function.
    case .gelu, .geluTanh, .silu, .hardSwish, .softplus: r % 2 == 1 && r > 1
    // Made of lines, and so in closed form; or without symmetry.
    case .relu, .leakyRelu, .abs, .elu: false
    }
  }

  /// Of slope·x + (1 − slope)·relu(x), at q = 1.
  private static func linesCoefficients(count: Int, slope: Double) -> [Double] {
    var coefficients = [Double](repeating: 0, count: count)
    coefficients[0] = 1 / (2 * Double.pi).squareRoot()
    // E[relu h_r] = (−1)^{r/2−1} (r − 3)!!/√(2π r!) for even r ≥ 2, and ½ for r = 1.
    var even = 1 / (4 * Double.pi).squareRoot()
    for r in stride(from: 2, to: count, by: 2) {
      coefficients[r] = even
      let next = Double((r + 1) * (r + 2))
      even *= -Double(r - 1) / next.squareRoot()
    }
    for r in coefficients.indices { coefficients[r] *= 1 - slope }
    if count > 1 { coefficients[1] = (1 + slope) / 2 }
    return coefficients
  }
}

/// Nodes for products with Hermite polynomials, which reach further out than the Gaussian does.
private enum HermiteNodes {
  /// |h_r| e^{−z²/2} is below 1e-17 beyond, whatever r.
  private static let reach = 13.0
  private static let widest = 0.5
  /// A panel's half width over the distance of the nearest pole: Gauss's rule of order 16 is then exact to 1e-28.
  private static let relativeHalfWidth = 0.25
  private static let rule = GaussLegendre(order: 16)

  /// Nodes and weights of a standard Gaussian, panels ending at all breaks.
  static func forEach(breaks: [Double], poleDistance: Double, _ body: (Double, Double) -> Void) {
    let width = max(1e-4, min(widest, 2 * relativeHalfWidth * poleDistance))
    let panels = (2 * reach / width).rounded(.up)
    let regular = (0...Int(panels)).map { -reach + 2 * reach * Double($0) / panels }
    let ends = (regular + breaks.filter { abs($0) < reach }).sorted()
    for (start, end) in zip(ends, ends.dropFirst()) where end > start {
      let (middle, half) = ((start + end) / 2, (end - start) / 2)
      for (node, weight) in zip(rule.nodes, rule.weights) {
        let z = middle + half * node
        body(z, half * weight * exp(-z * z / 2) / (2 * .pi).squareRoot())
      }
    }
  }
}
