import Foundation

/// Bounds of the training loss that hold without the labels, or with no more than one component of them. Losses are ½Σr².
public struct LossBounds: Hashable, Sendable {
  /// L ≤ max ρᵢ² · L₀, whatever the labels: Grönwall's exp(−2ηλₙt) L₀ for gradient flow.
  public let labelFree: Double
  /// M/2 with M = maxᵢ ρᵢ² (vᵢ·r₀)², the largest term of the loss: L is at least this …
  public let labelAwareLower: Double
  /// … and at most nM/2.
  public let labelAwareUpper: Double
}

extension TrainingDynamics {
  /// Bounds of the loss by the slowest direction and by the largest term.
  public func bounds(at progress: TrainingProgress) throws(TrainabilityError) -> LossBounds {
    try progress.check()
    var slowest = 0.0
    var largest = 0.0
    for (eigenvalue, energy) in zip(kernel.resolvedEigenvalues, energies) {
      let factor = progress.residualFactor(eigenvalue)
      slowest = max(slowest, factor * factor)
      if energy > 0 { largest = max(largest, factor * factor * energy) }
    }
    return LossBounds(
      labelFree: initialLoss > 0 ? slowest * initialLoss : 0, labelAwareLower: largest / 2,
      labelAwareUpper: Double(kernel.order) * largest / 2)
  }

  /// (1 − ηλ₀/2)ᵏ: what k steps leave of ‖r‖² at most, for a network wide enough that its kernel stays close to one
  /// whose smallest eigenvalue is λ₀ (Du et al. 2019, theorem 4.1). Meant for ηλ₀ ≤ 1.
  ///
  /// - Throws: `TrainabilityError.invalidParameter` unless 0 ≤ ηλ₀ ≤ 2.
  public func overparameterizedContraction(
    steps: Int, learningRate: Double
  ) throws(TrainabilityError) -> Double {
    try TrainingProgress.gradientDescent(steps: steps, learningRate: learningRate).check()
    let product = learningRate * kernel.lambdaMin
    guard product <= 2 else {
      throw .invalidParameter("the bound needs ηλ_min ≤ 2, and it is \(product)")
    }
    return pow(1 - product / 2, Double(steps))
  }
}
