import NetworkGraph
import Testing

@Suite struct CostTests {
  /// conv 3→8 3×3, batch norm, depthwise 3×3 stride 2, pointwise 8→16, pool, dense 16→10 on 8×8 maps.
  private func smallNetwork() throws -> Network {
    var builder = NetworkBuilder(input: .maps(channels: 3, height: 8, width: 8))
    var last = try builder.add(
      .convolution(.init(filters: 8, kernel: 3, padding: 1, bias: false)), name: "stem", from: builder.input)
    last = try builder.add(.batchNormalization(.init()), name: "norm", from: last)
    last = try builder.add(.activation(.relu), from: last)
    last = try builder.add(
      .convolution(.init(filters: 8, kernel: 3, stride: 2, padding: 1, groups: 8)), name: "depthwise",
      from: last)
    last = try builder.add(.convolution(.init(filters: 16, kernel: 1)), name: "pointwise", from: last)
    last = try builder.add(.globalAveragePooling, from: last)
    last = try builder.add(.dense(.init(units: 10)), name: "head", from: last)
    return try builder.build(output: last)
  }

  @Test func parametersAreCountedByHand() throws {
    let network = try smallNetwork()
    // 216 + 2·8 + (72 + 8) + (128 + 16) + (160 + 10); running statistics are no parameters.
    #expect(network.parameterCount == 216 + 16 + 80 + 144 + 170)
  }

  @Test func multiplyAddsAreCountedByHand() throws {
    let network = try smallNetwork()
    // Per output number: in/groups · kernel area. Biases, normalization and activations are not counted.
    #expect(network.multiplyAdds == 216 * 64 + 9 * 8 * 16 + 8 * 16 * 16 + 160)
    #expect(network.multiplyAdds(at: 1) == 216 * 64)
    #expect(network.multiplyAdds(at: 2) == 0)
  }

  @Test func arraysHaveTheDimensionsOfWeightFiles() throws {
    let network = try smallNetwork()
    var arrays: [String: [Int]] = [:]
    for (index, node) in network.nodes.enumerated() {
      for array in network.parameterArrays(at: index) {
        #expect(arrays.updateValue(array.dimensions, forKey: "\(node.name).\(array.suffix)") == nil)
      }
    }
    #expect(
      arrays == [
        "stem.weight": [8, 3, 3, 3], "norm.weight": [8], "norm.bias": [8], "norm.running_mean": [8],
        "norm.running_var": [8], "depthwise.weight": [8, 1, 3, 3], "depthwise.bias": [8],
        "pointwise.weight": [16, 8, 1, 1], "pointwise.bias": [16], "head.weight": [10, 16], "head.bias": [10],
      ])
  }

  @Test func fanInIsTheNumberOfInputsEachOutputSums() {
    #expect(ParameterArray(role: .weight, dimensions: [8, 3, 3, 2]).fanIn == 18)
    #expect(ParameterArray(role: .weight, dimensions: [10, 16]).fanIn == 16)
  }

  @Test func depthIsTheLongestChainOfKernels() throws {
    var builder = NetworkBuilder(input: .features(4))
    let dense = Operation.dense(.init(units: 4))
    let short = try builder.add(dense, from: builder.input)
    var long = builder.input
    for _ in 0..<3 { long = try builder.add(.activation(.relu), from: builder.add(dense, from: long)) }
    let sum = try builder.add(.add, from: [short, long])
    // Nodes that do not lead to the output do not count.
    try builder.add(dense, from: builder.add(dense, from: sum))
    #expect(try builder.build(output: sum).depth == 3)
  }
}
