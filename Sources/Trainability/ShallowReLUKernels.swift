import Foundation
import LinearAlgebra

/// Kernels of networks with one hidden layer of ReLU units, in closed form: those that the theorems on convergence and
/// generalisation are about (Du et al. 2019; Arora et al. 2019).
public enum ShallowReLUKernels {
  /// The tangent kernel of f(x) = (1/√D) Σ_d a_d relu(w_d·x) at given parameters, over both layers:
  /// (1/D) Σ_d [a_d² 1(w_d·x > 0) 1(w_d·x′ > 0) x·x′ + relu(w_d·x) relu(w_d·x′)].
  ///
  /// - Parameters:
  ///   - inputs: n × features; with hidden biases, append a column of ones.
  ///   - hiddenWeights: D × features, D ≥ 1.
  ///   - readoutWeights: D.
  /// - Returns: n × n.
  ///
  /// Complexity: O(nD · features + n²D).
  public static func tangentKernel(
    inputs: Matrix, hiddenWeights: Matrix, readoutWeights: [Double]
  ) throws(TrainabilityError) -> Matrix {
    try requireShape(
      hiddenWeights, max(1, readoutWeights.count), inputs.columns, "the hidden layer's weights")
    for (matrix, name) in [
      (inputs, "an input"), (hiddenWeights, "a hidden weight"),
      (Matrix(column: readoutWeights), "a readout weight"),
    ] { try requireFinite(matrix, name) }
    return try algebra { () throws(LinearAlgebraError) in
      let products = try inputs.multiplied(byTransposeOf: inputs)
      let signals = try inputs.multiplied(byTransposeOf: hiddenWeights)
      let active = Matrix(rows: signals.rows, columns: signals.columns) {
        signals[$0, $1] > 0 ? readoutWeights[$1] : 0
      }
      let rectified = Matrix(rows: signals.rows, columns: signals.columns) { max(0, signals[$0, $1]) }
      let gates = try active.multiplied(byTransposeOf: active)
      let features = try rectified.multiplied(byTransposeOf: rectified)
      return Matrix(rows: inputs.rows, columns: inputs.rows) {
        (gates[$0, $1] * products[$0, $1] + features[$0, $1]) / Double(readoutWeights.count)
      }
    }
  }

  /// H^∞: the limit of wide layers of which the hidden one alone is trained, x·x′ (π − arccos ρ)/2π with ρ the cosine of
  /// the angle between the inputs. The kernel of Arora et al.'s complexity measure.
  ///
  /// - Parameter inputs: n × features.
  /// - Returns: n × n; zero in rows of zero inputs.
  ///
  /// Complexity: O(n² · features).
  public static func hiddenLayerLimit(inputs: Matrix) throws(TrainabilityError) -> Matrix {
    try requireFinite(inputs, "an input")
    let products = try algebra { () throws(LinearAlgebraError) in try inputs.multiplied(byTransposeOf: inputs)
    }
    let lengths = products.diagonal.map { $0.squareRoot() }
    return Matrix(rows: inputs.rows, columns: inputs.rows) { i, j in
      // Arccos magnifies rounding near ±1: what rounding alone keeps from there is there.
      let quotient = products[i, j] / (lengths[i] * lengths[j])
      let cosine = abs(quotient) > 1 - 0x1p-49 ? (quotient < 0 ? -1 : 1) : quotient
      return cosine.isNaN ? 0 : products[i, j] * (.pi - acos(cosine)) / (2 * .pi)
    }
  }
}
