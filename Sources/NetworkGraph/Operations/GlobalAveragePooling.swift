/// The mean of every map: maps become features.
struct GlobalAveragePoolingRule: OperationRule {
  var name: String { "global_average_pool" }

  func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    .features(try NetworkError.requireMaps(inputs[0]).channels)
  }
}
