/// How a squared loss is normalised. With residuals r over n samples the loss is c·Σr², and gradient flow on it is that
/// on ½Σr² at 2c times the rate.
public enum LossConvention: String, Codable, Hashable, Sendable, CaseIterable {
  /// ½Σr², the convention of this room's formulas.
  case halfSum = "half_sum"
  /// Σr².
  case sum
  /// Σr²/2n.
  case halfMean = "half_mean"
  /// Σr²/n: "mean squared error" for one output.
  case mean

  /// 2c: the rate of its gradient flow relative to that of ½Σr².
  public func rateFactor(samples: Int) -> Double {
    switch self {
    case .halfSum: 1
    case .sum: 2
    case .halfMean: 1 / Double(max(1, samples))
    case .mean: 2 / Double(max(1, samples))
    }
  }

  /// As people write it.
  public var formula: String {
    switch self {
    case .halfSum: "½Σr²"
    case .sum: "Σr²"
    case .halfMean: "Σr²/2n"
    case .mean: "Σr²/n"
    }
  }
}

/// What the eigenvalues say about learning rates of full-batch gradient descent on one convention of the loss
/// (Lee et al. 2019, §2.2).
public struct LearningRateLimits: Hashable, Sendable {
  /// The loss that the rates are for.
  public let convention: LossConvention
  /// 2/λ₁ for ½Σr²: at and above it the fastest direction does not converge.
  public let stable: Double
  /// 1/λ₁ for ½Σr²: up to it no direction oscillates.
  public let monotone: Double
  /// 2/(λ₁+λᵣ) for ½Σr², λᵣ the smallest eigenvalue that rounding leaves positive: the rate of fastest convergence in the
  /// worst direction that learns at all (Lee's η_critical).
  public let fastest: Double
  /// What a step at the fastest rate leaves of the residual in the worst direction: (κ−1)/(κ+1), 1 for a singular kernel.
  public let contraction: Double

  /// - Returns: nil for a kernel whose λ₁ is not positive and finite: it sets no limit.
  public init?(_ kernel: DecomposedKernel, convention: LossConvention = .halfSum, samples: Int? = nil) {
    let largest = kernel.lambdaMax
    guard largest > 0, largest.isFinite, let smallest = kernel.resolvedEigenvalues.last(where: { $0 > 0 })
    else { return nil }
    let factor = convention.rateFactor(samples: samples ?? kernel.order)
    self.convention = convention
    stable = 2 / (factor * largest)
    monotone = 1 / (factor * largest)
    fastest = 2 / (factor * (largest + smallest))
    contraction = kernel.rank < kernel.order ? 1 : (largest - smallest) / (largest + smallest)
  }
}
