import LinearAlgebra

/// A symmetric positive semi-definite kernel K = Σ λᵢ vᵢ vᵢᵀ of n samples with its eigensystem: one decomposition, from
/// which every bound, curve and posterior of this room follows.
///
/// Eigenvalues at or below n·ε·λ₁ hold no digit that rounding did not put there. They count as exactly zero
/// wherever a formula divides by them or multiplies them by a time: the pseudo-inverse.
public struct DecomposedKernel: Sendable {
  /// (K + Kᵀ)/2.
  public let matrix: Matrix
  /// Eigenvalues and what follows from them alone.
  public let spectrum: KernelSpectrum
  /// Descending as the spectrum's; those that rounding decides are 0.
  public let resolvedEigenvalues: [Double]
  /// Row i is the eigenvector of eigenvalue i.
  let eigenvectors: Matrix

  /// - Parameters:
  ///   - kernel: n × n, n ≥ 1.
  ///   - epsilon: the relative precision of the arithmetic that made the kernel: 2⁻²³ or 2⁻⁵².
  /// - Throws: `TrainabilityError` when it is not square, finite, symmetric (within √ε of its largest entry) and
  ///   positive semi-definite (within √ε of λ₁).
  ///
  /// Complexity: O(n³).
  public init(_ kernel: Matrix, epsilon: Double = 0x1p-52) throws(TrainabilityError) {
    guard epsilon > 0, epsilon < 1 else {
      throw .invalidParameter("a relative precision lies between 0 and 1, not at \(epsilon)")
    }
    try Self.check(kernel, tolerance: epsilon.squareRoot())
    matrix = Matrix(rows: kernel.rows, columns: kernel.rows) { (kernel[$0, $1] + kernel[$1, $0]) / 2 }
    let symmetric = matrix
    let system = try algebra { () throws(LinearAlgebraError) in try SymmetricEigendecomposition(symmetric) }
    do { spectrum = try KernelSpectrum(eigenvalues: system.values, epsilon: epsilon) } catch {
      throw .shapeMismatch("\(error)")
    }
    let (largest, smallest) = (system.values.first ?? 0, system.values.last ?? 0)
    guard smallest >= -epsilon.squareRoot() * abs(largest) else {
      throw .indefinite(lambdaMin: smallest, lambdaMax: largest)
    }
    let threshold = Double(kernel.rows) * epsilon * largest
    resolvedEigenvalues = system.values.map { $0 > threshold ? $0 : 0 }
    eigenvectors = system.vectors
  }

  /// n.
  public var order: Int { matrix.rows }
  /// How many eigenvalues exceed n·ε·λ₁.
  public var rank: Int { resolvedEigenvalues.count { $0 > 0 } }
  /// λ₁.
  public var lambdaMax: Double { resolvedEigenvalues.first ?? 0 }
  /// λₙ, or 0 where rounding decides it.
  public var lambdaMin: Double { resolvedEigenvalues.last ?? 0 }

  /// The product of two of its kind keeps the kernel's precision.
  var epsilon: Double { spectrum.epsilon }

  /// vᵢ·x for every eigenvector and every column of `x`: n × columns.
  func coefficients(of x: Matrix) throws(TrainabilityError) -> Matrix {
    try algebra { () throws(LinearAlgebraError) in try eigenvectors.multiplied(by: x) }
  }

  /// Σᵢ cᵢ vᵢ for every column of `coefficients`.
  func combination(of coefficients: Matrix) throws(TrainabilityError) -> Matrix {
    try algebra { () throws(LinearAlgebraError) in try eigenvectors.transposeMultiplied(by: coefficients) }
  }

  /// Rows of a kernel with other inputs, m × n, in the eigenbasis: entry (x, i) is k(x)·vᵢ.
  ///
  /// A kernel and its rows with other inputs are blocks of one positive semi-definite matrix, so a direction that the
  /// kernel does not see has component 0; where only rounding is left of it, it is made so.
  func projected(rows: Matrix, name: String) throws(TrainabilityError) -> Matrix {
    guard rows.columns == order else {
      throw .shapeMismatch(
        "\(name): expected \(order) columns, one for each training sample, and it is \(rows.shape)")
    }
    try requireFinite(rows, name)
    var result = try algebra { () throws(LinearAlgebraError) in
      try rows.multiplied(byTransposeOf: eigenvectors)
    }
    for row in 0..<rows.rows {
      let norm = (0..<order).reduce(0.0) { $0 + result[row, $1] * result[row, $1] }.squareRoot()
      for index in rank..<order where abs(result[row, index]) <= Double(order) * epsilon * norm {
        result[row, index] = 0
      }
    }
    return result
  }

  /// f(K) as factors along the eigenvectors, applied to the columns of `x`.
  func applying(_ factors: [Double], to x: Matrix) throws(TrainabilityError) -> Matrix {
    try combination(of: try coefficients(of: x).scalingRows(by: factors))
  }

  static func check(_ kernel: Matrix, tolerance: Double) throws(TrainabilityError) {
    guard kernel.isSquare, kernel.rows > 0 else {
      throw .shapeMismatch("a kernel is square and not empty; this one is \(kernel.shape)")
    }
    try requireFinite(kernel, "the kernel")
    let largest = kernel.values.reduce(0) { max($0, abs($1)) }
    for row in 0..<kernel.rows {
      for column in 0..<row where !(abs(kernel[row, column] - kernel[column, row]) <= tolerance * largest) {
        throw .asymmetric(row: row, column: column, entry: kernel[row, column], mirrored: kernel[column, row])
      }
    }
  }
}
