/// Multiplication by a constant, which is no parameter.
struct ScalingRule: OperationRule {
  let factor: Double

  var name: String { "scale" }
  var attributes: [OperationAttribute] { [.init("factor", .real(factor))] }

  func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    try NetworkError.requireFinite(factor, "factor")
    return inputs[0]
  }
}
