import Foundation
import NetworkGraph

/// Where the variance of pre-activations settles in a deep network.
public enum VarianceFixedPoint: Hashable, Sendable {
  /// q*, ≥ 0.
  case stable(Double)
  /// It grows without bound, by this factor a layer in the end: 1 stands for linear growth.
  case grows(factor: Double)

  /// Nil when there is none.
  public var value: Double? { if case .stable(let value) = self { value } else { nil } }
}

extension WideNetworkMaps {
  /// The stable fixed point of Q(q) = σ_w² E[φ²] + σ_b² that the data's variance flows to: Q increases with q, so the
  /// variance moves steadily towards the nearest fixed point on the side that Q points to. Found by bracketing, since
  /// near criticality iteration converges like one over the number of layers. Activations that are made of two lines
  /// have closed answers.
  ///
  /// - Parameter variance: of the first layer's pre-activations, positive. It decides where several fixed points are
  ///   stable.
  public func varianceFixedPoint(from variance: Double = 1) throws(MeanFieldError) -> VarianceFixedPoint {
    try MeanFieldError.require(variance, "the data's variance")
    if let gain = activation.homogeneousGain.map({ $0 * weightVariance }) {
      return homogeneousFixedPoint(gain: gain, from: variance)
    }
    let start = max(variance, 1e-12)
    let drift = drift(start)
    if drift == 0 { return .stable(start) }
    // Steps small enough that two fixed points are not stepped over together.
    let step = drift > 0 ? 1.3 : 1 / 1.3
    var (last, lastDrift) = (start, drift)
    while last < Self.largestVariance, last > Self.smallestVariance {
      // Far out the slopes decide alone, and the function has no more to show between.
      let isFar = last > Self.farVariance
      if isFar, drift > 0, weightVariance * activation.asymptoticGain >= 1 { break }
      let next = last * (isFar ? step * step * step : step)
      let nextDrift = self.drift(next)
      if nextDrift == 0 { return .stable(settled(next)) }
      if (nextDrift > 0) != (drift > 0) {
        let root = bracketedRoot(
          self.drift, min(last, next), last < next ? lastDrift : nextDrift, max(last, next),
          last < next ? nextDrift : lastDrift)
        return .stable(settled(root))
      }
      (last, lastDrift) = (next, nextDrift)
    }
    return drift > 0 ? .grows(factor: max(1, weightVariance * activation.asymptoticGain)) : .stable(0)
  }

  /// Q(q)/q − 1, which keeps its sign where Q(q) − q is rounding.
  private func drift(_ q: Double) -> Double {
    let value = variance(q) / q - 1
    return abs(value) <= 4 * 0x1p-52 ? 0 : value
  }

  /// Without bias and with φ(0) = 0 a tiny fixed point is what rounding leaves of zero.
  private func settled(_ q: Double) -> Double {
    biasVariance == 0 && q < 1e-9 && dual.diagonal(q: 0).value == 0 ? 0 : q
  }

  private func homogeneousFixedPoint(gain: Double, from variance: Double) -> VarianceFixedPoint {
    // σ_w² = 2/(1 + slope²) has a gain of 1 but for rounding.
    let isOne = abs(gain - 1) <= 4 * 0x1p-52
    if gain < 1, !isOne { return .stable(biasVariance / (1 - gain)) }
    if biasVariance == 0, isOne || variance == 0 { return .stable(variance) }
    return .grows(factor: isOne ? 1 : gain)
  }

  private static let farVariance = 1e3
  private static let smallestVariance = 1e-30
  private static let largestVariance = 1e9
}

extension Activation {
  /// E[φ²]/q of activations made of two lines through the origin, which does not depend on q; nil for the others.
  var homogeneousGain: Double? {
    switch self {
    case .relu, .leakyRelu, .abs: asymptoticGain
    default: nil
    }
  }

  /// E[φ²]/q and E[φ′²] as q → ∞, which depend on the slopes far out alone.
  var asymptoticGain: Double {
    switch self {
    case .relu, .elu, .gelu, .geluTanh, .silu, .hardSwish, .softplus: 0.5
    case .leakyRelu(let slope): (1 + slope * slope) / 2
    case .abs: 1
    case .tanh, .erf, .sigmoid, .sin: 0
    }
  }

  /// Whether φ′ has steps, so that nearby inputs separate like (1 − c)^{3/2} instead of (1 − c)².
  var hasKinks: Bool {
    switch self {
    case .relu, .abs, .hardSwish: true
    case .leakyRelu(let slope): slope != 1
    default: false
    }
  }
}
