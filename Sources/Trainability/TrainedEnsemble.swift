import LinearAlgebra

/// Predictions on other inputs, over random initializations of an infinitely wide network, at any moment of its training
/// (Lee et al. 2019, equations 14–16). The products with the kernels are made once for all moments.
///
/// With the NNGP kernel in the place of the tangent kernel it is the ensemble of networks of which only the last layer is
/// trained (their §2.3.1): A = K*K⁻¹(1 − ρ) leaves of the covariance K** − K*K⁻¹(1 − ρ²)K*ᵀ.
public struct TrainedEnsemble: Sendable {
  private let tangentKernel: DecomposedKernel
  /// Θ*V, m × n.
  private let projected: Matrix
  /// VᵀKV, n × n.
  private let priorOfComponents: Matrix
  /// K*V, m × n.
  private let priorCross: Matrix
  /// The diagonal of K**.
  private let priorVariances: [Double]

  /// - Parameters:
  ///   - tangentKernel: Θ of the training inputs, n × n.
  ///   - tangentCross: Θ*, m × n.
  ///   - prior: K, the NNGP kernel: how outputs are distributed at initialization.
  /// - Throws: `TrainabilityError` for shapes that do not go together and numbers that are not finite.
  public init(
    tangentKernel: DecomposedKernel, tangentCross: Matrix, prior: GaussianPrior
  ) throws(TrainabilityError) {
    let n = tangentKernel.order
    try requireShape(prior.training, n, n, "the NNGP kernel of training inputs")
    try requireShape(
      tangentCross, prior.test.rows, n, "the tangent kernel between others and training inputs")
    self.tangentKernel = tangentKernel
    projected = try tangentKernel.projected(rows: tangentCross, name: "the tangent kernel with other inputs")
    priorOfComponents = try tangentKernel.coefficients(
      of: tangentKernel.coefficients(of: prior.training).transposed)
    priorCross = try tangentKernel.coefficients(of: prior.cross.transposed).transposed
    priorVariances = prior.test.diagonal
  }

  /// The variance of each of the m predictions, the same for each output: the diagonal of K** + AKAᵀ − AK*ᵀ − K*Aᵀ with
  /// A = Θ*Θ⁻¹(1 − ρ). What rounding made negative is 0.
  ///
  /// - Throws: `.nonFinite` when a learning rate above the stable limit has made it overflow.
  ///
  /// Complexity: O(m n²).
  public func variances(at progress: TrainingProgress) throws(TrainabilityError) -> [Double] {
    try progress.check()
    let responses = tangentKernel.resolvedEigenvalues.map(progress.response)
    let map = Matrix(rows: projected.rows, columns: projected.columns) { projected[$0, $1] * responses[$1] }
    let spread = try algebra { () throws(LinearAlgebraError) in try map.multiplied(by: priorOfComponents) }
    let variances = priorVariances.enumerated().map { row, prior in
      (0..<map.columns).reduce(prior) { sum, column in
        sum + map[row, column] * (spread[row, column] - 2 * priorCross[row, column])
      }
    }
    guard variances.allSatisfy(\.isFinite) else {
      throw .nonFinite("a variance of predictions, which the learning rate makes diverge,")
    }
    return variances.map { max(0, $0) }
  }
}
