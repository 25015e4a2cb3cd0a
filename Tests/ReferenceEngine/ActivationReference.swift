import Foundation
import NetworkGraph

func activationValue(_ activation: Activation, _ x: Double) -> Double {
  switch activation {
  case .relu: x > 0 ? x : 0
  case .leakyRelu(let slope): x > 0 ? x : slope * x
  case .elu: x > 0 ? x : expm1(x)
  case .gelu: x * normalDistribution(x)
  case .geluTanh: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
  case .silu: x * sigmoid(x)
  case .hardSwish: x * min(max(x + 3, 0), 6) / 6
  case .tanh: tanh(x)
  case .erf: erf(x)
  case .sigmoid: sigmoid(x)
  case .softplus: max(x, 0) + log1p(exp(-abs(x)))
  case .sin: sin(x)
  case .abs: abs(x)
  }
}

/// At kinks: relu′(0) = 0, leaky relu′(0) = slope, |x|′(0) = 0, hard swish′(−3) = 0 and ′(3) = 1 (as PyTorch has it).
func activationDerivative(_ activation: Activation, _ x: Double) -> Double {
  switch activation {
  case .relu: return x > 0 ? 1 : 0
  case .leakyRelu(let slope): return x > 0 ? 1 : slope
  case .elu: return x > 0 ? 1 : exp(x)
  case .gelu: return normalDistribution(x) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
  case .geluTanh:
    let c = (2 / Double.pi).squareRoot()
    let u = c * (x + 0.044715 * x * x * x)
    let slope = c * (1 + 3 * 0.044715 * x * x)
    return 0.5 * (1 + tanh(u)) + 0.5 * x * slope / (cosh(u) * cosh(u))
  case .silu: return sigmoid(x) + x * sigmoid(x) * sigmoid(-x)
  case .hardSwish: return x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6
  case .tanh: return 1 / (cosh(x) * cosh(x))
  case .erf: return 2 / Double.pi.squareRoot() * exp(-x * x)
  case .sigmoid: return sigmoid(x) * sigmoid(-x)
  case .softplus: return sigmoid(x)
  case .sin: return cos(x)
  case .abs: return x > 0 ? 1 : x < 0 ? -1 : 0
  }
}

private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

/// Φ(x) of the standard normal distribution.
private func normalDistribution(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
