import Foundation

/// How far training of the linearised network has come, on the loss ½Σr² (`LossConvention` relates others to it).
public enum TrainingProgress: Hashable, Sendable {
  /// Gradient flow θ̇ = −η ∇L up to a time ≥ 0, which may be infinite.
  case gradientFlow(time: Double, learningRate: Double = 1)
  /// Full-batch gradient descent after so many steps ≥ 0.
  case gradientDescent(steps: Int, learningRate: Double)

  /// What is left of the residual along an eigenvector: exp(−ηλt), or (1 − ηλ)ᵏ.
  ///
  /// - Parameter eigenvalue: λ ≥ 0; exactly 0 never learns.
  public func residualFactor(_ eigenvalue: Double) -> Double {
    guard eigenvalue > 0 else { return 1 }
    switch self {
    case .gradientFlow(let time, let rate): return exp(-rate * eigenvalue * time)
    case .gradientDescent(let steps, let rate): return pow(1 - rate * eigenvalue, Double(steps))
    }
  }

  /// (1 − residual factor)/λ, by which the residual's component has moved the parameters: tends to 1/λ when the
  /// direction is learnt, and to ηt (ηk for steps) as λ → 0. With this in the place of K⁻¹ every formula holds for kernels
  /// of any rank. At infinite time it is the pseudo-inverse: 0 for λ = 0.
  ///
  /// - Parameter eigenvalue: λ ≥ 0.
  public func response(_ eigenvalue: Double) -> Double {
    switch self {
    case .gradientFlow(let time, let rate):
      if time == .infinity { return eigenvalue > 0 ? 1 / eigenvalue : 0 }
      let exponent = rate * eigenvalue * time
      // Below this, 1 − e^(−x) is x to the last bit, and x/λ may be 0/0.
      return exponent > 1e-300 ? -expm1(-exponent) / eigenvalue : rate * time
    case .gradientDescent(let steps, let rate):
      guard rate * eigenvalue > 1e-300 else { return rate * Double(steps) }
      return Self.oneMinusPower(rate * eigenvalue, steps) / eigenvalue
    }
  }

  /// 1 − (1 − x)ᵏ without cancellation for x > 0.
  private static func oneMinusPower(_ x: Double, _ steps: Int) -> Double {
    guard steps > 0 else { return 0 }
    // |1 − x| = 1 + y, exactly enough where it is close to 1.
    let y = x <= 1 ? -x : x - 2
    let isNegative = x > 1 && steps % 2 == 1
    guard y > -1 else { return 1 }
    let exponent = Double(steps) * log1p(y)
    return isNegative ? 1 + exp(exponent) : -expm1(exponent)
  }

  /// - Throws: `TrainabilityError.invalidParameter`.
  func check() throws(TrainabilityError) {
    switch self {
    case .gradientFlow(let time, let rate):
      guard time >= 0 else { throw .invalidParameter("the time is \(time); expected 0 or more") }
      try requirePositive(rate, "the learning rate")
    case .gradientDescent(let steps, let rate):
      guard steps >= 0 else { throw .invalidParameter("the number of steps is \(steps); expected 0 or more") }
      try requirePositive(rate, "the learning rate")
    }
  }
}
