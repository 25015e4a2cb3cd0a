import Foundation
import LinearAlgebra
import Testing

private func expectEigenvalues(
  _ matrix: [[Double]], _ expected: [Double], relative tolerance: Double = 1e-13,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let values = try symmetricEigenvalues(matrix.flatMap { $0 }, order: matrix.count)
  #expect(values.count == expected.count, sourceLocation: sourceLocation)
  #expect(values == values.sorted(by: >), "descending", sourceLocation: sourceLocation)
  let scale = expected.map(abs).max() ?? 1
  for (value, exact) in zip(values, expected.sorted(by: >)) where !(abs(value - exact) <= tolerance * scale) {
    Issue.record("\(value), expected \(exact)", sourceLocation: sourceLocation)
  }
}

@Test func smallOrdersAreExact() throws {
  #expect(try symmetricEigenvalues([], order: 0).isEmpty)
  #expect(try symmetricEigenvalues([-7.5], order: 1) == [-7.5])
  try expectEigenvalues([[2, 1], [1, 2]], [3, 1])
  try expectEigenvalues([[0, 0, 0], [0, 0, 0], [0, 0, 0]], [0, 0, 0])
}

@Test func diagonalMatricesKeepTheirDiagonal() throws {
  let diagonal = [3.0, -2, 0, 1e8, 5, 5]
  try expectEigenvalues(
    diagonal.indices.map { i in diagonal.indices.map { i == $0 ? diagonal[i] : 0 } }, diagonal)
}

/// The second-difference matrix: 2 − 2 cos(kπ/(n + 1)).
@Test(arguments: [3, 16, 65, 200])
func secondDifferencesHaveTheirClosedForm(order: Int) throws {
  let matrix = (0..<order).map { i in (0..<order).map { j in i == j ? 2.0 : abs(i - j) == 1 ? -1 : 0 } }
  try expectEigenvalues(matrix, (1...order).map { 2 - 2 * cos(Double($0) * .pi / Double(order + 1)) })
}

/// a on the diagonal, b elsewhere: a + (n − 1)b once, a − b otherwise.
@Test func equicorrelatedMatrixHasTwoEigenvalues() throws {
  let matrix = (0..<20).map { i in (0..<20).map { i == $0 ? 1.0 : 0.3 } }
  try expectEigenvalues(matrix, [1 + 19 * 0.3] + [Double](repeating: 0.7, count: 19))
}

/// Hilbert's matrix of order 4: eigenvalues to 15 digits, condition number 15,514.
@Test func hilbertMatrixOfOrderFour() throws {
  let matrix = (1...4).map { i in (1...4).map { 1 / Double(i + $0 - 1) } }
  try expectEigenvalues(
    matrix, [1.500214280059243, 0.169141220221450, 0.006738273605761, 0.0000967023040226], relative: 1e-14)
  let values = try symmetricEigenvalues(matrix.flatMap { $0 }, order: 4)
  #expect(abs(values[0] / values[3] - 15_513.738738929) < 1e-4)
}

/// Reflections I − 2vvᵀ/vᵀv are orthogonal: applied on both sides they change no eigenvalue.
@Test(arguments: [7, 64, 130])
func orthogonalSimilarityKeepsTheSpectrum(order: Int) throws {
  let spectrum = (0..<order).map { pow(10, -6 * Double($0) / Double(order - 1)) * ($0 % 5 == 4 ? -1 : 1) }
  var matrix = (0..<order).map { i in (0..<order).map { i == $0 ? spectrum[i] : 0 } }
  var state: UInt64 = 12345
  for _ in 0..<3 {
    let v = (0..<order).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(Int64(bitPattern: state) >> 11) * 0x1p-52
    }
    let norm = v.reduce(0) { $0 + $1 * $1 }
    // (I − 2vvᵀ/|v|²) M (I − 2vvᵀ/|v|²)
    for _ in 0..<2 {
      let projected = (0..<order).map { j in (0..<order).reduce(0) { $0 + v[$1] * matrix[$1][j] } }
      let reflected = (0..<order).map { i in
        (0..<order).map { j in matrix[i][j] - 2 * v[i] * projected[j] / norm }
      }
      matrix = (0..<order).map { i in (0..<order).map { reflected[$0][i] } }
    }
  }
  try expectEigenvalues(matrix, spectrum)
}

@Test func onlyTheSymmetricPartCounts() throws {
  let skewed = try symmetricEigenvalues([2, 3, -1, 2], order: 2)
  let symmetric = try symmetricEigenvalues([2, 1, 1, 2], order: 2)
  #expect(skewed == symmetric)
}

@Test func hugeAndTinyEntriesAreScaled() throws {
  for scale in [1e-300, 1e-150, 1e150, 1e300] {
    try expectEigenvalues([[2 * scale, scale], [scale, 2 * scale]], [3 * scale, scale])
  }
}

@Test(arguments: [Double.nan, .infinity, -.infinity])
func entriesThatAreNotFiniteAreRefused(entry: Double) {
  for place in 0..<9 {
    var matrix = [4.0, 1, 0, 1, 3, 1, 0, 1, 2]
    matrix[place] = entry
    #expect(throws: LinearAlgebraError.self) { try symmetricEigenvalues(matrix, order: 3) }
  }
}

@Test func eigenvaluesAreTheSameFromManyThreads() async throws {
  let order = 60
  let matrix = (0..<order * order).map { cos(Double($0 / order * ($0 % order))) }
  let alone = try symmetricEigenvalues(matrix, order: order)
  try await withThrowingTaskGroup(of: [Double].self) { group in
    for _ in 0..<8 { group.addTask { try symmetricEigenvalues(matrix, order: order) } }
    for try await values in group { #expect(values == alone) }
  }
}

/// OpenBLAS falls back to SSE3 kernels on CPUs that it does not know; the runtime must have mended that.
@Test func openBLASUsesKernelsThatFitTheCPU() {
  let core = OpenBLASRuntime.coreName
  #expect(!core.isEmpty)
  let flags = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  guard flags.contains("avx2"), flags.contains("fma") else { return }
  let modern = ["haswell", "zen", "skylakex", "cooperlake", "sapphirerapids"]
  #expect(modern.contains(core.lowercased()), "OpenBLAS runs as \(core)")
}
