import NetworkGraph
import Testing

@Test func wideningLeavesTheInputAndTheOutputAsTheyAre() throws {
  var builder = NetworkBuilder(input: .maps(channels: 3, height: 4, width: 4))
  let stem = try builder.add(
    .convolution(.init(filters: 8, kernel: 3, padding: 1)), name: "stem", from: builder.input)
  let branch = try builder.add(.convolution(.init(filters: 8, kernel: 3, padding: 1, groups: 2)), from: stem)
  let none = try builder.addZero(.maps(channels: 8, height: 4, width: 4))
  let sum = try builder.add(.add, from: [stem, branch, none])
  let pooled = try builder.add(.globalAveragePooling, from: try builder.add(.activation(.relu), from: sum))
  let hidden = try builder.add(.dense(.init(units: 6)), name: "hidden", from: pooled)
  let head = try builder.add(.dense(.init(units: 10)), name: "head", from: hidden)
  let network = try builder.build(output: try builder.add(.scale(0.5), from: head))
  let wide = try network.widened(by: 3)
  #expect(wide.inputShape == network.inputShape && wide.outputCount == 10)
  #expect(wide.nodes.map(\.name) == network.nodes.map(\.name))
  let channels = Dictionary(uniqueKeysWithValues: wide.nodes.map { ($0.name, $0.shape.channels) })
  #expect(channels["stem"] == 24 && channels["hidden"] == 18 && channels["head"] == 10)
  #expect(try network.widened(by: 1) == network)
}

@Test func aSkipFromTheInputCannotBeWidened() throws {
  var builder = NetworkBuilder(input: .features(4))
  let hidden = try builder.add(.dense(.init(units: 4)), from: builder.input)
  let sum = try builder.add(.add, from: [builder.input, hidden])
  let network = try builder.build(output: try builder.add(.dense(.init(units: 1)), from: sum))
  #expect(throws: NetworkError.self) { try network.widened(by: 2) }
}
