/// The network's input: made by the builder alone, so that there is exactly one.
struct InputRule: OperationRule {
  var name: String { "input" }

  func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    throw NetworkError(message: "a network has one input, which its builder makes")
  }
}
