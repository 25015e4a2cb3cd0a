/// How the trainable parameters of a dense or convolution layer are stored, multiplied and drawn.
///
/// `weightScale` and `biasScale` multiply the stored parameters in the forward pass (the NTK parameterization
/// written out). `weightVariance` σ_w² and `biasVariance` σ_b² say how they are drawn: weights N(0,
/// σ_w²/fan_in), biases N(0, σ_b²); nil leaves it to the chosen initialization.
public struct ParameterScaling: Hashable, Sendable {
  /// Multiplies the stored weights.
  public var weightScale: Double
  /// Multiplies the stored biases.
  public var biasScale: Double
  /// σ_w²; nil leaves it to the initialization.
  public var weightVariance: Double?
  /// σ_b²; nil leaves it to the initialization.
  public var biasVariance: Double?

  /// Stored as they are and drawn as the initialization says, unless said otherwise.
  public init(
    weightScale: Double = 1, biasScale: Double = 1, weightVariance: Double? = nil, biasVariance: Double? = nil
  ) {
    self.weightScale = weightScale
    self.biasScale = biasScale
    self.weightVariance = weightVariance
    self.biasVariance = biasVariance
  }
}

extension ParameterScaling {
  func check() throws {
    try NetworkError.requireFinite(weightScale, "weight_scale")
    try NetworkError.requireFinite(biasScale, "bias_scale")
    if let weightVariance { try NetworkError.requireFinite(weightVariance, "weight_variance", atLeast: 0) }
    if let biasVariance { try NetworkError.requireFinite(biasVariance, "bias_variance", atLeast: 0) }
  }

  var attributes: [OperationAttribute] {
    [
      .init("weight_scale", .real(weightScale), default: .real(1)),
      .init("bias_scale", .real(biasScale), default: .real(1)),
      .init("weight_variance", weightVariance.map { .real($0) } ?? .absent, default: .absent),
      .init("bias_variance", biasVariance.map { .real($0) } ?? .absent, default: .absent),
    ]
  }

  /// What is said of biases means nothing where there are none.
  func canonical(bias: Bool) -> ParameterScaling {
    bias ? self : .init(weightScale: weightScale, weightVariance: weightVariance)
  }

  /// True when the layer's output is zero whatever its parameters are.
  func givesZero(bias: Bool, inputIsZero: Bool) -> Bool {
    (inputIsZero || weightScale == 0) && (!bias || biasScale == 0)
  }

  init(reading layer: LayerReader) {
    self.init(
      weightScale: layer.real("weight_scale") ?? 1, biasScale: layer.real("bias_scale") ?? 1,
      weightVariance: layer.real("weight_variance", atLeast: 0),
      biasVariance: layer.real("bias_variance", atLeast: 0))
  }
}
