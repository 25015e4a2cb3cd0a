/// Its inputs one after the other along channels (or features); maps must agree in height and width.
struct ConcatenationRule: OperationRule {
  var name: String { "concatenate" }
  var inputCount: ClosedRange<Int> { 1...SizeLimits.edges }

  func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    var channels = 0
    for shape in inputs {
      // Each is at most 2⁴⁰ and there are at most 10⁶ of them: the sum fits.
      channels += shape.channels
      guard shape.dimensions.dropFirst() == inputs[0].dimensions.dropFirst() else {
        throw NetworkError(
          attribute: "from",
          message: "its inputs have shapes \(inputs[0]) and \(shape); expected the same height and width, "
            + "or features throughout")
      }
    }
    switch inputs[0] {
    case .features: return .features(channels)
    case .maps(_, let height, let width): return .maps(channels: channels, height: height, width: width)
    }
  }
}
