import ArchitecturePlugins
import NetworkGraph

/// Convolutional networks in stages: an optional stem, then stages of equal blocks, each but the first
/// beginning by halving the maps, then a head and a dense readout.
///
/// Convolutions pad by half their kernel, so that only down-sampling changes the size of the maps.
public struct ConvolutionalFamily: ArchitectureFamily {
  /// What search spaces write under `family`.
  public let name = "convolutional"
  /// Of the networks that choices make: it changes with them, and enters every score's identity.
  public let version = "1"
  /// One sentence for `plugins list`.
  public let summary =
    "Convolutional networks in stages of plain, residual, depthwise separable or (inverted) bottleneck blocks."

  /// Every parameter with its range and default, in the order of the documentation.
  public let parameters: [ParameterDescription] =
    [
      .init(
        name: "stages", kind: .integer(1...16), defaultValue: .integer(3),
        documentation:
          "Groups of blocks that share a map size; every stage but the first begins by halving the maps."),
      .init(
        name: "channels", kind: .integerOrList(1...65536), defaultValue: .integer(16),
        documentation:
          "Channels of the first stage, multiplied by channel_multiplier from stage to stage, or a list "
          + "with one number per stage."),
      .init(
        name: "channel_multiplier", kind: .integer(1...16), defaultValue: .integer(2),
        documentation: "Growth of the channels from one stage to the next; unused when channels is a list."),
      .init(
        name: "blocks_per_stage", kind: .integerOrList(1...1000), defaultValue: .integer(1),
        documentation: "Blocks in every stage, or a list with one number per stage."),
      .init(
        name: "block", kind: .choice(BlockKind.allCases.map(\.rawValue)), defaultValue: .text("plain"),
        documentation:
          "plain: one convolution. residual: two with a shortcut. depthwise_separable: one per channel, "
          + "then 1×1. bottleneck: 1×1, k×k, 1×1 with a shortcut. inverted_bottleneck: 1×1 to more channels, one "
          + "per channel, 1×1 without activation, with a shortcut where shapes agree."),
      .init(
        name: "kernel_size", kind: .integer(1...31), defaultValue: .integer(3),
        documentation:
          "Height and width of the kernels, odd; the 1×1 convolutions of blocks and shortcuts stay 1×1."),
      .init(
        name: "bottleneck_ratio", kind: .integer(1...64), defaultValue: .integer(4),
        documentation:
          "Bottleneck blocks work on channels/bottleneck_ratio channels, rounded down, at least 1."
      ),
      .init(
        name: "expansion_ratio", kind: .integer(1...64), defaultValue: .integer(6),
        documentation:
          "Inverted bottleneck blocks work on expansion_ratio times the channels they read; 1 leaves their first 1×1 "
          + "convolution out."),
      .init(
        name: "downsampling", kind: .choice(Downsampling.allCases.map(\.rawValue)),
        defaultValue: .text("strided"),
        documentation: "How a stage halves the maps: stride 2 in its first block, or 2×2 pooling before it."),
      .init(
        name: "stem", kind: .boolean, defaultValue: .boolean(true),
        documentation:
          "One convolution, normalization and activation before the first stage, with its channels."),
      .activation(
        documentation:
          "The function after every convolution; in blocks with a shortcut the last one follows the sum."),
      .init(
        name: "normalization", kind: .choice(Normalization.allCases.map(\.rawValue)),
        defaultValue: .text("none"),
        documentation: "After every convolution, those of projection shortcuts included."),
      .init(
        name: "normalization_groups", kind: .integer(1...65536), defaultValue: .integer(4),
        documentation:
          "Groups of group_norm; layers whose channels they do not divide use the largest common divisor."
      ),
      .init(
        name: "head", kind: .choice(Head.allCases.map(\.rawValue)),
        defaultValue: .text("global_average_pool"),
        documentation: "How the last maps become features."),
      .init(
        name: "bias", kind: .boolean, defaultValue: .boolean(false),
        documentation:
          "Biases of the convolutions; usual without normalization, redundant before batch_norm."),
      .init(
        name: "head_bias", kind: .boolean, defaultValue: .boolean(true),
        documentation: "Biases of the dense readout."),
    ] + ParameterDescription.variances

  /// The family has no settings of its own.
  public init() {}

  /// A network of the chosen stages and blocks.
  ///
  /// - Parameters:
  ///   - choices: checked again, defaults filled in.
  ///   - input: maps; vectors are refused.
  ///   - outputs: units of the readout.
  /// - Throws: `PluginError.invalidChoices` for choices that do not fit one another or the input's size, `NetworkError`
  ///   for shapes that no network has.
  public func makeNetwork(_ choices: Choices, input: TensorShape, outputs: Int) throws -> Network {
    guard case .maps = input else {
      throw NetworkError(
        node: "input",
        message: "convolutional networks read maps [channels, height, width]; the input has shape \(input)")
    }
    let plan = try StagePlan(try CheckedChoices(choices, for: self), family: self)
    var blocks = BlockBuilder(plan: plan, input: input)
    if plan.hasStem { try blocks.addStem(channels: plan.channels[0]) }
    for stage in 0..<plan.stages {
      for block in 0..<plan.blocks[stage] {
        let halves = stage > 0 && block == 0
        if halves { try requireRoom(for: stage, plan, blocks.shape) }
        try blocks.addBlock(
          name: "stage\(stage + 1)_block\(block + 1)", channels: plan.channels[stage], halves: halves)
      }
    }
    return try blocks.finish(outputs: outputs)
  }

  private func requireRoom(for stage: Int, _ plan: StagePlan, _ shape: TensorShape) throws(PluginError) {
    guard case .maps(_, let height, let width) = shape, min(height, width) < 2 else { return }
    throw invalid(
      "stages",
      "\(plan.stages) stages are too many: the maps are \(height)×\(width) after stage \(stage) "
        + "and cannot be halved"
    )
  }
}
