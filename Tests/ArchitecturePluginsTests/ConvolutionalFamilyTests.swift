import ArchitecturePlugins
import Convolutional
import NetworkGraph
import Testing

@Suite struct ConvolutionalFamilyTests {
  private let family = ConvolutionalFamily()
  /// Two stages of 4 and 8 channels, one block each.
  private let small: Choices = ["stages": .integer(2), "channels": .integer(4)]

  private func network(
    _ choices: Choices, input: TensorShape = .maps(channels: 3, height: 8, width: 8)
  ) throws -> Network {
    try family.makeNetwork(family.validated(choices), input: input, outputs: 10)
  }

  private func network(small changes: Choices) throws -> Network {
    try network(small.merging(changes) { $1 })
  }

  @Test func plainCountsAgreeWithThoseByHand() throws {
    let network = try network(small: [:])
    // stem 3→4, block 4→4 on 8×8 maps; block 4→8 onto 4×4 maps; readout 8→10 with bias.
    #expect(network.parameterCount == 108 + 144 + 288 + 90)
    #expect(network.multiplyAdds == 108 * 64 + 144 * 64 + 288 * 16 + 80)
    #expect(network.depth == 4)
    let withoutStem = try self.network(small: ["stem": .boolean(false)])
    #expect(withoutStem.parameterCount == 108 + 288 + 90)
    let biased = try self.network(small: ["bias": .boolean(true), "head_bias": .boolean(false)])
    #expect(biased.parameterCount == 108 + 4 + 144 + 4 + 288 + 8 + 80)
  }

  @Test func residualCountsAgreeWithThoseByHand() throws {
    let network = try network(small: ["block": .text("residual"), "normalization": .text("batch_norm")])
    // The second block changes shape: a 1×1 projection of 32 weights with its own normalization.
    #expect(network.parameterCount == 116 + 2 * 152 + (288 + 16) + (576 + 16) + (32 + 16) + 90)
    #expect(network.multiplyAdds == 108 * 64 + 2 * 144 * 64 + (288 + 576 + 32) * 16 + 80)
    #expect(network.depth == 6)
  }

  @Test func separableCountsAgreeWithThoseByHand() throws {
    let network = try network(small: ["block": .text("depthwise_separable")])
    #expect(network.parameterCount == 108 + (36 + 16) + (36 + 32) + 90)
    #expect(network.multiplyAdds == 108 * 64 + (36 + 16) * 64 + (36 + 32) * 16 + 80)
  }

  @Test func bottleneckCountsAgreeWithThoseByHand() throws {
    let network = try network(small: ["block": .text("bottleneck"), "bottleneck_ratio": .integer(2)])
    #expect(network.parameterCount == 108 + (8 + 36 + 8) + (16 + 144 + 32 + 32) + 90)
    #expect(network.multiplyAdds == 108 * 64 + 52 * 64 + 16 * 64 + (144 + 32 + 32) * 16 + 80)
  }

  @Test func invertedBottleneckCountsAgreeWithThoseByHand() throws {
    let network = try network(small: ["block": .text("inverted_bottleneck"), "expansion_ratio": .integer(3)])
    // 4 → 12 → 12 → 4 on 8×8 maps; 4 → 12 on 8×8 maps, then 12 → 8 on 4×4 maps.
    #expect(network.parameterCount == 108 + (48 + 108 + 48) + (48 + 108 + 96) + 90)
    #expect(network.multiplyAdds == 108 * 64 + 204 * 64 + 48 * 64 + (108 + 96) * 16 + 80)
    #expect(network.depth == 8)
    let narrow = try self.network(
      small: ["block": .text("inverted_bottleneck"), "expansion_ratio": .integer(1)])
    #expect(narrow.parameterCount == 108 + (36 + 16) + (36 + 32) + 90)
    #expect(narrow.depth == 6)
  }

  /// The shortcut joins what has one shape, and no activation follows the projection (Sandler et al. 2018, §3.2).
  @Test func invertedBottlenecksAreLinearAtTheirEnds() throws {
    let network = try network(small: [
      "block": .text("inverted_bottleneck"), "normalization": .text("batch_norm"),
      "blocks_per_stage": .integer(2),
    ])
    let sums = network.nodes.filter { $0.operation == .add }
    #expect(sums.map(\.name) == ["stage1_block1_sum", "stage1_block2_sum", "stage2_block2_sum"])
    #expect(
      sums.map(\.shape)
        == [4, 4, 8].map { .maps(channels: $0, height: $0 == 4 ? 8 : 4, width: $0 == 4 ? 8 : 4) })
    for sum in sums {
      #expect(
        sum.inputs.contains { network.nodes[$0].name == sum.name.replacing("_sum", with: "_projection_norm") }
      )
    }
    let readers = network.nodes.filter { $0.inputs.contains { network.nodes[$0].name.hasSuffix("_sum") } }
    #expect(readers.allSatisfy { if case .activation = $0.operation { false } else { true } })
  }

  @Test func absurdExpansionsAreRefused() {
    #expect(throws: (any Error).self) {
      try network(
        [
          "block": .text("inverted_bottleneck"), "expansion_ratio": .integer(64), "channels": .integer(65536),
          "channel_multiplier": .integer(16), "stages": .integer(12), "stem": .boolean(false),
        ], input: .maps(channels: 3, height: 4096, width: 4096))
    }
  }

  /// What the version stands for: another hash for the same choices needs another version, since scores are kept by it.
  @Test func networksOfThisVersionStayWhatTheyAre() throws {
    #expect(family.version == "1")
    let hashes = try ["plain", "residual", "depthwise_separable", "bottleneck", "inverted_bottleneck"].map {
      block in
      try CanonicalNetwork(network(small: ["block": .text(block), "normalization": .text("batch_norm")])).hash
        .prefix(12)
    }
    #expect(hashes == ["81497e275abc", "4303842b062b", "f99d04aa4b44", "30a6bf147ba6", "1f7d70b86e39"])
  }

  /// ResNet-20 for CIFAR-10 (He et al. 2016, §4.2) with projection shortcuts: 272,474 parameters, 41 million
  /// multiply–adds.
  @Test func resNet20HasItsPublishedSize() throws {
    let network = try network(
      [
        "block": .text("residual"), "blocks_per_stage": .integer(3), "normalization": .text("batch_norm"),
        "channels": .integer(16),
      ], input: .maps(channels: 3, height: 32, width: 32))
    #expect(network.parameterCount == 272_474)
    #expect((40_500_000...41_500_000).contains(network.multiplyAdds))
    #expect(network.depth == 20)
  }

  @Test func stagesHalveTheMaps() throws {
    for downsampling in ["strided", "max_pool", "average_pool"] {
      let network = try network(small: ["downsampling": .text(downsampling), "stages": .integer(4)])
      let last = network.nodes.last { if case .maps = $0.shape { true } else { false } }
      #expect(last?.shape == .maps(channels: 32, height: 1, width: 1))
    }
    let odd = try network(small, input: .maps(channels: 1, height: 7, width: 5))
    #expect(odd.nodes[odd.nodes.count - 3].shape == .maps(channels: 8, height: 4, width: 3))
  }

  @Test func activationFollowsTheSum() throws {
    let network = try network(small: ["block": .text("residual")])
    let sums = network.nodes.indices.filter { network.nodes[$0].operation == .add }
    #expect(sums.count == 2)
    for sum in sums {
      #expect(network.nodes.filter { $0.inputs.contains(sum) }.map(\.operation) == [.activation(.relu)])
    }
    // The first block's shortcut is its input itself.
    #expect(network.nodes[sums[0]].inputs.contains { network.nodes[$0].name == "stem_activation" })
  }

  @Test func channelsGrowOrAreListed() throws {
    func channels(_ changes: Choices) throws -> [Int] {
      try network(changes).nodes.filter { $0.name.hasSuffix("_conv") }.map(\.shape.channels)
    }
    #expect(try channels(["channels": .integer(3), "channel_multiplier": .integer(3)]) == [3, 9, 27])
    #expect(try channels(["channels": .list([5, 2, 7].map { .integer($0) })]) == [5, 2, 7])
    #expect(
      try channels(["channels": .integer(4), "blocks_per_stage": .list([1, 3, 2].map { .integer($0) })])
        == [4, 8, 8, 8, 16, 16])
  }

  @Test func flattenReadsEveryPosition() throws {
    let network = try network(small: ["head": .text("flatten")])
    #expect(network.parameterCount == 108 + 144 + 288 + (8 * 16 * 10 + 10))
  }

  @Test func groupsDivideTheChannelsTheyNormalize() throws {
    let network = try network(small: [
      "channels": .integer(6), "normalization": .text("group_norm"), "normalization_groups": .integer(4),
    ])
    let groups = network.nodes.compactMap { node in
      if case .groupNormalization(let normalization) = node.operation { normalization.groups } else { nil }
    }
    #expect(groups == [2, 2, 4])
  }

  @Test(arguments: [
    (
      ["stages": .integer(5)] as Choices,
      "convolutional: 5 stages are too many: the maps are 1×1 after stage 4 and cannot be halved"
    ),
    (["kernel_size": .integer(4)], "convolutional: 'kernel_size' is 4; expected an odd number"),
    (
      ["channels": .list([.integer(4)])],
      "convolutional: 'channels' has 1 entries; expected one for each of 3 stages"
    ),
    (
      ["stages": .integer(16), "channel_multiplier": .integer(16), "channels": .integer(65536)],
      "convolutional: 'channel_multiplier' 16 makes too many channels in stage 13"
    ),
  ])
  func impossibleChoicesSayWhy(choices: Choices, message: String) {
    let error = #expect(throws: PluginError.self) { try network(choices) }
    #expect(error?.description == message)
  }

  @Test func vectorsAreRefused() {
    let error = #expect(throws: NetworkError.self) { try network([:], input: .features(12)) }
    #expect(error?.description.contains("expected") == false)
    #expect(error?.description.contains("the input has shape [12]") == true)
  }

  @Test func everyCombinationOfChoicesMakesANetwork() throws {
    var made = 0
    let activations = Activation.all.map(\.name)
    for block in ["plain", "residual", "depthwise_separable", "bottleneck", "inverted_bottleneck"] {
      for downsampling in ["strided", "max_pool", "average_pool"] {
        for normalization in ["none", "batch_norm", "layer_norm", "group_norm"] {
          for kernel in [1, 3, 5] {
            for bits in 0..<8 {
              let network = try network(small: [
                "block": .text(block), "downsampling": .text(downsampling),
                "normalization": .text(normalization),
                "kernel_size": .integer(kernel), "blocks_per_stage": .integer(2),
                "head": .text(bits & 1 == 0 ? "flatten" : "global_average_pool"),
                "bias": .boolean(bits & 2 == 2),
                "stem": .boolean(bits & 4 == 4), "activation": .text(activations[made % activations.count]),
              ])
              #expect(network.outputCount == 10)
              made += 1
            }
          }
        }
      }
    }
    #expect(made == 5 * 3 * 4 * 3 * 8)
  }

  @Test func differentChoicesMakeDifferentNetworks() throws {
    var hashes: Set<String> = []
    let changes: [Choices] = [
      [:], ["block": .text("residual")], ["block": .text("bottleneck")],
      ["block": .text("depthwise_separable")], ["block": .text("inverted_bottleneck")],
      ["block": .text("inverted_bottleneck"), "expansion_ratio": .integer(2)],
      ["downsampling": .text("max_pool")], ["downsampling": .text("average_pool")], ["stem": .boolean(false)],
      ["kernel_size": .integer(5)], ["head": .text("flatten")], ["bias": .boolean(true)],
      ["head_bias": .boolean(false)],
      ["normalization": .text("batch_norm")], ["activation": .text("gelu")], ["weight_variance": .real(1)],
      ["bias_variance": .real(1)], ["channels": .integer(5)], ["blocks_per_stage": .integer(2)],
    ]
    for change in changes { hashes.insert(try CanonicalNetwork(network(small: change)).hash) }
    #expect(hashes.count == changes.count)
  }
}
