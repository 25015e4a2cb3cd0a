import Foundation

/// A quantity of a spectrum, or why there is none.
public enum SpectralQuantity: Hashable, Sendable {
  case value(Double)
  /// `outcome` is never `.ok`; `reason` is a sentence for the user.
  case undefined(Outcome, reason: String)

  /// Nil when undefined.
  public var value: Double? {
    if case .value(let value) = self { value } else { nil }
  }

  /// `.ok` when there is a value.
  public var outcome: Outcome {
    switch self {
    case .value: .ok
    case .undefined(let outcome, _): outcome
    }
  }
}

/// What a spectrum cannot be made from.
public enum SpectrumError: Error, Hashable, Sendable, CustomStringConvertible {
  case noEigenvalues
  /// The precision has to lie between 0 and 1, both excluded.
  case invalidEpsilon(Double)

  /// The value, or why there is none.
  public var description: String {
    switch self {
    case .noEigenvalues: "a kernel of no samples has no spectrum"
    case .invalidEpsilon(let epsilon): "a relative precision lies between 0 and 1, not at \(epsilon)"
    }
  }
}

/// The eigenvalues λ₁ ≥ … ≥ λₙ of a symmetric kernel, and the quantities of trainability that follow from
/// them alone.
///
/// Every quantity of a spectrum with an infinite or undefined eigenvalue is `.undefined(.nonFinite, …)`.
public struct KernelSpectrum: Hashable, Sendable {
  /// Descending; NaN, if any, last.
  public let eigenvalues: [Double]
  /// The relative precision of the arithmetic that made the kernel: 2⁻²³ or 2⁻⁵². Not that of the
  /// eigensolver.
  public let epsilon: Double

  /// - Parameter eigenvalues: at least one, in any order.
  public init(eigenvalues: [Double], epsilon: Double) throws(SpectrumError) {
    guard !eigenvalues.isEmpty else { throw .noEigenvalues }
    guard epsilon > 0, epsilon < 1 else { throw .invalidEpsilon(epsilon) }
    // NaN compares false with everything, which a sort must not see.
    self.eigenvalues = eigenvalues.filter { !$0.isNaN }.sorted(by: >) + eigenvalues.filter(\.isNaN)
    self.epsilon = epsilon
  }

  /// `.ok` when the condition number exists; else why not.
  public var outcome: Outcome { conditionNumber.outcome }

  /// λ₁.
  public var lambdaMax: SpectralQuantity { finite { .value($0.first ?? .nan) } }

  /// λₙ. May be slightly negative in a numerically singular kernel.
  public var lambdaMin: SpectralQuantity { finite { .value($0.last ?? .nan) } }

  /// Σλ, the kernel's trace.
  public var trace: SpectralQuantity {
    finite { eigenvalues in
      let sum = eigenvalues.reduce(0, +)
      guard sum.isFinite else {
        return .undefined(.nonFinite, reason: "the sum of the eigenvalues overflows")
      }
      return .value(sum)
    }
  }

  /// κ = λ₁/λₙ (Xiao et al. 2020; TE-NAS, Chen et al. 2021). Undefined with `.rankDeficient` when
  /// λₙ ≤ n·ε·λ₁, where λₙ holds no digit that the kernel's rounding did not put there.
  public var conditionNumber: SpectralQuantity {
    finite { eigenvalues in
      let (largest, smallest) = (eigenvalues.first ?? .nan, eigenvalues.last ?? .nan)
      let threshold = Double(eigenvalues.count) * epsilon * largest
      guard largest > 0, smallest > threshold else {
        return .undefined(
          .rankDeficient,
          reason: largest > 0
            ? "λ_min = \(smallest) does not exceed n·ε·λ_max = \(threshold)" : "the kernel is zero")
      }
      let ratio = largest / smallest
      guard ratio.isFinite else { return .undefined(.nonFinite, reason: "λ_max/λ_min overflows") }
      return .value(ratio)
    }
  }

  /// exp(−Σ pᵢ ln pᵢ) with pᵢ = λᵢ/Σλ (Roy and Vetterli 2007): from 1 to n. Negative eigenvalues, which are
  /// rounding of zero, count as zero.
  public var effectiveRank: SpectralQuantity {
    shares { shares in exp(-shares.reduce(0) { $1 > 0 ? $0 + $1 * log($1) : $0 }) }
  }

  /// (Σλ)²/Σλ²: from 1 to n. Negative eigenvalues count as zero.
  public var participationRatio: SpectralQuantity {
    shares { shares in 1 / shares.reduce(0) { $0 + $1 * $1 } }
  }

  /// 2/λ₁: gradient descent on the loss ½Σr² diverges at any larger learning rate. (For the loss Σr² halve
  /// it; for the mean over n samples multiply by n.)
  public var largestStableLearningRate: SpectralQuantity {
    finite { eigenvalues in
      let largest = eigenvalues.first ?? .nan
      guard largest > 0 else { return .undefined(.rankDeficient, reason: "the kernel is zero") }
      let rate = 2 / largest
      guard rate.isFinite else { return .undefined(.nonFinite, reason: "2/λ_max overflows") }
      return .value(rate)
    }
  }

  /// Steps of full-batch gradient descent until the loss has fallen to 1 %, whatever the labels: the worst
  /// direction at the fastest rate η = 2/(λ₁+λₙ) (Lee et al. 2019), where each step multiplies the
  /// residual by (κ−1)/(κ+1): ⌈ln 0.01 / (2 ln((κ−1)/(κ+1)))⌉, and at least 1. A whole number, as a float64
  /// since κ has no bound.
  public var stepsToOnePercent: SpectralQuantity {
    switch conditionNumber {
    case .undefined: return conditionNumber
    case .value(let kappa):
      // (κ−1)/(κ+1) = 1 − 2/(κ+1): its logarithm keeps its digits for large κ only this way.
      let logContraction = log1p(-2 / (kappa + 1))
      return .value(max(1, (log(0.01) / (2 * logContraction)).rounded(.up)))
    }
  }

  /// The time after which gradient flow at rate 1 on the loss ½Σr² has brought it to 1 %, whatever the labels: that of the
  /// slowest direction, ln 100/(2λₙ), by which Grönwall's bound exp(−2λₙt) is met.
  public var timeToOnePercent: SpectralQuantity {
    if case .undefined = conditionNumber { return conditionNumber }
    guard case .value(let smallest) = lambdaMin else { return lambdaMin }
    let time = log(100) / (2 * smallest)
    guard time.isFinite else { return .undefined(.nonFinite, reason: "1/λ_min overflows") }
    return .value(time)
  }

  private func finite(_ body: ([Double]) -> SpectralQuantity) -> SpectralQuantity {
    let bad = eigenvalues.count { !$0.isFinite }
    guard bad == 0 else {
      return .undefined(.nonFinite, reason: "\(bad) of \(eigenvalues.count) eigenvalues are not finite")
    }
    return body(eigenvalues)
  }

  /// Each eigenvalue's share of their sum, scaled by the largest first so that no sum overflows.
  private func shares(_ body: ([Double]) -> Double) -> SpectralQuantity {
    finite { eigenvalues in
      let largest = eigenvalues.first ?? .nan
      guard largest > 0 else { return .undefined(.rankDeficient, reason: "the kernel is zero") }
      let scaled = eigenvalues.map { max(0, $0 / largest) }
      let sum = scaled.reduce(0, +)
      return .value(body(scaled.map { $0 / sum }))
    }
  }
}
