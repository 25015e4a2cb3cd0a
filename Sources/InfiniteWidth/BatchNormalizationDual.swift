import GaussianDuals
import LinearAlgebra
import NetworkGraph

/// The dual of batch normalization followed by a positively homogeneous activation, over a batch of B samples whose
/// pre-activations have covariance Σ (Yang et al. 2019, "A mean field theory of batch normalization"): with S = GΣG, G = I −
/// 11ᵀ/B,
///   V = B ∫₀^∞ T_φ(S (I + 2sS)⁻¹) det(I + 2sS)^{−1/2} ds.
///
/// It is a function of its own: the samples of a batch couple, so there is no kernel between two samples alone.
public enum BatchNormalizationDual {
  /// Why there is none.
  public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Only f(a x) = a f(x) for a > 0 cancels the deviation: ReLU, leaky ReLU (with slope 1 the identity) and |x|.
    case notHomogeneous(Activation)
    /// Σ is not B × B, or not finite, or its samples are all equal.
    case covariance(String)

    /// What is wrong, in words.
    public var description: String {
      switch self {
      case .notHomogeneous(let activation):
        "the dual of batch normalization needs a positively homogeneous activation, which \(activation.name) is not"
      case .covariance(let message): message
      }
    }
  }

  /// - Parameter covariance: Σ, B × B with B ≥ 2.
  /// - Returns: E[φ(x̂) φ(x̂)ᵀ], B × B, x̂ the normalized pre-activations (ε = 0, γ = 1, β = 0).
  /// - Throws: `Failure`.
  ///
  /// Complexity: O(B³) for each of 320 nodes. Relative error below 1e-12.
  public static func covariance(after activation: Activation, of covariance: Matrix) throws(Failure) -> Matrix
  {
    switch activation {
    case .relu, .leakyRelu, .abs: break
    default: throw .notHomogeneous(activation)
    }
    let count = covariance.rows
    guard count == covariance.columns, count >= 2 else {
      throw .covariance("a covariance of \(covariance.rows) × \(covariance.columns) is no batch's")
    }
    let system: SymmetricEigendecomposition
    do { system = try SymmetricEigendecomposition(centered(covariance)) } catch {
      throw .covariance("\(error)")
    }
    // One direction is centred away: its eigenvalue is rounding.
    let values = system.values.map { max(0, $0) }
    let trace = values.reduce(0, +)
    guard trace > 0 else { throw .covariance("the samples of the batch are all equal") }
    let dual = GaussianDual(activation)
    var sum = [Double](repeating: 0, count: count * count)
    // s = (1 − t²)/(t² tr S), so that the integrand is smooth at both ends whatever the rank; panels shrink towards t = 0,
    // where small eigenvalues tell.
    let rule = GaussLegendre(order: 16)
    var end = 1.0
    for panel in 0..<20 {
      let start = panel == 19 ? 0 : end / 2
      for (node, weight) in zip(rule.nodes, rule.weights) {
        let t = (start + end) / 2 + (end - start) / 2 * node
        let s = (1 - t) * (1 + t) / (t * t * trace)
        let shrunk = values.map { $0 / (1 + 2 * s * $0) }
        let determinant = values.reduce(1) { $0 * (1 + 2 * s * $1).squareRoot() }
        let factor = weight * (end - start) / 2 * 2 / (t * t * t * trace) / determinant
        add(dual, system.vectors, shrunk, factor, to: &sum)
      }
      end = start
    }
    return Matrix(rows: count, columns: count) { sum[$0 * count + $1] * Double(count) }
  }

  /// GΣG.
  private static func centered(_ matrix: Matrix) -> Matrix {
    let count = matrix.rows
    let means = (0..<count).map { row in (0..<count).reduce(0) { $0 + matrix[row, $1] } / Double(count) }
    let mean = means.reduce(0, +) / Double(count)
    return Matrix(rows: count, columns: count) { matrix[$0, $1] - means[$0] - means[$1] + mean }
  }

  /// sum += factor · T_φ(V diag(values) Vᵀ), rows of `vectors` being eigenvectors.
  private static func add(
    _ dual: GaussianDual, _ vectors: Matrix, _ values: [Double], _ factor: Double, to sum: inout [Double]
  ) {
    let count = values.count
    func entry(_ i: Int, _ j: Int) -> Double {
      (0..<count).reduce(0) { $0 + values[$1] * vectors[$1, i] * vectors[$1, j] }
    }
    let variances = (0..<count).map { entry($0, $0) }
    for i in 0..<count {
      for j in i..<count {
        let value = dual.moments(q1: variances[i], q2: variances[j], c: entry(i, j)).value * factor
        sum[i * count + j] += value
        if j > i { sum[j * count + i] += value }
      }
    }
  }
}
