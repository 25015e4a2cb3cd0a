/// (x − μ)/√(σ² + ε)·γ + β per channel, the biased variance over samples and positions (Ioffe & Szegedy
/// 2015).
public struct BatchNormalization: Hashable, Sendable {
  /// Added to the variance, above 0.
  public var epsilon: Double
  /// ε as PyTorch has it, unless said otherwise.
  public init(epsilon: Double = 1e-5) { self.epsilon = epsilon }
}

extension BatchNormalization: OperationRule {
  var name: String { "batch_norm" }
  var attributes: [OperationAttribute] { [.init("epsilon", .real(epsilon), default: .real(1e-5))] }

  func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    try NetworkError.requireFinite(epsilon, "epsilon", atLeast: 0)
    return inputs[0]
  }

  func parameterArrays(input: TensorShape) -> [ParameterArray] {
    ParameterArray.normalization(channels: input.channels) + [
      .init(role: .runningMean, dimensions: [input.channels]),
      .init(role: .runningVariance, dimensions: [input.channels]),
    ]
  }

  init(reading layer: LayerReader) { self.init(epsilon: layer.real("epsilon", atLeast: 0) ?? 1e-5) }
}
