/// The elementwise product of two or more inputs (gates, squeeze and excitation).
struct MultiplicationRule: OperationRule {
  var name: String { "multiply" }
  var inputCount: ClosedRange<Int> { 2...SizeLimits.edges }
  var isCommutative: Bool { true }
  func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    try NetworkError.requireOneShape(inputs)
  }
}
