import CLAPACKE

/// What can go wrong in a decomposition.
public enum LinearAlgebraError: Error, Sendable, CustomStringConvertible {
  /// The matrix holds an infinity or NaN.
  case nonFinite
  /// LAPACK's iteration did not converge.
  case notConverged(info: Int)

  public var description: String {
    switch self {
    case .nonFinite: "the matrix holds numbers that are not finite"
    case .notConverged(let info): "the eigenvalue iteration did not converge (LAPACK info \(info))"
    }
  }
}

/// The eigenvalues of a symmetric matrix, descending, by LAPACK's divide and conquer (dsyevd, values only).
///
/// - Parameters:
///   - matrix: n × n, row-major. Only its symmetric part (M + Mᵀ)/2 is used.
///   - order: n ≥ 0.
/// - Throws: `LinearAlgebraError`.
///
/// Complexity: O(n³).
public func symmetricEigenvalues(_ matrix: [Double], order: Int) throws -> [Double] {
  guard order > 0 else { return [] }
  guard matrix.allSatisfy(\.isFinite) else { throw LinearAlgebraError.nonFinite }
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
  let info = LAPACKE_dsyevd(
    LAPACK_COL_MAJOR, Int8(UInt8(ascii: "N")), Int8(UInt8(ascii: "L")), Int32(order), &symmetric,
    Int32(order), &values)
  guard info == 0 else { throw LinearAlgebraError.notConverged(info: Int(info)) }
  return values.reversed()
}
