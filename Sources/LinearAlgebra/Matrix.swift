import COpenBLAS

/// A dense matrix of float64, row-major.
public struct Matrix: Hashable, Sendable {
  /// At least 0.
  public let rows: Int
  /// At least 0.
  public let columns: Int
  /// `rows * columns` numbers; entry (i, j) is `values[i * columns + j]`.
  public var values: [Double]

  /// - Throws: `LinearAlgebraError.shapeMismatch` unless there are rows × columns numbers.
  public init(rows: Int, columns: Int, values: [Double]) throws(LinearAlgebraError) {
    guard rows >= 0, columns >= 0, values.count == rows * columns else {
      throw .shapeMismatch("\(values.count) numbers are no \(rows) × \(columns) matrix")
    }
    self.init(uncheckedRows: rows, columns: columns, values: values)
  }

  /// The matrix of `entry(row, column)`. Negative sizes count as zero.
  public init(rows: Int, columns: Int, entry: (_ row: Int, _ column: Int) throws -> Double) rethrows {
    let (rows, columns) = (max(0, rows), max(0, columns))
    var values: [Double] = []
    values.reserveCapacity(rows * columns)
    for row in 0..<rows { for column in 0..<columns { values.append(try entry(row, column)) } }
    self.init(uncheckedRows: rows, columns: columns, values: values)
  }

  /// One column.
  public init(column values: [Double]) {
    self.init(uncheckedRows: values.count, columns: 1, values: values)
  }

  init(uncheckedRows rows: Int, columns: Int, values: [Double]) {
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// All zeros.
  public static func zeros(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns) { _, _ in 0 }
  }

  /// Entry (row, column), both from 0.
  /// - Precondition: both are within the matrix.
  public subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  /// Whether rows and columns are as many.
  public var isSquare: Bool { rows == columns }
  /// Whether no entry is infinite or NaN.
  public var isFinite: Bool { values.allSatisfy(\.isFinite) }

  /// The entries (i, i).
  public var diagonal: [Double] { (0..<min(rows, columns)).map { self[$0, $0] } }

  /// `3 × 4`.
  public var shape: String { "\(rows) × \(columns)" }

  /// Entry (i, j) becomes (j, i).
  public var transposed: Matrix { Matrix(rows: columns, columns: rows) { self[$1, $0] } }

  /// Row i multiplied by `factors[i]`; rows without a factor are left as they are.
  public func scalingRows(by factors: [Double]) -> Matrix {
    var result = self
    for (row, factor) in factors.prefix(rows).enumerated() {
      for index in row * columns..<(row + 1) * columns { result.values[index] *= factor }
    }
    return result
  }

  /// Entry by entry; both of one shape.
  /// - Throws: `LinearAlgebraError.shapeMismatch`.
  public func combined(
    with other: Matrix, _ operation: (Double, Double) -> Double
  ) throws(LinearAlgebraError) -> Matrix {
    guard rows == other.rows, columns == other.columns else {
      throw .shapeMismatch("\(shape) and \(other.shape) are not of one shape")
    }
    return Matrix(
      uncheckedRows: rows, columns: columns, values: zip(values, other.values).map { operation($0, $1) })
  }

  /// √Σ aᵢⱼ², without overflow or underflow on the way.
  public var frobeniusNorm: Double {
    let largest = values.reduce(0) { max($0, abs($1)) }
    guard largest > 0, largest.isFinite else { return largest }
    return largest * values.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
  }

  /// A·B, by OpenBLAS (dgemm) on one thread.
  /// - Throws: `LinearAlgebraError.shapeMismatch`.
  ///
  /// Complexity: O(rows · columns · columns of `other`).
  public func multiplied(by other: Matrix) throws(LinearAlgebraError) -> Matrix {
    try Self.product(self, false, other, false)
  }

  /// Aᵀ·B.
  public func transposeMultiplied(by other: Matrix) throws(LinearAlgebraError) -> Matrix {
    try Self.product(self, true, other, false)
  }

  /// A·Bᵀ.
  public func multiplied(byTransposeOf other: Matrix) throws(LinearAlgebraError) -> Matrix {
    try Self.product(self, false, other, true)
  }

  private static func product(
    _ left: Matrix, _ leftTransposed: Bool, _ right: Matrix, _ rightTransposed: Bool
  ) throws(LinearAlgebraError) -> Matrix {
    let (rows, inner) = leftTransposed ? (left.columns, left.rows) : (left.rows, left.columns)
    let (innerRight, columns) = rightTransposed ? (right.columns, right.rows) : (right.rows, right.columns)
    guard inner == innerRight else {
      throw .shapeMismatch(
        "\(rows) × \(inner) times \(innerRight) × \(columns) is no product of matrices")
    }
    var result = Matrix.zeros(rows, columns)
    guard rows > 0, columns > 0, inner > 0 else { return result }
    OpenBLASRuntime.prepare()
    cblas_dgemm(
      CblasRowMajor, leftTransposed ? CblasTrans : CblasNoTrans, rightTransposed ? CblasTrans : CblasNoTrans,
      blasint(rows), blasint(columns), blasint(inner), 1, left.values, blasint(left.columns), right.values,
      blasint(right.columns), 0, &result.values, blasint(columns))
    return result
  }
}
