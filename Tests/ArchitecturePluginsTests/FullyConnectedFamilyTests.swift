import ArchitecturePlugins
import FullyConnected
import NetworkGraph
import Testing

@Suite struct FullyConnectedFamilyTests {
  private let family = FullyConnectedFamily()

  private func network(
    _ choices: Choices, input: TensorShape = .features(4), outputs: Int = 2
  ) throws -> Network {
    try family.makeNetwork(family.validated(choices), input: input, outputs: outputs)
  }

  @Test func countsAgreeWithThoseByHand() throws {
    let choices: Choices = ["depth": .integer(2), "width": .list([.integer(5), .integer(3)])]
    let plain = try network(choices)
    #expect(plain.parameterCount == (4 * 5 + 5) + (5 * 3 + 3) + (3 * 2 + 2))
    #expect(plain.multiplyAdds == 4 * 5 + 5 * 3 + 3 * 2)
    #expect(plain.depth == 3)
    let unbiased = try network(choices.merging(["bias": .boolean(false)]) { $1 })
    #expect(unbiased.parameterCount == 20 + 15 + 6)
    let normalized = try network(choices.merging(["normalization": .text("layer_norm")]) { $1 })
    #expect(normalized.parameterCount == plain.parameterCount + 2 * 5 + 2 * 3)
  }

  @Test func mapsAreFlattenedFirst() throws {
    let network = try network(
      ["width": .integer(7)], input: .maps(channels: 1, height: 28, width: 28), outputs: 10)
    #expect(network.nodes[1].operation == .flatten)
    #expect(network.multiplyAdds == 784 * 7 + 7 * 7 + 7 * 10)
  }

  @Test func depthZeroIsALinearMap() throws {
    let network = try network(["depth": .integer(0)])
    #expect(network.nodes.map(\.operation.name) == ["input", "dense"])
    #expect(network.parameterCount == 4 * 2 + 2)
  }

  @Test func skipsStandWhereWidthsAgree() throws {
    let choices: Choices = [
      "depth": .integer(4), "width": .list([4, 4, 6, 6].map { .integer($0) }), "residual": .boolean(true),
    ]
    let network = try network(choices)
    let sums = network.nodes.filter { $0.operation == .add }
    #expect(sums.map(\.name) == ["hidden1_sum", "hidden2_sum", "hidden4_sum"])
    #expect(sums.map { network.nodes[$0.inputs[0]].name } == ["input", "hidden1_sum", "hidden3_activation"])
    let plain = try self.network(choices.merging(["residual": .boolean(false)]) { $1 })
    #expect(network.parameterCount == plain.parameterCount)
  }

  @Test func variancesReachEveryLayer() throws {
    let network = try network(["weight_variance": .real(1.5), "bias_variance": .integer(0)])
    let scalings = network.nodes.compactMap { node in
      if case .dense(let dense) = node.operation { dense.scaling } else { nil }
    }
    #expect(scalings == [ParameterScaling](repeating: .init(weightVariance: 1.5, biasVariance: 0), count: 3))
  }

  @Test func aListOfWidthsMustHaveOnePerLayer() {
    let error = #expect(throws: PluginError.self) {
      try network(["depth": .integer(3), "width": .list([.integer(5), .integer(3)])])
    }
    #expect(
      error?.description
        == "fully_connected: 'width' has 2 entries; expected one for each of 3 hidden layers (depth)")
  }

  @Test func choicesThatNobodyValidatedAreErrors() {
    #expect(throws: PluginError.self) {
      try family.makeNetwork(["depth": .text("deep")], input: .features(4), outputs: 2)
    }
    #expect(throws: NetworkError.self) { try network([:], outputs: 0) }
    #expect(throws: NetworkError.self) { try network([:], input: .features(0)) }
  }

  @Test func everyCombinationOfChoicesMakesANetwork() throws {
    for activation in Activation.all.map(\.name) {
      for normalization in ["none", "batch_norm", "layer_norm"] {
        for bits in 0..<4 {
          let network = try network([
            "activation": .text(activation), "normalization": .text(normalization),
            "bias": .boolean(bits & 1 == 1),
            "residual": .boolean(bits & 2 == 2), "depth": .integer(3), "width": .integer(4),
          ])
          #expect(network.outputCount == 2)
          #expect(network.nodes.contains { $0.operation.name == activation })
          _ = try CanonicalNetwork(network)
        }
      }
    }
  }
}
