import LinearAlgebra

/// The distribution of predictions on m inputs over random initializations of an infinitely wide network.
public struct GaussianPosterior: Sendable {
  /// m × O.
  public let mean: Matrix
  /// m × m, symmetric, the same for each output; variances that rounding made negative are 0.
  public let covariance: Matrix

  /// The covariance's diagonal.
  public var variances: [Double] { covariance.diagonal }

  /// Symmetric, with a diagonal that is not negative.
  init(mean: Matrix, covariance: Matrix, noiseVariance: Double) throws(TrainabilityError) {
    self.mean = mean
    self.covariance = Matrix(rows: covariance.rows, columns: covariance.columns) { row, column in
      let value = (covariance[row, column] + covariance[column, row]) / 2
      return row == column ? max(0, value) + noiseVariance : value
    }
    try requireFinite(mean, "a mean of the posterior")
    try requireFinite(self.covariance, "a covariance of the posterior")
  }
}

/// The kernels of a Gaussian process between training inputs, n × n, between others and these, m × n, and between
/// others, m × m.
public struct GaussianPrior: Sendable {
  /// n × n.
  public let training: Matrix
  /// m × n.
  public let cross: Matrix
  /// m × m.
  public let test: Matrix

  /// - Throws: `TrainabilityError` when the shapes do not fit each other.
  public init(training: Matrix, cross: Matrix, test: Matrix) throws(TrainabilityError) {
    try requireShape(cross, test.rows, training.rows, "the kernel between others and training inputs")
    for (matrix, name) in [(training, "training"), (test, "other")] {
      try requireShape(matrix, matrix.rows, matrix.rows, "the kernel of \(name) inputs")
    }
    for matrix in [training, cross, test] { try requireFinite(matrix, "an entry of the prior's kernels") }
    self.training = training
    self.cross = cross
    self.test = test
  }
}

/// Posteriors of infinitely wide networks (Lee et al. 2019, §2.3 and 2.4).
public enum GaussianProcess {
  /// All layers trained: the mean Θ*Θ⁻¹(1 − ρ)y and the covariance K** + AKAᵀ − AK*ᵀ − K*Aᵀ with A = Θ*Θ⁻¹(1 − ρ)
  /// (equations 14–16).
  ///
  /// - Parameters:
  ///   - tangentKernel: Θ of the training inputs.
  ///   - tangentCross: Θ*, m × n.
  ///   - prior: K, the NNGP kernel: how outputs are distributed at initialization.
  ///   - targets: y, n × O.
  ///   - noiseVariance: added to the diagonal of the covariance.
  public static func trained(
    tangentKernel: DecomposedKernel, tangentCross: Matrix, prior: GaussianPrior, targets: Matrix,
    at progress: TrainingProgress, noiseVariance: Double = 0
  ) throws(TrainabilityError) -> GaussianPosterior {
    try progress.check()
    try requireNoise(noiseVariance)
    let n = tangentKernel.order
    try requireShape(prior.training, n, n, "the NNGP kernel of training inputs")
    try requireShape(
      tangentCross, prior.test.rows, n, "the tangent kernel between others and training inputs")
    try requireShape(targets, n, targets.columns, "the labels")
    let responses = tangentKernel.resolvedEigenvalues.map(progress.response)
    let projected = try tangentKernel.projected(
      rows: tangentCross, name: "the tangent kernel with other inputs")
    // A = (Θ*V) diag(response) Vᵀ.
    let map = try tangentKernel.combination(of: projected.transposed.scalingRows(by: responses)).transposed
    let (mean, covariance) = try algebra { () throws(LinearAlgebraError) in
      let quadratic = try map.multiplied(by: prior.training).multiplied(byTransposeOf: map)
      let mixed = try map.multiplied(byTransposeOf: prior.cross)
      let covariance = Matrix(rows: mixed.rows, columns: mixed.columns) {
        prior.test[$0, $1] + quadratic[$0, $1] - mixed[$0, $1] - mixed[$1, $0]
      }
      return (try map.multiplied(by: targets), covariance)
    }
    return try GaussianPosterior(mean: mean, covariance: covariance, noiseVariance: noiseVariance)
  }

  /// Bayes' rule on the prior: the mean K*(K + σ²I)⁻¹y and the covariance K** − K*(K + σ²I)⁻¹K*ᵀ. The posterior of a network
  /// of which only the last layer is trained, for ever, when σ² = 0.
  ///
  /// - Parameters:
  ///   - kernel: the prior's kernel of the training inputs, decomposed.
  ///   - noiseVariance: σ² ≥ 0 of the labels.
  public static func bayesian(
    kernel: DecomposedKernel, prior: GaussianPrior, targets: Matrix, noiseVariance: Double = 0
  ) throws(TrainabilityError) -> GaussianPosterior {
    try requireNoise(noiseVariance)
    let inverse = kernel.resolvedEigenvalues.map { $0 + noiseVariance > 0 ? 1 / ($0 + noiseVariance) : 0 }
    return try conditioned(kernel, prior, targets, mean: inverse, covariance: inverse)
  }

  /// The last layer alone trained by gradient flow: the mean K*K⁻¹(1 − e^(−ηKt))y and the covariance
  /// K** − K*K⁻¹(1 − e^(−2ηKt))K*ᵀ.
  public static func lastLayerTrained(
    kernel: DecomposedKernel, prior: GaussianPrior, targets: Matrix, time: Double, learningRate: Double = 1
  ) throws(TrainabilityError) -> GaussianPosterior {
    let progress = TrainingProgress.gradientFlow(time: time, learningRate: learningRate)
    try progress.check()
    let twice = TrainingProgress.gradientFlow(time: 2 * time, learningRate: learningRate)
    return try conditioned(
      kernel, prior, targets, mean: kernel.resolvedEigenvalues.map(progress.response),
      covariance: kernel.resolvedEigenvalues.map(twice.response))
  }

  private static func conditioned(
    _ kernel: DecomposedKernel, _ prior: GaussianPrior, _ targets: Matrix, mean meanFactors: [Double],
    covariance covarianceFactors: [Double]
  ) throws(TrainabilityError) -> GaussianPosterior {
    try requireShape(prior.training, kernel.order, kernel.order, "the kernel of training inputs")
    try requireShape(targets, kernel.order, targets.columns, "the labels")
    try requireFinite(targets, "an entry of the labels")
    let projected = try kernel.projected(rows: prior.cross, name: "the kernel with other inputs")
    let components = try kernel.coefficients(of: targets).scalingRows(by: meanFactors)
    let (mean, covariance) = try algebra { () throws(LinearAlgebraError) in
      let explained = try projected.multiplied(by: projected.transposed.scalingRows(by: covarianceFactors))
      return (try projected.multiplied(by: components), try prior.test.combined(with: explained, -))
    }
    return try GaussianPosterior(mean: mean, covariance: covariance, noiseVariance: 0)
  }

  private static func requireNoise(_ variance: Double) throws(TrainabilityError) {
    guard variance >= 0, variance.isFinite else {
      throw .invalidParameter("the noise variance is \(variance); expected 0 or a positive number")
    }
  }
}
