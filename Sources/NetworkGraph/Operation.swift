/// What a node computes. One case per kind of operation; what is particular to a kind (shape rule, parameters,
/// cost) lives in the file of that name beside this one.
public enum Operation: Hashable, Sendable {
  /// The network's input; exactly one node has it.
  case input
  case dense(Dense)
  case convolution(Convolution)
  case batchNormalization(BatchNormalization)
  case layerNormalization(LayerNormalization)
  case groupNormalization(GroupNormalization)
  case activation(Activation)
  case averagePooling(Pooling)
  case maxPooling(Pooling)
  case globalAveragePooling
  case flatten
  /// Sum of two or more inputs of one shape.
  case add
  /// Elementwise product of two or more inputs of one shape.
  case multiply
  /// Multiplication by a constant.
  case scale(Double)
  /// Along channels (or features), in the order of the inputs.
  case concatenate
  /// Zeros of the input's shape: NAS-Bench-201's `none`.
  case zero
  case identity
}

/// How the trainable parameters of a dense or convolution layer are stored, multiplied and drawn.
///
/// `weightScale` and `biasScale` multiply the stored parameters in the forward pass (the NTK parameterization
/// written out). `weightVariance` σ_w² and `biasVariance` σ_b² say how they are drawn: weights N(0, σ_w²/fan_in),
/// biases N(0, σ_b²); nil leaves it to the chosen initialization.
public struct ParameterScaling: Hashable, Sendable {
  public var weightScale: Double
  public var biasScale: Double
  public var weightVariance: Double?
  public var biasVariance: Double?

  public init(
    weightScale: Double = 1, biasScale: Double = 1, weightVariance: Double? = nil, biasVariance: Double? = nil
  ) {
    self.weightScale = weightScale
    self.biasScale = biasScale
    self.weightVariance = weightVariance
    self.biasVariance = biasVariance
  }
}

/// y = W x + b over features. Weights: (units, inputs).
public struct Dense: Hashable, Sendable {
  public var units: Int
  public var bias: Bool
  public var scaling: ParameterScaling

  public init(units: Int, bias: Bool = true, scaling: ParameterScaling = .init()) {
    self.units = units
    self.bias = bias
    self.scaling = scaling
  }
}

/// Cross-correlation over maps. Weights: (filters, input channels / groups, kernel height, kernel width).
public struct Convolution: Hashable, Sendable {
  /// What lies outside the map.
  public enum PaddingMode: String, Hashable, Sendable { case zeros, circular }

  public var filters: Int
  public var kernelHeight: Int
  public var kernelWidth: Int
  /// The same along both axes.
  public var stride: Int
  /// Rows (and columns) added on each side: the same along both axes.
  public var padding: Int
  public var paddingMode: PaddingMode
  public var dilation: Int
  public var groups: Int
  public var bias: Bool
  public var scaling: ParameterScaling

  public init(
    filters: Int, kernelHeight: Int, kernelWidth: Int, stride: Int = 1, padding: Int = 0,
    paddingMode: PaddingMode = .zeros, dilation: Int = 1, groups: Int = 1, bias: Bool = true,
    scaling: ParameterScaling = .init()
  ) {
    self.filters = filters
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.stride = stride
    self.padding = padding
    self.paddingMode = paddingMode
    self.dilation = dilation
    self.groups = groups
    self.bias = bias
    self.scaling = scaling
  }
}

/// (x − μ)/√(σ² + ε)·γ + β per channel, the biased variance over samples and positions (Ioffe & Szegedy 2015).
public struct BatchNormalization: Hashable, Sendable {
  public var epsilon: Double
  public init(epsilon: Double = 1e-5) { self.epsilon = epsilon }
}

/// The same over all of one sample's numbers, with γ and β per channel (Ba et al. 2016; for maps this is PyTorch's
/// `GroupNorm(1, channels)`).
public struct LayerNormalization: Hashable, Sendable {
  public var epsilon: Double
  public init(epsilon: Double = 1e-5) { self.epsilon = epsilon }
}

/// The same over each group of channels of one sample (Wu & He 2018).
public struct GroupNormalization: Hashable, Sendable {
  public var groups: Int
  public var epsilon: Double
  public init(groups: Int, epsilon: Double = 1e-5) {
    self.groups = groups
    self.epsilon = epsilon
  }
}

/// An elementwise function. The derivative of the piecewise linear ones at their kink is that of the left side
/// (relu′(0) = 0); |x|′(0) = 0.
public enum Activation: Hashable, Sendable {
  case relu
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

/// A window of `kernel` × `kernel`, moved by `stride`, over maps padded by `padding` on each side.
public struct Pooling: Hashable, Sendable {
  public var kernel: Int
  public var stride: Int
  public var padding: Int
  /// Average pooling only: divide by kernel² at the border too, instead of by the number of real positions.
  public var countsPadding: Bool

  public init(kernel: Int, stride: Int? = nil, padding: Int = 0, countsPadding: Bool = false) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
    self.countsPadding = countsPadding
  }
}
