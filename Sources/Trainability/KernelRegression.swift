import LinearAlgebra

/// Kernel (ridge) regression: what an infinitely wide network predicts once it is trained.
public enum KernelRegression {
  /// K* (K + ridge·I)⁻¹ y, by a Cholesky factor; one factor serves all outputs. Of a singular matrix the pseudo-inverse
  /// takes the place of the inverse: the limit of training for ever.
  ///
  /// - Parameters:
  ///   - kernel: K, n × n.
  ///   - crossKernel: K*, m × n.
  ///   - targets: y, n × O.
  ///   - ridge: ≥ 0, in the unit of the kernel.
  /// - Returns: m × O.
  ///
  /// Complexity: O(n³/3), and ten times that when singular.
  public static func predictions(
    kernel: Matrix, crossKernel: Matrix, targets: Matrix, ridge: Double = 0, epsilon: Double = 0x1p-52
  ) throws(TrainabilityError) -> Matrix {
    try requireShape(targets, kernel.rows, targets.columns, "the labels")
    try requireShape(crossKernel, crossKernel.rows, kernel.rows, "the kernel with other inputs")
    try requireFinite(crossKernel, "the kernel with other inputs")
    try requireFinite(targets, "an entry of the labels")
    let weights = try solve(kernel: kernel, targets, ridge: ridge, epsilon: epsilon)
    return try algebra { () throws(LinearAlgebraError) in try crossKernel.multiplied(by: weights) }
  }

  /// Xiao et al. (2020)'s mean predictor P(Θ) = Θ* Θ⁻¹, m × n: the trained network's prediction is P y. Its size and that
  /// of its changes say how predictions depend on the labels, hence how the network generalises.
  public static func meanPredictor(
    kernel: Matrix, crossKernel: Matrix, epsilon: Double = 0x1p-52
  ) throws(TrainabilityError) -> Matrix {
    try requireShape(crossKernel, crossKernel.rows, kernel.rows, "the kernel with other inputs")
    try requireFinite(crossKernel, "the kernel with other inputs")
    return try solve(kernel: kernel, crossKernel.transposed, ridge: 0, epsilon: epsilon).transposed
  }

  /// √(2 yᵀ K⁻¹ y/n), the part of Arora et al. (2019)'s generalisation bound that depends on the labels (theorem 5.1, H^∞ of a
  /// shallow ReLU network in the place of K). It scales inversely with √K: compare networks only in one parameterization.
  ///
  /// - Parameter targets: y, n × O; sums run over outputs.
  /// - Throws: `TrainabilityError.linearAlgebra(.notPositiveDefinite)` for a singular kernel, for which it is infinite
  ///   unless the labels avoid its null space.
  public static func complexity(
    kernel: Matrix, targets: Matrix, epsilon: Double = 0x1p-52
  ) throws(TrainabilityError) -> Double {
    try requireShape(targets, kernel.rows, targets.columns, "the labels")
    try requireFinite(targets, "an entry of the labels")
    guard let factor = try factor(of: kernel, ridge: 0, epsilon: epsilon) else {
      throw .linearAlgebra(.notPositiveDefinite(order: kernel.rows))
    }
    let solution = try algebra { () throws(LinearAlgebraError) in try factor.solve(targets) }
    let product = zip(targets.values, solution.values).reduce(0) { $0 + $1.0 * $1.1 }
    return (2 * product / Double(kernel.rows)).squareRoot()
  }

  private static func solve(
    kernel: Matrix, _ right: Matrix, ridge: Double, epsilon: Double
  ) throws(TrainabilityError) -> Matrix {
    guard ridge >= 0, ridge.isFinite else {
      throw .invalidParameter("the ridge is \(ridge); expected 0 or a positive number")
    }
    if let factor = try factor(of: kernel, ridge: ridge, epsilon: epsilon) {
      return try algebra { () throws(LinearAlgebraError) in try factor.solve(right) }
    }
    let decomposed = try DecomposedKernel(kernel, epsilon: epsilon)
    let factors = decomposed.resolvedEigenvalues.map { $0 + ridge > 0 ? 1 / ($0 + ridge) : 0 }
    return try decomposed.applying(factors, to: right)
  }

  /// Nil when K + ridge·I is numerically singular.
  private static func factor(
    of kernel: Matrix, ridge: Double, epsilon: Double
  ) throws(TrainabilityError) -> CholeskyFactor? {
    try DecomposedKernel.check(kernel, tolerance: epsilon.squareRoot())
    var shifted = kernel
    for index in 0..<kernel.rows { shifted[index, index] += ridge }
    do throws(LinearAlgebraError) {
      let factor = try CholeskyFactor(shifted)
      return factor.reciprocalConditionNumber > Double(kernel.rows) * epsilon ? factor : nil
    } catch {
      guard case .notPositiveDefinite = error else { throw .linearAlgebra(error) }
      return nil
    }
  }
}

/// How well a kernel classifies held-out samples (Park et al. 2020): regression on one-hot labels.
public struct ValidationScore: Hashable, Sendable {
  /// The share of held-out samples whose largest score is that of their class; of equal scores the first counts.
  public let accuracy: Double
  /// m × classes.
  public let scores: Matrix

  /// - Parameters:
  ///   - kernel: n × n.
  ///   - crossKernel: m × n, between held-out and training samples.
  ///   - labels: n numbers from 0 to `classes` − 1.
  ///   - validationLabels: m such numbers.
  ///   - relativeRidge: in units of the mean diagonal of the kernel, so that its scale does not matter.
  public init(
    kernel: Matrix, crossKernel: Matrix, labels: [Int], validationLabels: [Int], classes: Int,
    relativeRidge: Double
  ) throws(TrainabilityError) {
    for (name, list, count) in [
      ("training", labels, kernel.rows), ("validation", validationLabels, crossKernel.rows),
    ] {
      guard list.count == count, count > 0 else {
        throw .shapeMismatch("\(list.count) \(name) labels for \(count) samples")
      }
      guard let bad = list.first(where: { !(0..<classes).contains($0) }) else { continue }
      throw .invalidParameter("the \(name) label \(bad) is none of \(classes) classes, counted from 0")
    }
    let targets = Matrix(rows: labels.count, columns: classes) { row, column in
      (labels[row] == column ? 1 : 0) - 1 / Double(classes)
    }
    let mean = kernel.diagonal.reduce(0, +) / Double(kernel.rows)
    let scores = try KernelRegression.predictions(
      kernel: kernel, crossKernel: crossKernel, targets: targets, ridge: relativeRidge * mean)
    let hits = validationLabels.enumerated().count { row, label in
      let best = (0..<classes).reduce(0) { scores[row, $1] > scores[row, $0] ? $1 : $0 }
      return best == label
    }
    self.scores = scores
    accuracy = Double(hits) / Double(validationLabels.count)
  }
}
