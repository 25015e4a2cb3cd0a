import CLAPACKE

/// The eigenvalues of a symmetric matrix, descending, by LAPACK's divide and conquer (dsyevd, values only).
///
/// - Parameters:
///   - matrix: n × n, row-major. Only its symmetric part (M + Mᵀ)/2 is used.
///   - order: n ≥ 0.
/// - Throws: `LinearAlgebraError`.
///
/// Complexity: O(n³).
public func symmetricEigenvalues(_ matrix: [Double], order: Int) throws(LinearAlgebraError) -> [Double] {
  try symmetricEigensystem(matrix, order: order, vectors: false).values
}

/// A = Σ λᵢ vᵢ vᵢᵀ: the eigenvalues of a symmetric matrix, descending, and an orthonormal basis of eigenvectors.
public struct SymmetricEigendecomposition: Hashable, Sendable {
  /// Descending.
  public let values: [Double]
  /// n × n; *row* i is the eigenvector of `values[i]`, of length 1 and arbitrary sign.
  public let vectors: Matrix

  /// By LAPACK's divide and conquer (dsyevd).
  ///
  /// - Parameter matrix: square; only its symmetric part (M + Mᵀ)/2 is used.
  /// - Throws: `LinearAlgebraError`.
  ///
  /// Complexity: O(n³), about ten times the eigenvalues alone.
  public init(_ matrix: Matrix) throws(LinearAlgebraError) {
    guard matrix.rows == matrix.columns else {
      throw .shapeMismatch(
        "a matrix of \(matrix.rows) × \(matrix.columns) has no eigenvalues: it is not square")
    }
    let order = matrix.rows
    let system = try symmetricEigensystem(matrix.values, order: order, vectors: true)
    values = system.values
    // LAPACK's columns, ascending, one after the other: rows in the reverse order.
    vectors = Matrix(rows: order, columns: order) { row, column in
      system.columns[(order - 1 - row) * order + column]
    }
  }
}

/// - Returns: eigenvalues descending; with `vectors` the eigenvectors, column-major and ascending as LAPACK has them.
private func symmetricEigensystem(
  _ matrix: [Double], order: Int, vectors: Bool
) throws(LinearAlgebraError) -> (values: [Double], columns: [Double]) {
  guard matrix.count == order * order else {
    throw .shapeMismatch("\(matrix.count) numbers are no \(order) × \(order) matrix")
  }
  guard order > 0 else { return ([], []) }
  guard matrix.allSatisfy(\.isFinite) else { throw .nonFinite }
  OpenBLASRuntime.prepare()
  var symmetric = matrix
  for i in 0..<order {
    for j in 0..<i {
      let mean = (matrix[i * order + j] + matrix[j * order + i]) / 2
      symmetric[i * order + j] = mean
      symmetric[j * order + i] = mean
    }
  }
  var values = [Double](repeating: 0, count: order)
  let job = Int8(UInt8(ascii: vectors ? "V" : "N"))
  let info = LAPACKE_dsyevd(
    LAPACK_COL_MAJOR, job, Int8(UInt8(ascii: "L")), Int32(order), &symmetric, Int32(order), &values)
  guard info == 0 else { throw .notConverged(info: Int(info)) }
  return (values.reversed(), symmetric)
}
