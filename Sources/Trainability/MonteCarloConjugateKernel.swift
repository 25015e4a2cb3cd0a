import LinearAlgebra

/// The conjugate kernel by sampling: the mean of inner products of random networks' last hidden features (Park et al. 2020),
/// where a network has no NNGP kernel in closed form. The error falls as 1/√(networks · width).
public enum MonteCarloConjugateKernel {
  /// (1/S) Σ_s F_s F_sᵀ/width.
  ///
  /// - Parameter features: F_s of each sampled network, n × width; at least one, all of one shape.
  /// - Returns: n × n, positive semi-definite.
  /// - Throws: `TrainabilityError`.
  ///
  /// Complexity: O(S n² width).
  public static func kernel(features: [Matrix]) throws(TrainabilityError) -> Matrix {
    guard let first = features.first, first.rows > 0, first.columns > 0 else {
      throw .shapeMismatch("there are no features of any network")
    }
    var sum = Matrix.zeros(first.rows, first.rows)
    for sample in features {
      try requireShape(sample, first.rows, first.columns, "the features of a network")
      try requireFinite(sample, "a feature")
      sum = try algebra { () throws(LinearAlgebraError) in
        try sum.combined(with: try sample.multiplied(byTransposeOf: sample), +)
      }
    }
    let share = 1 / (Double(features.count) * Double(first.columns))
    return Matrix(rows: sum.rows, columns: sum.rows) { sum[$0, $1] * share }
  }
}
