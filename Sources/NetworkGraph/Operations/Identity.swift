/// Its input.
struct IdentityRule: OperationRule {
  var name: String { "identity" }
  func outputShape(of inputs: [TensorShape]) -> TensorShape { inputs[0] }
}
