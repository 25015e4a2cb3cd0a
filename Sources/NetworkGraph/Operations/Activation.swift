/// An elementwise function. The derivative of the piecewise linear ones at their kink is that of the left
/// side (relu′(0) = 0); |x|′(0) = 0.
public enum Activation: Hashable, Sendable {
  case relu
  /// x for x > 0, slope·x below.
  case leakyRelu(slope: Double)
  /// α = 1: eˣ − 1 for x ≤ 0.
  case elu
  /// x Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016).
  case gelu
  /// The approximation by tanh: ½x(1 + tanh(√(2/π)(x + 0.044715x³))).
  case geluTanh
  /// x·sigmoid(x), also known as swish.
  case silu
  /// x·min(max(x + 3, 0), 6)/6 (MobileNetV3).
  case hardSwish
  case tanh
  case erf
  case sigmoid
  /// log(1 + eˣ).
  case softplus
  case sin
  case abs
}

extension Activation {
  /// The slope of `leaky_relu` when none is given.
  public static let defaultSlope = 0.01

  /// Every activation, with default slope, in the order in which documentation lists them.
  public static let all: [Activation] = [
    .relu, .leakyRelu(slope: defaultSlope), .elu, .gelu, .geluTanh, .silu, .hardSwish, .tanh, .erf, .sigmoid,
    .softplus, .sin, .abs,
  ]

  private static let named = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// The activation with a name of network files (`relu`, `gelu_tanh`, …); nil for any other text.
  public init?(name: String) {
    guard let match = Self.named[name] else { return nil }
    self = match
  }

  /// The name in network files.
  public var name: String {
    switch self {
    case .relu: "relu"
    case .leakyRelu: "leaky_relu"
    case .elu: "elu"
    case .gelu: "gelu"
    case .geluTanh: "gelu_tanh"
    case .silu: "silu"
    case .hardSwish: "hard_swish"
    case .tanh: "tanh"
    case .erf: "erf"
    case .sigmoid: "sigmoid"
    case .softplus: "softplus"
    case .sin: "sin"
    case .abs: "abs"
    }
  }

  /// f(0) = 0.
  var vanishesAtZero: Bool { self != .sigmoid && self != .softplus }
}

extension Activation: OperationRule {
  var attributes: [OperationAttribute] {
    guard case .leakyRelu(let slope) = self else { return [] }
    return [.init("slope", .real(slope), default: .real(Self.defaultSlope))]
  }

  func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    if case .leakyRelu(let slope) = self { try NetworkError.requireFinite(slope, "slope") }
    return inputs[0]
  }

  init?(name: String, reading layer: LayerReader) {
    guard let activation = Activation(name: name) else { return nil }
    if case .leakyRelu = activation {
      self = .leakyRelu(slope: layer.real("slope") ?? Self.defaultSlope)
    } else {
      self = activation
    }
  }
}
