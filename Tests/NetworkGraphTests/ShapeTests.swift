import NetworkGraph
import Testing

@Suite struct ShapeTests {
  private func shape(_ operation: Operation, of input: TensorShape...) throws -> TensorShape {
    try operation.outputShape(of: input)
  }

  private let maps = TensorShape.maps(channels: 6, height: 9, width: 7)

  @Test func convolutionFollowsTheFloorFormula() throws {
    let strided = Convolution(
      filters: 8, kernelHeight: 3, kernelWidth: 2, stride: 2, padding: 1, dilation: 2, groups: 2)
    // height: ⌊(9 + 2 − 2·2 − 1)/2⌋ + 1 = 4; width: ⌊(7 + 2 − 2·1 − 1)/2⌋ + 1 = 4.
    #expect(try shape(.convolution(strided), of: maps) == .maps(channels: 8, height: 4, width: 4))
    let same = Convolution(filters: 5, kernel: 3, padding: 1)
    #expect(try shape(.convolution(same), of: maps) == .maps(channels: 5, height: 9, width: 7))
  }

  @Test func poolingFollowsTheFloorFormula() throws {
    #expect(try shape(.averagePooling(.init(kernel: 2)), of: maps) == .maps(channels: 6, height: 4, width: 3))
    let padded = Pooling(kernel: 3, stride: 2, padding: 1)
    #expect(try shape(.maxPooling(padded), of: maps) == .maps(channels: 6, height: 5, width: 4))
  }

  @Test func headsGiveFeatures() throws {
    #expect(try shape(.globalAveragePooling, of: maps) == .features(6))
    #expect(try shape(.flatten, of: maps) == .features(6 * 9 * 7))
    #expect(try shape(.flatten, of: .features(5)) == .features(5))
  }

  @Test func concatenationAddsChannels() throws {
    #expect(try shape(.concatenate, of: maps, maps) == .maps(channels: 12, height: 9, width: 7))
    #expect(try shape(.concatenate, of: .features(3), .features(4)) == .features(7))
  }

  @Test(arguments: [
    (Operation.dense(.init(units: 3)), "expected a flatten or global_average_pool"),
    (.convolution(.init(filters: 8, kernel: 3, groups: 4)), "groups is 4; expected a divisor of both 6"),
    (.convolution(.init(filters: 9, kernel: 3, groups: 6)), "and 9 filters"),
    (.convolution(.init(filters: 9, kernel: 10, padding: 1)), "a kernel of 10 does not fit"),
    (.convolution(.init(filters: 0, kernel: 3)), "filters is 0; expected an integer from 1"),
    (.convolution(.init(filters: 1, kernel: 3, padding: -1)), "padding is -1; expected an integer from 0"),
    (.convolution(.init(filters: 1, kernel: 1, stride: 0)), "stride is 0"),
    (
      .convolution(.init(filters: 1, kernelHeight: 1, kernelWidth: 1, padding: 8, paddingMode: .circular)),
      "circular padding is 8; expected at most the map's smaller side, 7"
    ),
    (.convolution(.init(filters: .max, kernel: 3)), "filters is \(Int.max)"),
    (.convolution(.init(filters: 1, kernel: 3, scaling: .init(weightScale: .nan))), "weight_scale is nan"),
    (
      .convolution(.init(filters: 1, kernel: 3, scaling: .init(weightVariance: -1))),
      "weight_variance is -1.0"
    ),
    (.averagePooling(.init(kernel: 2, padding: 2)), "padding is 2; expected less than the kernel of 2"),
    (.maxPooling(.init(kernel: 8)), "a kernel of 8 does not fit"),
    (.maxPooling(.init(kernel: 2, padding: 1, countsPadding: true)), "for average pooling"),
    (.groupNormalization(.init(groups: 4)), "groups is 4; expected a divisor of the input's 6 channels"),
    (.batchNormalization(.init(epsilon: -1)), "epsilon is -1.0"),
    (.scale(.infinity), "factor is inf"),
    (.activation(.leakyRelu(slope: .nan)), "slope is nan"),
    (.multiply, "multiply reads 1 nodes; expected at least 2"),
    (.input, "one input"),
  ])
  func misfitsSayWhatWasExpected(operation: Operation, message: String) throws {
    let error = #expect(throws: NetworkError.self) { try operation.outputShape(of: [maps]) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test func inputsOfSumsMustAgree() {
    #expect(throws: NetworkError.self) { try Operation.add.outputShape(of: [.features(3), .features(4)]) }
    #expect(throws: NetworkError.self) { try Operation.concatenate.outputShape(of: [maps, .features(4)]) }
    #expect(throws: NetworkError.self) {
      try Operation.concatenate.outputShape(of: [maps, .maps(channels: 1, height: 9, width: 8)])
    }
    #expect(throws: NetworkError.self) { try Operation.add.outputShape(of: []) }
    #expect(throws: NetworkError.self) { try Operation.flatten.outputShape(of: [maps, maps]) }
  }

  @Test func shapesTooLargeToMultiplyCountAsTheLargestInteger() {
    #expect(TensorShape.maps(channels: .max, height: 2, width: 2).elementCount == .max)
    #expect(TensorShape.maps(channels: 2, height: 3, width: 4).elementCount == 24)
  }
}
