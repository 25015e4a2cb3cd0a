/// (x − μ)/√(σ² + ε)·γ + β with mean and biased variance over each group of neighbouring channels of one
/// sample, γ and β per channel (Wu & He 2018).
public struct GroupNormalization: Hashable, Sendable {
  /// Divides the channels.
  public var groups: Int
  /// Added to the variance, above 0.
  public var epsilon: Double
  /// ε as PyTorch has it, unless said otherwise.
  public init(groups: Int, epsilon: Double = 1e-5) {
    self.groups = groups
    self.epsilon = epsilon
  }
}

extension GroupNormalization: OperationRule {
  var name: String { "group_norm" }

  var attributes: [OperationAttribute] {
    [.init("groups", .integer(groups)), .init("epsilon", .real(epsilon), default: .real(1e-5))]
  }

  func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    try NetworkError.requireFinite(epsilon, "epsilon", atLeast: 0)
    try NetworkError.requireCount(groups, "groups")
    guard inputs[0].channels.isMultiple(of: groups) else {
      throw NetworkError(
        attribute: "groups",
        message: "groups is \(groups); expected a divisor of the input's \(inputs[0].channels) channels")
    }
    return inputs[0]
  }

  func parameterArrays(input: TensorShape) -> [ParameterArray] {
    ParameterArray.normalization(channels: input.channels)
  }

  init?(reading layer: LayerReader) {
    let epsilon = layer.real("epsilon", atLeast: 0) ?? 1e-5
    guard let groups = layer.requiredCount("groups") else { return nil }
    self.init(groups: groups, epsilon: epsilon)
  }
}
