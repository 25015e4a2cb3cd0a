import NetworkGraph

/// Adds the parts of a convolutional network one after the other, each reading the one before.
struct BlockBuilder {
  private let plan: StagePlan
  private var builder: NetworkBuilder
  private var last: NodeReference

  init(plan: StagePlan, input: TensorShape) {
    self.plan = plan
    builder = NetworkBuilder(input: input)
    last = builder.input
  }

  /// The maps so far.
  var shape: TensorShape { builder.shape(of: last) }

  mutating func addStem(channels: Int) throws {
    try addConvolution("stem", filters: channels, kernel: plan.kernel)
    try addActivation("stem")
  }

  /// One block; when it halves the maps, by pooling before it or by stride 2 in its k×k convolution (its
  /// first).
  mutating func addBlock(name: String, channels: Int, halves: Bool) throws {
    var stride = 1
    if halves {
      switch plan.downsampling {
      case .strided: stride = 2
      case .maxPool: last = try builder.add(.maxPooling(.init(kernel: 2)), name: "\(name)_pool", from: last)
      case .averagePool:
        last = try builder.add(.averagePooling(.init(kernel: 2)), name: "\(name)_pool", from: last)
      }
    }
    switch plan.block {
    case .plain:
      try addConvolution("\(name)_conv", filters: channels, kernel: plan.kernel, stride: stride)
      try addActivation(name)
    case .depthwiseSeparable:
      try addDepthwiseSeparable(name, channels: channels, stride: stride)
    case .residual:
      let entry = last
      try addConvolution("\(name)_conv1", filters: channels, kernel: plan.kernel, stride: stride)
      try addActivation("\(name)_conv1")
      try addConvolution("\(name)_conv2", filters: channels, kernel: plan.kernel)
      try addShortcut(name, from: entry, channels: channels, stride: stride)
    case .bottleneck:
      let entry = last
      let inner = max(1, channels / plan.bottleneckRatio)
      try addConvolution("\(name)_conv1", filters: inner, kernel: 1)
      try addActivation("\(name)_conv1")
      try addConvolution("\(name)_conv2", filters: inner, kernel: plan.kernel, stride: stride)
      try addActivation("\(name)_conv2")
      try addConvolution("\(name)_conv3", filters: channels, kernel: 1)
      try addShortcut(name, from: entry, channels: channels, stride: stride)
    case .invertedBottleneck:
      try addInvertedBottleneck(name, channels: channels, stride: stride)
    }
  }

  mutating func finish(outputs: Int) throws -> Network {
    switch plan.head {
    case .globalAveragePool: last = try builder.add(.globalAveragePooling, name: "head", from: last)
    case .flatten: last = try builder.add(.flatten, name: "head", from: last)
    }
    let readout = Dense(units: outputs, bias: plan.headBias, scaling: plan.scaling)
    return try builder.build(output: builder.add(.dense(readout), name: "readout", from: last))
  }

  /// A k×k convolution of each channel alone, then a 1×1 convolution across them, each with normalization and
  /// activation (Howard et al. 2017).
  private mutating func addDepthwiseSeparable(_ name: String, channels: Int, stride: Int) throws {
    let depth = shape.channels
    try addConvolution(
      "\(name)_depthwise", filters: depth, kernel: plan.kernel, stride: stride, groups: depth)
    try addActivation("\(name)_depthwise")
    try addConvolution("\(name)_pointwise", filters: channels, kernel: 1)
    try addActivation("\(name)_pointwise")
  }

  /// A 1×1 convolution to more channels, a k×k convolution of each of them alone, and a 1×1 convolution back without an
  /// activation; the block's input is added where shapes agree (Sandler et al. 2018, table 1 and figure 4).
  private mutating func addInvertedBottleneck(_ name: String, channels: Int, stride: Int) throws {
    let entry = last
    let (inner, overflow) = shape.channels.multipliedReportingOverflow(by: plan.expansionRatio)
    guard !overflow else {
      throw NetworkError(
        node: "\(name)_expansion",
        message: "'expansion_ratio' \(plan.expansionRatio) makes too many of \(shape.channels) channels")
    }
    if plan.expansionRatio > 1 {
      try addConvolution("\(name)_expansion", filters: inner, kernel: 1)
      try addActivation("\(name)_expansion")
    }
    try addConvolution(
      "\(name)_depthwise", filters: inner, kernel: plan.kernel, stride: stride, groups: inner)
    try addActivation("\(name)_depthwise")
    try addConvolution("\(name)_projection", filters: channels, kernel: 1)
    if builder.shape(of: entry) == shape {
      last = try builder.add(.add, name: "\(name)_sum", from: [last, entry])
    }
  }

  /// Adds the block's input to its last maps, through a 1×1 projection with normalization where shapes
  /// differ, and puts the activation after the sum (He et al. 2016, option B).
  private mutating func addShortcut(
    _ name: String, from entry: NodeReference, channels: Int, stride: Int
  ) throws {
    let branch = last
    last = entry
    if builder.shape(of: entry) != builder.shape(of: branch) {
      try addConvolution("\(name)_shortcut", filters: channels, kernel: 1, stride: stride)
    }
    last = try builder.add(.add, name: "\(name)_sum", from: [branch, last])
    try addActivation(name)
  }

  /// A convolution that keeps the size of the maps up to its stride, and its normalization.
  private mutating func addConvolution(
    _ name: String, filters: Int, kernel: Int, stride: Int = 1, groups: Int = 1
  ) throws {
    let convolution = Convolution(
      filters: filters, kernel: kernel, stride: stride, padding: kernel / 2, groups: groups, bias: plan.bias,
      scaling: plan.scaling)
    last = try builder.add(.convolution(convolution), name: name, from: last)
    let normalization: Operation
    switch plan.normalization {
    case .none: return
    case .batchNorm: normalization = .batchNormalization(.init())
    case .layerNorm: normalization = .layerNormalization(.init())
    case .groupNorm:
      let groups = greatestCommonDivisor(plan.normalizationGroups, filters)
      normalization = .groupNormalization(.init(groups: groups))
    }
    last = try builder.add(normalization, name: "\(name)_norm", from: last)
  }

  private mutating func addActivation(_ name: String) throws {
    last = try builder.add(.activation(plan.activation), name: "\(name)_activation", from: last)
  }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  b == 0 ? a : greatestCommonDivisor(b, a % b)
}
