import CLAPACKE

/// A = L Lᵀ of a symmetric positive definite matrix: the way to solve A X = B without an inverse.
public struct CholeskyFactor: Hashable, Sendable {
  /// Lower triangle of L; what stands above the diagonal means nothing. Row-major.
  private let factor: [Double]
  /// n, of the n × n matrix.
  public let order: Int
  /// An estimate of 1/(‖A‖₁‖A⁻¹‖₁) (LAPACK's dpocon), between 0 and 1: solutions have a relative error of about
  /// machine precision divided by it.
  public let reciprocalConditionNumber: Double

  /// - Parameter matrix: square; only its lower triangle is read.
  /// - Throws: `LinearAlgebraError`, `.notPositiveDefinite` among them.
  ///
  /// Complexity: O(n³/3).
  public init(_ matrix: Matrix) throws(LinearAlgebraError) {
    guard matrix.isSquare else {
      throw .shapeMismatch("\(matrix.shape): a Cholesky factor is of a square matrix")
    }
    guard matrix.isFinite else { throw .nonFinite }
    order = matrix.rows
    var values = matrix.values
    guard order > 0 else {
      (factor, reciprocalConditionNumber) = ([], 1)
      return
    }
    OpenBLASRuntime.prepare()
    let (lower, size) = (Int8(UInt8(ascii: "L")), Int32(order))
    // The largest column sum of a symmetric matrix, from its lower triangle.
    var sums = [Double](repeating: 0, count: order)
    for i in 0..<order {
      for j in 0...i {
        sums[j] += abs(values[i * order + j])
        if i != j { sums[i] += abs(values[i * order + j]) }
      }
    }
    let info = LAPACKE_dpotrf(LAPACK_ROW_MAJOR, lower, size, &values, size)
    guard info == 0 else { throw .notPositiveDefinite(order: Int(info)) }
    var reciprocal = 0.0
    LAPACKE_dpocon(LAPACK_ROW_MAJOR, lower, size, values, size, sums.max() ?? 0, &reciprocal)
    factor = values
    // An estimate that rounding may take beyond 1.
    reciprocalConditionNumber = min(1, reciprocal)
  }

  /// The X of A X = B.
  /// - Parameter right: B, n rows.
  /// - Throws: `LinearAlgebraError.shapeMismatch`.
  ///
  /// Complexity: O(n²) a column.
  public func solve(_ right: Matrix) throws(LinearAlgebraError) -> Matrix {
    guard right.rows == order else {
      throw .shapeMismatch("\(right.shape): the right side of \(order) equations has \(order) rows")
    }
    var solution = right
    guard order > 0, right.columns > 0 else { return solution }
    LAPACKE_dpotrs(
      LAPACK_ROW_MAJOR, Int8(UInt8(ascii: "L")), Int32(order), Int32(right.columns), factor, Int32(order),
      &solution.values, Int32(right.columns))
    return solution
  }
}
