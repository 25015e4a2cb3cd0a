/// (x − μ)/√(σ² + ε)·γ + β with mean and biased variance over all of one sample's numbers, γ and β per
/// channel (Ba et al. 2016; for maps this is PyTorch's `GroupNorm(1, channels)`).
public struct LayerNormalization: Hashable, Sendable {
  /// Added to the variance, above 0.
  public var epsilon: Double
  /// ε as PyTorch has it, unless said otherwise.
  public init(epsilon: Double = 1e-5) { self.epsilon = epsilon }
}

extension LayerNormalization: OperationRule {
  var name: String { "layer_norm" }
  var attributes: [OperationAttribute] { [.init("epsilon", .real(epsilon), default: .real(1e-5))] }

  func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    try NetworkError.requireFinite(epsilon, "epsilon", atLeast: 0)
    return inputs[0]
  }

  func parameterArrays(input: TensorShape) -> [ParameterArray] {
    ParameterArray.normalization(channels: input.channels)
  }

  init(reading layer: LayerReader) { self.init(epsilon: layer.real("epsilon", atLeast: 0) ?? 1e-5) }
}
