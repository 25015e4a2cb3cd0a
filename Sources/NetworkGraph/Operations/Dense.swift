/// y = W x + b over features. Weights: (units, inputs).
public struct Dense: Hashable, Sendable {
  /// Outputs, at least 1.
  public var units: Int
  /// Whether each unit adds a number of its own.
  public var bias: Bool
  /// How its parameters are stored, multiplied and drawn.
  public var scaling: ParameterScaling

  /// Sizes are checked when the layer enters a network.
  public init(units: Int, bias: Bool = true, scaling: ParameterScaling = .init()) {
    self.units = units
    self.bias = bias
    self.scaling = scaling
  }
}

extension Dense: OperationRule {
  var name: String { "dense" }

  var attributes: [OperationAttribute] {
    [.init("units", .integer(units)), .init("bias", .boolean(bias), default: .boolean(true))]
      + scaling.attributes
  }

  func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    guard case .features = inputs[0] else {
      throw NetworkError(
        attribute: "from",
        message: "a dense layer reads features, but its input has shape \(inputs[0]); "
          + "expected a flatten or global_average_pool before it")
    }
    try NetworkError.requireCount(units, "units")
    try scaling.check()
    return .features(units)
  }

  func parameterArrays(input: TensorShape) -> [ParameterArray] {
    let weight = ParameterArray(role: .weight, dimensions: [units, input.elementCount])
    return bias ? [weight, .init(role: .bias, dimensions: [units])] : [weight]
  }

  func multiplyAdds(input: TensorShape, output: TensorShape) -> Int {
    saturatingProduct(input.elementCount, units)
  }

  var canonical: Dense { .init(units: units, bias: bias, scaling: scaling.canonical(bias: bias)) }

  init?(reading layer: LayerReader) {
    let bias = layer.boolean("bias") ?? true
    let scaling = ParameterScaling(reading: layer)
    guard let units = layer.requiredCount("units") else { return nil }
    self.init(units: units, bias: bias, scaling: scaling)
  }
}
