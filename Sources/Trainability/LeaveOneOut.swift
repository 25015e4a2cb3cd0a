import LinearAlgebra

extension KernelRegression {
  /// What kernel ridge regression on all other samples predicts of each: f₋ᵢ(xᵢ) = yᵢ − αᵢ/(A⁻¹)ᵢᵢ with A = K + ridge·I and
  /// α = A⁻¹y (Rasmussen and Williams 2006, equations 5.10–5.12). No sample is held out in fact: one decomposition serves
  /// all n regressions.
  ///
  /// - Parameters:
  ///   - targets: y, n × O.
  ///   - ridge: positive, in the unit of the kernel, so that a singular kernel has predictions too.
  /// - Returns: n × O.
  ///
  /// Complexity: O(n² (n + O)) beside the decomposition.
  public static func leaveOneOutPredictions(
    kernel: DecomposedKernel, targets: Matrix, ridge: Double
  ) throws(TrainabilityError) -> Matrix {
    try requireShape(targets, kernel.order, targets.columns, "the labels")
    try requireFinite(targets, "an entry of the labels")
    try requirePositive(ridge, "the ridge")
    let inverse = kernel.resolvedEigenvalues.map { 1 / ($0 + ridge) }
    let weights = try kernel.applying(inverse, to: targets)
    let diagonal = (0..<kernel.order).map { sample in
      kernel.eigenvectors.columnEnergy(sample, weightedBy: inverse)
    }
    return Matrix(rows: targets.rows, columns: targets.columns) { row, column in
      targets[row, column] - weights[row, column] / diagonal[row]
    }
  }
}

extension Matrix {
  /// Σᵢ wᵢ aᵢⱼ² of column j.
  fileprivate func columnEnergy(_ column: Int, weightedBy weights: [Double]) -> Double {
    weights.enumerated().reduce(0) { $0 + $1.element * self[$1.offset, column] * self[$1.offset, column] }
  }
}
