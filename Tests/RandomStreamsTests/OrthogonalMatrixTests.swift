import CLaneKernels
import Dispatch
import LaneKernels
import RandomStreams
import Testing

private func serially(_ count: Int, _ body: (Int) -> Void) { for index in 0..<count { body(index) } }

private func inParallel(_ count: Int, _ body: (Int) -> Void) {
  withoutActuallyEscaping(body) { body in
    // Sendable enough: the bodies write to places of their own, and all end before this returns.
    nonisolated(unsafe) let body = body
    DispatchQueue.concurrentPerform(iterations: count) { body($0) }
  }
}

/// Row-major rows × columns.
private func orthogonalMatrix(
  _ rows: Int, _ columns: Int, seed: UInt64, factor: Double = 1,
  forEach: HouseholderFactorization.ForEach = serially
) -> [Float] {
  let scratch = LaneMatrix(count: RandomStream.orthogonalScratchCount(rows: rows, columns: columns))
  return [Float](unsafeUninitializedCapacity: rows * columns) { buffer, count in
    RandomStream(seed: seed, purpose: "weights", position: "n1.weight").fillOrthogonal(
      buffer.baseAddress!, rows: rows, columns: columns, factor: factor, scratch: scratch.base,
      forEach: forEach)
    count = rows * columns
  }
}

/// Doubles aligned to a lane vector.
private final class LaneMatrix {
  let base: UnsafeMutablePointer<Double>

  init(count: Int) {
    base = UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * 8, alignment: 128)
      .bindMemory(to: Double.self, capacity: count)
    for index in 0..<count { base[index] = 0 }
  }

  deinit { base.deallocate() }
}

/// Q of a Gaussian matrix, and the matrix, both in panels.
private func factorized(
  _ rows: Int, _ columns: Int, variant: UnsafePointer<LaneVariant> = LaneVariants.current,
  forEach: HouseholderFactorization.ForEach = serially
) -> (q: [[Double]], a: [[Double]]) {
  let count = HouseholderFactorization.elementCount(rows: rows, columns: columns)
  let (matrix, q) = (LaneMatrix(count: count), LaneMatrix(count: count))
  let normals = RandomStream(seed: 5, purpose: "test").normals(rows * columns)
  func entries(_ matrix: LaneMatrix) -> [[Double]] {
    (0..<rows).map { row in
      (0..<columns).map { matrix.base[HouseholderFactorization.place(row: row, column: $0, rows: rows)] }
    }
  }
  for row in 0..<rows {
    for column in 0..<columns {
      matrix.base[HouseholderFactorization.place(row: row, column: column, rows: rows)] =
        Double(normals[row * columns + column])
    }
  }
  let a = entries(matrix)
  HouseholderFactorization(matrix.base, rows: rows, columns: columns, variant: variant, forEach: forEach)
    .q(into: q.base, forEach: forEach)
  return (entries(q), a)
}

/// Aᵀ B.
private func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
  a[0].indices.map { i in
    b[0].indices.map { j in a.indices.reduce(0) { $0 + a[$1][i] * b[$1][j] } }
  }
}

/// Fewer and more columns than a panel (16) and than a block (64), square and tall.
@Test(arguments: [
  (1, 1), (2, 2), (5, 3), (16, 16), (17, 16), (40, 7), (64, 64), (70, 65), (131, 131), (200, 33), (150, 140),
])
func qIsOrthonormalAndRHasAPositiveDiagonal(rows: Int, columns: Int) {
  let (q, a) = factorized(rows, columns)
  let gram = product(q, q)
  let r = product(q, a)
  for i in 0..<columns {
    for j in 0..<columns {
      #expect(abs(gram[i][j] - (i == j ? 1 : 0)) < 1e-13)
      if i > j { #expect(abs(r[i][j]) < 1e-12) }
    }
    #expect(r[i][i] > 0)
  }
  // Q R = A: nothing of A is outside the span of Q.
  for row in 0..<rows {
    for column in 0..<columns {
      let entry = (0..<columns).reduce(0) { $0 + q[row][$1] * r[$1][column] }
      #expect(abs(entry - a[row][column]) < 1e-12)
    }
  }
}

@Test func orthogonalMatricesHaveTheSameBitsOnEveryVariantAndAnyNumberOfThreads() {
  let reference = factorized(150, 140).q
  for variant in LaneVariants.all where variant.pointee.isSupported() {
    #expect(factorized(150, 140, variant: variant).q == reference)
    #expect(factorized(150, 140, variant: variant, forEach: inParallel).q == reference)
  }
  #expect(orthogonalMatrix(90, 140, seed: 1) == orthogonalMatrix(90, 140, seed: 1, forEach: inParallel))
}

@Test(arguments: [(30, 30), (20, 50), (50, 20)])
func rowsOrColumnsAreOrthonormalWhicheverAreFewer(rows: Int, columns: Int) {
  let matrix = orthogonalMatrix(rows, columns, seed: 3, factor: 1.5).map(Double.init)
  let (lines, length) = (min(rows, columns), max(rows, columns))
  let entry = { (line: Int, index: Int) in
    matrix[rows <= columns ? line * columns + index : index * columns + line]
  }
  for i in 0..<lines {
    for j in 0...i {
      let product = (0..<length).reduce(0) { $0 + entry(i, $1) * entry(j, $1) }
      #expect(abs(product - (i == j ? 2.25 : 0)) < 1e-6)
    }
  }
}

/// A wide matrix is the Q of its transposed Gaussian: PyTorch's rule.
@Test func theGaussianMatrixIsRowMajorWhateverTheShape() {
  let normals = RandomStream(seed: 9, purpose: "weights", position: "n1.weight").normals(3)
  let norm = normals.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
  let expected = normals.map { Float(Double($0) / norm) }
  for (rows, columns) in [(1, 3), (3, 1)] {
    for (value, other) in zip(orthogonalMatrix(rows, columns, seed: 9), expected) {
      #expect(abs(value - other) < 1e-7)
    }
  }
}

@Test func seedsDrawDifferentOrthogonalMatrices() {
  #expect(Set((0..<20).map { orthogonalMatrix(6, 6, seed: $0) }).count == 20)
  #expect(orthogonalMatrix(6, 6, seed: 1) == orthogonalMatrix(6, 6, seed: 1))
}

/// Moments of the Haar measure on O(n): E q = 0, E q² = 1/n, E q⁴ = 3/(n(n + 2)), E tr = 0, E tr² = 1 (Diaconis &
/// Shahshahani 1994), and both determinants alike. The trace tells Haar from the Q of an unsigned factorization.
@Test func orthogonalMatricesFollowTheHaarMeasure() {
  let (order, draws) = (5, 4_000)
  var (sum, squares, fourths, traces, traceSquares) = (0.0, 0.0, 0.0, 0.0, 0.0)
  for seed in 0..<draws {
    let matrix = orthogonalMatrix(order, order, seed: UInt64(seed)).map(Double.init)
    // The first entry alone: entries of one matrix depend on each other.
    sum += matrix[0]
    squares += matrix[0] * matrix[0]
    fourths += matrix[0] * matrix[0] * matrix[0] * matrix[0]
    let trace = (0..<order).reduce(0) { $0 + matrix[$1 * (order + 1)] }
    traces += trace
    traceSquares += trace * trace
  }
  let (count, n) = (Double(draws), Double(order))
  // Five standard errors: the variances of q, q², q⁴, tr and tr² are at most 1/n, 2/n², 0.03, 1 and 2.
  let error = 5 / count.squareRoot()
  #expect(abs(sum / count) < error / n.squareRoot())
  #expect(abs(squares / count - 1 / n) < error * 1.42 / n)
  #expect(abs(fourths / count - 3 / (n * (n + 2))) < error * 0.18)
  #expect(abs(traces / count) < error)
  #expect(abs(traceSquares / count - 1) < error * 1.42)
}
