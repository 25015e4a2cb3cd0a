import Foundation

/// How fast finite-width kernels approach their limit: log deviation = intercept + exponent · log width, by least squares. The
/// theory says −½ (Arora et al. 2019, theorem 3.1; Huang and Yau 2020).
public struct WidthConvergence: Hashable, Sendable {
  /// The slope.
  public let exponent: Double
  /// Of the slope; nil for two widths, through which every line goes.
  public let standardError: Double?
  /// The fitted deviation at width 1.
  public let prefactor: Double

  /// - Parameters:
  ///   - widths: positive, at least two different ones.
  ///   - deviations: relative deviations from the limit, positive; as many.
  public init(widths: [Double], deviations: [Double]) throws(TrainabilityError) {
    guard widths.count == deviations.count else {
      throw .shapeMismatch("\(widths.count) widths and \(deviations.count) deviations")
    }
    for value in widths + deviations { try requirePositive(value, "a width or deviation") }
    let (x, y) = (widths.map { log($0) }, deviations.map { log($0) })
    let count = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
    let spread = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
    guard spread > 0 else { throw .invalidParameter("an exponent needs two different widths") }
    let slope = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / spread
    let intercept = meanY - slope * meanX
    let squares = zip(x, y).reduce(0.0) { sum, point in
      let error = point.1 - intercept - slope * point.0
      return sum + error * error
    }
    exponent = slope
    prefactor = exp(intercept)
    standardError = x.count > 2 ? (squares / (count - 2) / spread).squareRoot() : nil
  }
}

/// How the width that theorems ask for grows with the problem. Their constants are not specified, so these numbers
/// compare problems with each other; they are never a number of neurons.
public enum WidthRequirement {
  /// n⁶/(λ₀⁴δ³): gradient descent on a shallow ReLU network reaches zero loss with probability 1 − δ (Du et al. 2019, theorem
  /// 4.1).
  public static func convergence(samples: Int, lambdaMin: Double, failureProbability: Double) -> Double {
    pow(Double(samples), 6) / (pow(lambdaMin, 4) * pow(failureProbability, 3))
  }

  /// n⁷/(λ₀⁴κ²δ⁴ε²), κ the standard deviation of the initial weights: the loss follows the kernel's eigenvalues to ε
  /// (Arora et al. 2019, "Fine-grained analysis", theorem 4.1).
  public static func kernelRegime(
    samples: Int, lambdaMin: Double, weightDeviation: Double, failureProbability: Double, accuracy: Double
  ) -> Double {
    pow(Double(samples), 7)
      / (pow(lambdaMin, 4) * pow(weightDeviation, 2) * pow(failureProbability, 4) * pow(accuracy, 2))
  }

  /// L⁶ε⁻⁴ log(L/δ): a ReLU network of L hidden layers has a kernel within (L + 1)ε of its limit (Arora et al. 2019, "On exact
  /// computation", theorem 3.1).
  public static func kernelConvergence(hiddenLayers: Int, accuracy: Double, failureProbability: Double)
    -> Double
  {
    pow(Double(hiddenLayers), 6) / pow(accuracy, 4) * log(Double(hiddenLayers) / failureProbability)
  }
}
