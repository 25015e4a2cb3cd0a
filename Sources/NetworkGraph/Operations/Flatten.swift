/// Maps as features, channel by channel, row by row; features stay as they are.
struct FlattenRule: OperationRule {
  var name: String { "flatten" }
  func outputShape(of inputs: [TensorShape]) -> TensorShape { .features(inputs[0].elementCount) }
}
