import ArchitecturePlugins
import Convolutional
import FullyConnected
import NetworkGraph
import Testing

/// A network for property tests: from the families, and random graphs.
struct LawNetwork: Sendable, CustomTestStringConvertible {
  let name: String
  let input: TensorShape
  let network: @Sendable () throws -> Network

  var testDescription: String { name }
}

let lawNetworks: [LawNetwork] =
  familyNetworks
  + (1...4).map { seed in
    let input = (try? randomNetwork(seed: UInt64(100 + seed)).inputShape) ?? .features(1)
    return LawNetwork(name: "random graph \(seed)", input: input) {
      try randomNetwork(seed: UInt64(100 + seed))
    }
  }

/// Layers wide enough that work is split over threads and chunks.
private let familyNetworks: [LawNetwork] = [
  fullyConnected("plain relu", ["depth": .integer(3), "width": .integer(70)]),
  fullyConnected(
    "residual tanh with layer norm",
    [
      "depth": .integer(4), "width": .integer(33), "activation": .text("tanh"), "residual": .boolean(true),
      "normalization": .text("layer_norm"),
    ]),
  fullyConnected(
    "gelu with batch norm",
    [
      "depth": .integer(2), "width": .integer(50), "activation": .text("gelu"),
      "normalization": .text("batch_norm"),
    ]),
  convolutional(
    "residual with batch norm",
    [
      "stages": .integer(2), "channels": .integer(13), "block": .text("residual"),
      "normalization": .text("batch_norm"),
    ]),
  convolutional(
    "separable, pooled, flattened",
    [
      "stages": .integer(2), "channels": .integer(20), "block": .text("depthwise_separable"),
      "downsampling": .text("max_pool"), "head": .text("flatten"), "activation": .text("silu"),
      "bias": .boolean(true),
    ]),
  convolutional(
    "bottleneck with group norm",
    [
      "stages": .integer(2), "channels": .integer(24), "block": .text("bottleneck"),
      "normalization": .text("group_norm"),
    ]),
]

private func fullyConnected(_ name: String, _ choices: Choices) -> LawNetwork {
  let input = TensorShape.features(19)
  return LawNetwork(name: "fully connected, \(name)", input: input) {
    try FullyConnectedFamily().makeNetwork(choices, input: input, outputs: 3)
  }
}

private func convolutional(_ name: String, _ choices: Choices) -> LawNetwork {
  let input = maps(3, 9, 7)
  return LawNetwork(name: "convolutional, \(name)", input: input) {
    try ConvolutionalFamily().makeNetwork(choices, input: input, outputs: 3)
  }
}
