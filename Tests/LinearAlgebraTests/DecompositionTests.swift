import LinearAlgebra
import Testing

@Suite struct DecompositionTests {
  /// K_ij = 1/(i + j + 1) + [i = j]: positive definite, no structure that hides a transposition.
  private func matrix(_ order: Int) -> Matrix {
    Matrix(rows: order, columns: order) { 1 / Double($0 + $1 + 1) + ($0 == $1 ? 1 : 0) }
  }

  private func difference(_ a: Matrix, _ b: Matrix) -> Double {
    zip(a.values, b.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  @Test(arguments: [1, 2, 5, 40]) func eigenvectorsRebuildTheMatrix(order: Int) throws {
    let matrix = matrix(order)
    let system = try SymmetricEigendecomposition(matrix)
    #expect(system.values == system.values.sorted(by: >))
    #expect(system.values.count == order)
    let rebuilt = try system.vectors.transposeMultiplied(by: system.vectors.scalingRows(by: system.values))
    #expect(difference(rebuilt, matrix) < 1e-13 * Double(order))
    let gram = try system.vectors.multiplied(byTransposeOf: system.vectors)
    #expect(
      difference(gram, Matrix(rows: order, columns: order) { $0 == $1 ? 1 : 0 }) < 1e-13 * Double(order))
    let alone = try symmetricEigenvalues(matrix.values, order: order)
    for (a, b) in zip(alone, system.values) { #expect(abs(a - b) < 1e-13 * Double(order)) }
  }

  @Test(arguments: [1, 2, 5, 40]) func choleskySolves(order: Int) throws {
    let matrix = matrix(order)
    let right = Matrix(rows: order, columns: 3) { Double($0 * 3 - $1) }
    let factor = try CholeskyFactor(matrix)
    #expect(difference(try matrix.multiplied(by: try factor.solve(right)), right) < 1e-11)
    #expect(factor.reciprocalConditionNumber > 0.1 && factor.reciprocalConditionNumber <= 1)
    #expect(throws: LinearAlgebraError.self) { try factor.solve(.zeros(order + 1, 1)) }
  }

  @Test func whatHasNoFactorSaysSo() throws {
    let indefinite = try Matrix(rows: 2, columns: 2, values: [1, 2, 2, 1])
    #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 2)) { try CholeskyFactor(indefinite) }
    #expect(throws: LinearAlgebraError.nonFinite) {
      try CholeskyFactor(try Matrix(rows: 1, columns: 1, values: [.nan]))
    }
    #expect(throws: LinearAlgebraError.self) { try CholeskyFactor(.zeros(2, 3)) }
    #expect(throws: LinearAlgebraError.self) { try SymmetricEigendecomposition(.zeros(2, 3)) }
    #expect(throws: LinearAlgebraError.self) { try symmetricEigenvalues([1, 2, 3], order: 2) }
  }

  @Test func productsAreThoseOfTheDefinition() throws {
    let a = Matrix(rows: 3, columns: 4) { Double($0 * 7 + $1 * $1) }
    let b = Matrix(rows: 4, columns: 2) { Double($0) - Double(3 * $1) }
    let expected = Matrix(rows: 3, columns: 2) { i, j in (0..<4).reduce(0) { $0 + a[i, $1] * b[$1, j] } }
    #expect(try a.multiplied(by: b) == expected)
    #expect(try a.transposed.transposeMultiplied(by: b) == expected)
    #expect(try a.multiplied(byTransposeOf: b.transposed) == expected)
    #expect(throws: LinearAlgebraError.self) { try a.multiplied(by: a) }
    #expect(throws: LinearAlgebraError.self) { try Matrix(rows: 2, columns: 2, values: [1]) }
    #expect(try Matrix.zeros(2, 0).multiplied(by: .zeros(0, 3)) == .zeros(2, 3))
    #expect(abs(Matrix(column: [3e200, 4e200]).frobeniusNorm / 5e200 - 1) < 1e-15)
  }
}
