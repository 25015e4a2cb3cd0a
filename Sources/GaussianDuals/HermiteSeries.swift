import Foundation

/// Mehler's series of a dual, T = Σ_r a_r(q1) a_r(q2) ρ^r with a_r(q) = E[φ(√q z) h_r(z)], h_r the orthonormal Hermite
/// polynomials (Daniely, Frostig & Singer 2016): the coefficients belong to one variance, so that a pair costs a sum
/// instead of an integral. By Cauchy and Schwarz what is left out is at most |ρ|^R times both variances' tails, which are
/// known exactly: a pair is only computed this way where that is negligible.
package struct HermiteSeries: Sendable {
  /// Terms of a series; a multiple of sixteen.
  package static let terms = 128
  /// Numbers kept of one variance: a_r, the same of φ′, and the two relative tails.
  package static let stride = 2 * terms + 2
  /// What may be left out, relative to √(E[φ(u)²] E[φ(v)²]).
  private static let tolerance = 1e-13
  /// Up to which variance the nodes resolve tanh, whose poles are nearest.
  private static let largestVariance = 4.0

  private let nodes: [Double]
  /// [r][node]: h_r times the node's weight.
  private let weighted: [Double]

  /// For all activations without kinks.
  package static let shared = HermiteSeries()

  private init() {
    // h_r e^{−z²/2} is below 1e-18 beyond 13; h_r itself oscillates with frequencies up to √r.
    let (reach, spacing) = (13.0, 0.1)
    let count = Int((2 * reach / spacing).rounded()) + 1
    let nodes = (0..<count).map { -reach + Double($0) * spacing }
    var previous = [Double](repeating: 0, count: count)
    var current = nodes.map { spacing * exp(-$0 * $0 / 2) / (2 * .pi).squareRoot() }
    var weighted: [Double] = []
    for r in 0..<Self.terms {
      weighted += current
      let next = (0..<count).map {
        (nodes[$0] * current[$0] - Double(r).squareRoot() * previous[$0]) / Double(r + 1).squareRoot()
      }
      (previous, current) = (current, next)
    }
    self.nodes = nodes
    self.weighted = weighted
  }

  /// Writes what is kept of one variance; infinite tails where the nodes do not suffice.
  package func write(_ dual: GaussianDual, q: Double, into target: UnsafeMutablePointer<Double>) {
    let terms = Self.terms
    target.initialize(repeating: 0, count: Self.stride)
    guard q > 0, q <= Self.largestVariance, dual.activation.kinks.isEmpty else {
      target[2 * terms] = .infinity
      target[2 * terms + 1] = .infinity
      return
    }
    let deviation = q.squareRoot()
    let values = nodes.map { dual.activation.derivatives(at: deviation * $0).value }
    weighted.withUnsafeBufferPointer { weighted in
      values.withUnsafeBufferPointer { values in
        for r in 0..<terms {
          var sum = 0.0
          for node in 0..<values.count { sum += weighted[r * values.count + node] * values[node] }
          target[r] = sum
        }
      }
    }
    // E[φ′ h_r] = √(r+1) a_{r+1}/√q, by parts.
    for r in 0..<terms - 1 { target[terms + r] = Double(r + 1).squareRoot() * target[r + 1] / deviation }
    let diagonal = dual.diagonal(q: q)
    for (part, norm) in [diagonal.value, diagonal.derivative].enumerated() {
      var kept = 0.0
      for r in 0..<terms { kept += target[part * terms + r] * target[part * terms + r] }
      target[2 * terms + part] = max(0, 1 - kept / norm).squareRoot()
    }
  }

  /// Whether the series of a pair is as good as exact.
  package static func suffices(
    _ first: UnsafePointer<Double>, _ second: UnsafePointer<Double>, rho: Double
  ) -> Bool {
    let tail = max(first[2 * terms] * second[2 * terms], first[2 * terms + 1] * second[2 * terms + 1])
    return pow(abs(rho), Double(terms - 1)) * tail <= tolerance
  }
}
