import NetworkGraph

/// Parameters that mean the same in every family that has them.
extension ParameterDescription {
  /// `activation`: one of the activations that networks know by name, ReLU by default. Read it with
  /// `CheckedChoices.activation`.
  public static func activation(documentation: String) -> ParameterDescription {
    .init(
      name: "activation", kind: .choice(Activation.all.map(\.name)), defaultValue: .text("relu"),
      documentation: documentation)
  }

  /// `weight_variance` and `bias_variance`, both optional and from 0 to 10⁶: the mean-field setting (Poole et al. 2016).
  /// Read them with `CheckedChoices.scaling`.
  public static let variances: [ParameterDescription] = [
    .init(
      name: "weight_variance", kind: .real(0...1e6), isOptional: true,
      documentation:
        "σ_w²: weights are drawn from N(0, σ_w²/fan_in). Left out: the scoring's initialization decides."),
    .init(
      name: "bias_variance", kind: .real(0...1e6), isOptional: true,
      documentation: "σ_b²: biases are drawn from N(0, σ_b²). Left out: the scoring's initialization decides."
    ),
  ]
}

extension CheckedChoices {
  /// What `ParameterDescription.variances` say of the weights and biases of a layer.
  public var scaling: ParameterScaling {
    ParameterScaling(
      weightVariance: optionalReal("weight_variance"), biasVariance: optionalReal("bias_variance"))
  }
}
