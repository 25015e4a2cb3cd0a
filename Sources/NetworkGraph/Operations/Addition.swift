/// The sum of its inputs; one alone is allowed, since programs that write networks come to it naturally.
struct AdditionRule: OperationRule {
  var name: String { "add" }
  var inputCount: ClosedRange<Int> { 1...SizeLimits.edges }
  var isCommutative: Bool { true }
  func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    try NetworkError.requireOneShape(inputs)
  }
}
