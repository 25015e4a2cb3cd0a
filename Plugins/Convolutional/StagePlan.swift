import ArchitecturePlugins
import NetworkGraph

/// What a stage is made of.
enum BlockKind: String, CaseIterable {
  case plain, residual
  case depthwiseSeparable = "depthwise_separable"
  case bottleneck
  case invertedBottleneck = "inverted_bottleneck"
}

/// How a stage halves the maps.
enum Downsampling: String, CaseIterable {
  case strided
  case maxPool = "max_pool"
  case averagePool = "average_pool"
}

/// What follows every convolution.
enum Normalization: String, CaseIterable {
  case none
  case batchNorm = "batch_norm"
  case layerNorm = "layer_norm"
  case groupNorm = "group_norm"
}

/// How the last maps become features.
enum Head: String, CaseIterable {
  case globalAveragePool = "global_average_pool"
  case flatten
}

/// The choices of one candidate, checked against one another.
struct StagePlan {
  let stages: Int
  /// Per stage.
  let channels: [Int]
  /// Per stage.
  let blocks: [Int]
  let block: BlockKind
  let kernel: Int
  let bottleneckRatio: Int
  let expansionRatio: Int
  let downsampling: Downsampling
  let hasStem: Bool
  let activation: Activation
  let normalization: Normalization
  let normalizationGroups: Int
  let head: Head
  let bias: Bool
  let headBias: Bool
  let scaling: ParameterScaling

  init(_ choices: CheckedChoices, family: ConvolutionalFamily) throws {
    let stages = try choices.integer("stages")
    self.stages = stages
    blocks = try choices.integers("blocks_per_stage", count: stages, counted: "stages")
    block = try choices.choice("block")
    kernel = try choices.integer("kernel_size")
    bottleneckRatio = try choices.integer("bottleneck_ratio")
    expansionRatio = try choices.integer("expansion_ratio")
    downsampling = try choices.choice("downsampling")
    hasStem = try choices.boolean("stem")
    activation = try choices.activation("activation")
    normalization = try choices.choice("normalization")
    normalizationGroups = try choices.integer("normalization_groups")
    head = try choices.choice("head")
    bias = try choices.boolean("bias")
    headBias = try choices.boolean("head_bias")
    scaling = choices.scaling
    guard !kernel.isMultiple(of: 2) else {
      throw family.invalid("kernel_size", "'kernel_size' is \(kernel); expected an odd number")
    }

    var channels = try choices.integers("channels", count: stages, counted: "stages")
    if !choices.isList("channels") {
      let multiplier = try choices.integer("channel_multiplier")
      for stage in 1..<max(1, stages) {
        let (product, overflow) = channels[stage - 1].multipliedReportingOverflow(by: multiplier)
        guard !overflow else {
          throw family.invalid(
            "channel_multiplier",
            "'channel_multiplier' \(multiplier) makes too many channels in stage \(stage + 1)")
        }
        channels[stage] = product
      }
    }
    self.channels = channels
  }
}
