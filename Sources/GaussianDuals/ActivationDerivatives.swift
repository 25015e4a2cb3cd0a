import Foundation
import NetworkGraph

/// φ, φ′ and φ″ at one point.
package struct ActivationDerivatives {
  package var value: Double
  package var first: Double
  /// Without the steps of φ′ at kinks.
  package var second: Double
}

/// Where φ′ has a step.
struct Kink {
  var position: Double
  /// φ′ right of it minus φ′ left of it. Zero where only φ″ has a step.
  var slopeStep: Double
}

extension Activation {
  /// The slope below zero of the functions made of two lines through the origin; 1 for the others.
  var negativeSlope: Double {
    switch self {
    case .relu: 0
    case .leakyRelu(let slope): slope
    case .abs: -1
    default: 1
    }
  }

  /// Where the function is not smooth and has to be integrated in pieces. None are listed for the functions with
  /// closed forms.
  var kinks: [Kink] {
    switch self {
    case .elu: [Kink(position: 0, slopeStep: 0)]
    case .hardSwish: [Kink(position: -3, slopeStep: 0.5), Kink(position: 3, slopeStep: -0.5)]
    default: []
    }
  }

  /// How far from the real axis the function stays analytic.
  var poleDistance: Double {
    switch self {
    // tanh has poles at ±iπ/2, the logistic function at ±iπ; of tanh's cubic argument the nearest lies farther than 2.
    case .tanh: .pi / 2
    case .geluTanh: 2
    default: .pi
    }
  }

  /// φ and its derivatives, by the conventions of the finite network at kinks.
  package func derivatives(at x: Double) -> ActivationDerivatives {
    switch self {
    case .relu, .leakyRelu:
      let slope = x > 0 ? 1 : negativeSlope
      return .init(value: slope * x, first: slope, second: 0)
    case .abs: return .init(value: Swift.abs(x), first: x > 0 ? 1 : x < 0 ? -1 : 0, second: 0)
    case .elu:
      if x > 0 { return .init(value: x, first: 1, second: 0) }
      let exponential = exp(x)
      return .init(value: expm1(x), first: exponential, second: exponential)
    case .gelu:
      let cumulative = erfc(-x / 2.0.squareRoot()) / 2
      let density = exp(-x * x / 2) / (2 * .pi).squareRoot()
      return .init(
        value: x * cumulative, first: cumulative + x * density, second: density * (2 - x * x))
    case .geluTanh:
      let factor = (2 / Double.pi).squareRoot()
      let argument = factor * (x + 0.044715 * x * x * x)
      let slope = factor * (1 + 3 * 0.044715 * x * x)
      let t = Foundation.tanh(argument)
      let falling = (1 - t) * (1 + t)
      return .init(
        value: x * (1 + t) / 2, first: (1 + t) / 2 + x * falling * slope / 2,
        second: falling * slope + x * falling * (factor * 3 * 0.044715 * x - t * slope * slope))
    case .silu:
      let s = Self.logistic(x)
      let falling = s * Self.logistic(-x)
      return .init(value: x * s, first: s + x * falling, second: falling * (2 + x * (1 - 2 * s)))
    case .hardSwish:
      if x <= -3 { return .init(value: 0, first: 0, second: 0) }
      if x > 3 { return .init(value: x, first: 1, second: 0) }
      return .init(value: x * (x + 3) / 6, first: (2 * x + 3) / 6, second: 1.0 / 3)
    case .tanh:
      let t = Foundation.tanh(x)
      let falling = (1 - t) * (1 + t)
      return .init(value: t, first: falling, second: -2 * t * falling)
    case .erf:
      let slope = 2 / Double.pi.squareRoot() * exp(-x * x)
      return .init(value: Foundation.erf(x), first: slope, second: -2 * x * slope)
    case .sigmoid:
      let s = Self.logistic(x)
      let falling = s * Self.logistic(-x)
      return .init(value: s, first: falling, second: falling * (1 - 2 * s))
    case .softplus:
      let s = Self.logistic(x)
      return .init(value: max(x, 0) + log1p(exp(-Swift.abs(x))), first: s, second: s * Self.logistic(-x))
    case .sin: return .init(value: Foundation.sin(x), first: cos(x), second: -Foundation.sin(x))
    }
  }

  private static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}
