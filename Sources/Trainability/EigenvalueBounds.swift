import LinearAlgebra

/// Bounds of a symmetric kernel's extreme eigenvalues that need no decomposition, each a certificate that can be checked
/// by hand.
public struct EigenvalueBounds: Hashable, Sendable {
  /// A proven bound and what proves it.
  public struct Certificate: Hashable, Sendable {
    /// The bound.
    public let value: Double
    /// `Gershgorin`, `diagonal`, `trace`, `2 × 2 minor`, `mean entry`, `row sum`.
    public let reason: String
  }

  /// The best certificates on both sides.
  public struct Interval: Hashable, Sendable {
    /// The eigenvalue is no smaller.
    public let lower: Certificate
    /// The eigenvalue is no larger.
    public let upper: Certificate
  }

  /// Where λₙ lies. The lower end is often negative, and then says nothing.
  public let smallest: Interval
  /// Where λ₁ lies.
  public let largest: Interval

  /// - Parameter kernel: n × n, n ≥ 1, symmetric.
  /// - Throws: `TrainabilityError.shapeMismatch`, `.nonFinite`.
  ///
  /// Complexity: O(n²).
  public init(_ kernel: Matrix) throws(TrainabilityError) {
    guard kernel.isSquare, kernel.rows > 0 else {
      throw .shapeMismatch("a kernel is square and not empty; this one is \(kernel.shape)")
    }
    try requireFinite(kernel, "the kernel")
    let n = kernel.rows
    let diagonal = kernel.diagonal
    let trace = diagonal.reduce(0, +)
    var gershgorin = Double.infinity
    var rowSum = 0.0
    var minor = Double.infinity
    var total = 0.0
    for i in 0..<n {
      let row = (0..<n).reduce(0.0) { $0 + abs(kernel[i, $1]) }
      total += (0..<n).reduce(0.0) { $0 + kernel[i, $1] }
      gershgorin = min(gershgorin, diagonal[i] - (row - abs(diagonal[i])))
      rowSum = max(rowSum, row)
      for j in 0..<i { minor = min(minor, Self.smallerEigenvalue(diagonal[i], kernel[i, j], diagonal[j])) }
    }
    var upper = Certificate(value: diagonal.min() ?? 0, reason: "diagonal")
    if trace / Double(n) < upper.value { upper = Certificate(value: trace / Double(n), reason: "trace") }
    if minor < upper.value { upper = Certificate(value: minor, reason: "2 × 2 minor") }
    smallest = Interval(lower: Certificate(value: gershgorin, reason: "Gershgorin"), upper: upper)
    let (mean, entry) = (total / Double(n), diagonal.max() ?? 0)
    largest = Interval(
      lower: mean > entry
        ? Certificate(value: mean, reason: "mean entry") : Certificate(value: entry, reason: "diagonal"),
      upper: rowSum < trace
        ? Certificate(value: rowSum, reason: "row sum") : Certificate(value: trace, reason: "trace"))
  }

  /// λₙ(K) ≥ Σ_r a_r² λₙ((XXᵀ)^∘r) for K = E[φ(w·x)φ(w·x′)], w ~ N(0, I), and inputs of length 1: every term is
  /// non-negative (Schur's product theorem), so any part of the series is a bound. Positive unless two inputs are
  /// parallel (Du et al. 2019; Nguyen, Mondelli and Montúfar 2021).
  ///
  /// - Parameters:
  ///   - squaredCoefficients: a_0², a_1², … of φ in orthonormal Hermite polynomials.
  ///   - correlations: XXᵀ, of unit diagonal.
  /// - Throws: `TrainabilityError` when the diagonal is not 1 within 1e-6.
  ///
  /// Complexity: O(n³) for each coefficient.
  public static func hermiteLowerBound(
    squaredCoefficients: [Double], correlations: Matrix
  ) throws(TrainabilityError) -> Double {
    try requireFinite(correlations, "the matrix of correlations")
    guard correlations.isSquare, correlations.diagonal.allSatisfy({ abs($0 - 1) <= 1e-6 }) else {
      throw .invalidParameter("Hermite's bound is for inputs of length 1")
    }
    var power = correlations
    var bound = 0.0
    for (degree, coefficient) in squaredCoefficients.enumerated() {
      // Of degree 0 the matrix is 11ᵀ, with smallest eigenvalue 0 unless there is one sample.
      if degree == 0 {
        if correlations.rows == 1 { bound += coefficient }
        continue
      }
      if degree > 1 {
        let last = power
        power = try algebra { () throws(LinearAlgebraError) in try last.combined(with: correlations, *) }
      }
      guard coefficient > 0 else { continue }
      let values = power.values
      let eigenvalues = try algebra { () throws(LinearAlgebraError) in
        try symmetricEigenvalues(values, order: correlations.rows)
      }
      bound += coefficient * max(0, eigenvalues.last ?? 0)
    }
    return bound
  }

  /// Of [[a, b], [b, d]], without cancellation when it is positive.
  private static func smallerEigenvalue(_ a: Double, _ b: Double, _ d: Double) -> Double {
    let half = (a + d) / 2
    let radius = ((a - d) * (a - d) / 4 + b * b).squareRoot()
    return half > 0 && radius > 0 ? (a * d - b * b) / (half + radius) : half - radius
  }
}
