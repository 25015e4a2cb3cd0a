import LinearAlgebra

/// What a kernel, labels or a question about them can be wrong in.
public enum TrainabilityError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Sizes that do not go together; the text names both.
  case shapeMismatch(String)
  /// The named array holds infinities or NaN, or a result overflowed.
  case nonFinite(String)
  /// Two mirrored entries of a kernel differ by more than rounding.
  case asymmetric(row: Int, column: Int, entry: Double, mirrored: Double)
  /// A kernel with an eigenvalue below zero by more than rounding is no kernel.
  case indefinite(lambdaMin: Double, lambdaMax: Double)
  /// A learning rate, time, fraction … outside its range.
  case invalidParameter(String)
  case linearAlgebra(LinearAlgebraError)

  /// What is wrong, in words.
  public var description: String {
    switch self {
    case .shapeMismatch(let text), .invalidParameter(let text): text
    case .nonFinite(let what): "\(what) is not finite"
    case .asymmetric(let row, let column, let entry, let mirrored):
      "the kernel is not symmetric: entry (\(row), \(column)) is \(entry), and (\(column), \(row)) is \(mirrored)"
    case .indefinite(let smallest, let largest):
      "the kernel is not positive semi-definite: its eigenvalues run from \(smallest) to \(largest)"
    case .linearAlgebra(let error): "\(error)"
    }
  }
}

/// Runs what throws errors of linear algebra as part of this room.
func algebra<Result>(
  _ body: () throws(LinearAlgebraError) -> Result
) throws(TrainabilityError) -> Result {
  do { return try body() } catch { throw .linearAlgebra(error) }
}

/// - Throws: `TrainabilityError.nonFinite` naming `name`.
func requireFinite(_ matrix: Matrix, _ name: String) throws(TrainabilityError) {
  guard matrix.isFinite else { throw .nonFinite(name) }
}

/// - Throws: `TrainabilityError.shapeMismatch` naming both shapes.
func requireShape(_ matrix: Matrix, _ rows: Int, _ columns: Int, _ name: String) throws(TrainabilityError) {
  guard matrix.rows == rows, matrix.columns == columns else {
    throw .shapeMismatch("\(name): expected \(rows) × \(columns), and it is \(matrix.shape)")
  }
}

/// - Throws: `TrainabilityError.invalidParameter` unless `value` is a number above 0, infinity excluded.
func requirePositive(_ value: Double, _ name: String) throws(TrainabilityError) {
  guard value > 0, value.isFinite else {
    throw .invalidParameter("\(name) is \(value); expected a positive number")
  }
}
