import NetworkGraph
import Testing

@Suite struct NetworkBuilderTests {
  @Test func nodesWithoutNamesAreNumberedByPosition() throws {
    var builder = NetworkBuilder(input: .features(4))
    let first = try builder.add(.dense(.init(units: 3)), from: builder.input)
    let second = try builder.add(.activation(.relu), name: "relu", from: first)
    let third = try builder.add(.dense(.init(units: 2)), from: second)
    let network = try builder.build(output: third)
    #expect(network.nodes.map(\.name) == ["input", "layer0", "relu", "layer2"])
    #expect(network.outputCount == 2)
    #expect(network.index(named: "relu") == 2)
  }

  @Test func errorsNameTheNode() throws {
    var builder = NetworkBuilder(input: .maps(channels: 3, height: 4, width: 4))
    let error = #expect(throws: NetworkError.self) {
      try builder.add(.convolution(.init(filters: 8, kernel: 5)), name: "stem", from: builder.input)
    }
    #expect(error?.node == "stem")
    #expect(error?.attribute == "kernel")
    #expect(error?.description.hasPrefix("node 'stem': a kernel of 5 does not fit") == true)
  }

  @Test func namesAreUniqueAndVisible() throws {
    var builder = NetworkBuilder(input: .features(4))
    try builder.add(.flatten, name: "a", from: builder.input)
    for name in ["a", "input", "", "x\ny", "\u{200b}", String(repeating: "n", count: 257)] {
      #expect(throws: NetworkError.self) { try builder.add(.flatten, name: name, from: builder.input) }
    }
    #expect(try builder.add(.flatten, name: "größe 1/2", from: builder.input) != builder.input)
  }

  @Test func aFailedAddLeavesTheBuilderAsItWas() throws {
    var builder = NetworkBuilder(input: .features(4))
    #expect(throws: NetworkError.self) {
      try builder.add(.dense(.init(units: 0)), name: "a", from: builder.input)
    }
    let output = try builder.add(.dense(.init(units: 1)), name: "a", from: builder.input)
    #expect(try builder.build(output: output).nodes.count == 2)
  }

  @Test(arguments: [
    TensorShape.features(0), .features(-3), .maps(channels: 1, height: 0, width: 2),
    .maps(channels: 1 << 30, height: 1 << 30, width: 1 << 30), .features(.max),
  ])
  func impossibleInputsAreRefused(input: TensorShape) {
    var builder = NetworkBuilder(input: input)
    #expect(throws: NetworkError.self) { try builder.build(output: builder.input) }
    #expect(throws: NetworkError.self) { try builder.add(.flatten, from: builder.input) }
  }

  @Test func hugeSizesAreErrorsInsteadOfOverflows() throws {
    var builder = NetworkBuilder(input: .maps(channels: 1 << 20, height: 1 << 10, width: 1 << 10))
    let limit = Int(Int32.max)
    #expect(throws: NetworkError.self) {
      try builder.add(.convolution(.init(filters: limit, kernel: 1)), from: builder.input)
    }
    #expect(throws: NetworkError.self) {
      try builder.add(.convolution(.init(filters: 1, kernel: limit, padding: limit)), from: builder.input)
    }
    // 2²⁰ × 2²⁰ parameters and 2⁴⁰ numbers are within limits, their 2⁶⁰ multiply–adds just so; twice is not.
    let pointwise = Operation.convolution(.init(filters: 1 << 20, kernel: 1, bias: false))
    let once = try builder.add(pointwise, from: builder.input)
    let error = #expect(throws: NetworkError.self) { try builder.add(pointwise, from: once) }
    #expect(error?.message.contains("multiply–adds") == true)
  }

  @Test func referencesOfAnotherBuilderAreRefused() throws {
    var other = NetworkBuilder(input: .features(2))
    let foreign = try other.add(.flatten, from: other.input)
    var builder = NetworkBuilder(input: .features(2))
    #expect(throws: NetworkError.self) { try builder.add(.flatten, from: foreign) }
    #expect(throws: NetworkError.self) { try builder.build(output: foreign) }
  }

  @Test func statedZerosReadNothing() throws {
    var builder = NetworkBuilder(input: .features(2))
    let zero = try builder.addZero(.maps(channels: 2, height: 3, width: 4))
    let network = try builder.build(output: zero)
    #expect(network.nodes[1].inputs.isEmpty)
    #expect(network.outputCount == 24)
    #expect(network.parameterCount == 0)
    #expect(throws: NetworkError.self) { try builder.addZero(.features(0)) }
  }
}
