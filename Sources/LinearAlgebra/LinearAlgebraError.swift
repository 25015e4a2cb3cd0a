/// What can go wrong in a decomposition or a product.
public enum LinearAlgebraError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The matrix holds an infinity or NaN.
  case nonFinite
  /// LAPACK's iteration did not converge.
  case notConverged(info: Int)
  /// Sizes that do not go together; the text names them.
  case shapeMismatch(String)
  /// A Cholesky factor does not exist: the leading minor of this order is not positive.
  case notPositiveDefinite(order: Int)

  /// What is wrong, in words.
  public var description: String {
    switch self {
    case .nonFinite: "the matrix holds numbers that are not finite"
    case .notConverged(let info): "the eigenvalue iteration did not converge (LAPACK info \(info))"
    case .shapeMismatch(let text): text
    case .notPositiveDefinite(let order):
      "the matrix is not positive definite: its leading minor of order \(order) is not positive"
    }
  }
}
