import LinearAlgebra

/// What a kernel says of learning given labels: everything follows from one decomposition and the labels' components in
/// its basis.
///
/// Targets are one-hot less 1/classes, outputs at initialization count as 0, and losses are ½Σr² over samples and classes.
public struct LabelFit: Hashable, Sendable {
  /// How alike the kernel and the labels order samples, 0 … 1 (`centredAlignment`); nil when the kernel does not vary over
  /// samples.
  public let alignment: Double?
  /// √(2 yᵀK⁻¹y/n), summed over classes (`KernelRegression.complexity`); nil for a singular kernel.
  public let complexity: Double?
  /// The share of samples that kernel regression on all others puts into their class, with the ridge `relativeRidge`; of
  /// equal scores the first class counts.
  public let validationAccuracy: Double
  /// ‖θ − θ₀‖ after training for ever: √(yᵀK⁺y).
  public let displacement: Double
  /// Steps of gradient descent at the fastest rate (`LearningRateLimits.fastest`) until the loss on these labels is 1 %; nil when the kernel does
  /// not see enough of them.
  public let stepsToOnePercent: Double?

  /// The ridge of the regression, in units of the kernel's mean diagonal: enough for a singular kernel, and too little to
  /// hide the directions that a trained network learns.
  public static let relativeRidge = 1e-4

  /// What a network is trained to say of samples of these classes, n × classes: one-hot less 1/classes, in the order of the
  /// classes that occur.
  public static func targets(_ labels: [Int]) -> Matrix {
    let classes = Set(labels).sorted()
    return Matrix(rows: labels.count, columns: classes.count) { row, column in
      (labels[row] == classes[column] ? 1 : 0) - 1 / Double(classes.count)
    }
  }

  /// From what was kept of an earlier fit.
  package init(
    alignment: Double?, complexity: Double?, validationAccuracy: Double, displacement: Double,
    stepsToOnePercent: Double?
  ) {
    self.alignment = alignment
    self.complexity = complexity
    self.validationAccuracy = validationAccuracy
    self.displacement = displacement
    self.stepsToOnePercent = stepsToOnePercent
  }

  /// - Parameters:
  ///   - kernel: of n samples.
  ///   - labels: n classes, any integers; those that occur are the classes, at least two.
  /// - Throws: `TrainabilityError` for another number of labels, a single class, and a kernel that is zero.
  ///
  /// Complexity: O(n³).
  public init(kernel: DecomposedKernel, labels: [Int]) throws(TrainabilityError) {
    let n = kernel.order
    guard labels.count == n else {
      throw .shapeMismatch("\(labels.count) labels for \(n) samples")
    }
    let classes = Set(labels).sorted()
    guard classes.count > 1 else {
      throw .invalidParameter("all \(n) samples are of one class")
    }
    let targets = Self.targets(labels)
    guard let limits = LearningRateLimits(kernel) else { throw .invalidParameter("the kernel is zero") }
    let dynamics = try TrainingDynamics(kernel: kernel, targets: targets)
    alignment = try? centredAlignment(kernel: kernel.matrix, targets: targets)
    displacement = try dynamics.displacement(at: .gradientFlow(time: .infinity))
    // The squared displacement is yᵀK⁻¹y where that exists.
    complexity = kernel.rank == n ? displacement * (2 / Double(n)).squareRoot() : nil
    stepsToOnePercent = try dynamics.steps(toLossFraction: 0.01, learningRate: limits.fastest).value
    let meanDiagonal = kernel.matrix.diagonal.reduce(0, +) / Double(n)
    let predictions = try KernelRegression.leaveOneOutPredictions(
      kernel: kernel, targets: targets, ridge: Self.relativeRidge * meanDiagonal)
    let hits = labels.enumerated().count { row, label in
      let best = classes.indices.reduce(0) { predictions[row, $1] > predictions[row, $0] ? $1 : $0 }
      return classes[best] == label
    }
    validationAccuracy = Double(hits) / Double(n)
  }
}
