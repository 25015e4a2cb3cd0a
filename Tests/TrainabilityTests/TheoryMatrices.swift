import GaussianDuals
import LinearAlgebra
import TheoryCases

extension TheoryValue {
  /// Nested rows.
  var matrix: Matrix {
    get throws {
      let rows = try rows
      return try Matrix(rows: rows.count, columns: rows.first?.count ?? 0, values: rows.flatMap { $0 })
    }
  }

  /// Numbers as one column.
  var column: Matrix { get throws { Matrix(column: try numbers) } }
}

/// The kernels of an infinitely wide fully connected network between the rows of two arrays, straight from the recursion
/// K ← σ_w² T(K) + σ_b², Θ ← K + σ_w² Ṫ(K)·Θ.
struct WideNetwork {
  let hiddenLayers: Int
  let weightVariance: Double
  let biasVariance: Double
  let dual: GaussianDual

  /// From the keys `hidden_layers`, `sw2`, `sb2` and `act` of a case.
  init(_ input: TheoryValue) throws {
    hiddenLayers = try input["hidden_layers"].integer
    weightVariance = try input["sw2"].number
    biasVariance = try input["sb2"].number
    dual = GaussianDual(try input["act"].activation)
  }

  func kernels(_ x: Matrix, _ z: Matrix) throws -> (nngp: Matrix, tangent: Matrix) {
    let products = try x.multiplied(byTransposeOf: z)
    func first(_ product: Double) -> Double { weightVariance * product / Double(x.columns) + biasVariance }
    func square(_ matrix: Matrix, _ row: Int) -> Double {
      (0..<matrix.columns).reduce(0) { $0 + matrix[row, $1] * matrix[row, $1] }
    }
    var (nngp, tangent) = (products, products)
    for i in 0..<x.rows {
      for j in 0..<z.rows {
        let same = (0..<x.columns).allSatisfy { x[i, $0] == z[j, $0] }
        var (qx, qz) = (first(square(x, i)), first(square(z, j)))
        var k = same ? qx : first(products[i, j])
        var theta = k
        for _ in 0..<hiddenLayers {
          let moments = dual.moments(q1: qx, q2: qz, c: k)
          k = weightVariance * moments.value + biasVariance
          theta = k + weightVariance * moments.derivative * theta
          qx = weightVariance * dual.diagonal(q: qx).value + biasVariance
          qz = weightVariance * dual.diagonal(q: qz).value + biasVariance
        }
        (nngp[i, j], tangent[i, j]) = (k, theta)
      }
    }
    return (nngp, tangent)
  }
}
