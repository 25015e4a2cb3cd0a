import NetworkGraph
import Testing

/// One network around one operation, for comparing the engine with the reference. To add an operation, add a row.
struct ConformanceRow: Sendable, CustomTestStringConvertible {
  let name: String
  let input: TensorShape
  /// Not multiples of sixteen, so that padding lanes are always there.
  let samples: Int
  let seed: UInt64
  /// Relative Frobenius error allowed in single precision.
  let singleTolerance: Double
  let build: @Sendable (inout NetworkBuilder) throws -> NodeReference

  init(
    _ name: String, _ input: TensorShape, samples: Int = 5, seed: UInt64 = 1, singleTolerance: Double = 1e-5,
    _ build: @escaping @Sendable (inout NetworkBuilder) throws -> NodeReference
  ) {
    self.name = name
    self.input = input
    self.samples = samples
    self.seed = seed
    self.singleTolerance = singleTolerance
    self.build = build
  }

  var testDescription: String { name }

  func network() throws -> Network {
    var builder = NetworkBuilder(input: input)
    return try builder.build(output: build(&builder))
  }
}

/// Maps [channels, height, width].
func maps(_ channels: Int, _ height: Int, _ width: Int) -> TensorShape {
  .maps(channels: channels, height: height, width: width)
}

extension NetworkBuilder {
  mutating func convolve(_ filters: Int, _ from: NodeReference, kernel: Int = 3, padding: Int = 1) throws
    -> NodeReference
  { try add(.convolution(.init(filters: filters, kernel: kernel, padding: padding)), from: from) }

  mutating func dense(_ units: Int, _ from: NodeReference, bias: Bool = true) throws -> NodeReference {
    try add(.dense(.init(units: units, bias: bias)), from: from)
  }

  /// Flattens and reads out, so that every position has weights of its own.
  mutating func readOut(_ from: NodeReference, units: Int = 3) throws -> NodeReference {
    try dense(units, try add(.flatten, from: from))
  }
}

/// stem convolution → operation → flatten → dense: gradients pass through the operation to parameters before it.
private func around(
  _ name: String, _ operation: Operation, channels: Int = 5, _ height: Int = 7, _ width: Int = 5,
  samples: Int = 5,
  seed: UInt64 = 1, singleTolerance: Double = 1e-5
) -> ConformanceRow {
  ConformanceRow(name, maps(2, height, width), samples: samples, seed: seed, singleTolerance: singleTolerance)
  {
    let stem = try $0.convolve(channels, $0.input)
    return try $0.readOut(try $0.add(operation, from: stem))
  }
}

/// The same for a vector: dense → operation → dense.
private func aroundFeatures(_ name: String, _ operation: Operation, samples: Int = 5, seed: UInt64 = 1)
  -> ConformanceRow
{
  ConformanceRow(name, .features(7), samples: samples, seed: seed) {
    let hidden = try $0.dense(12, $0.input)
    return try $0.dense(3, try $0.add(operation, from: hidden))
  }
}

/// A convolution between a stem and a readout behind a smooth activation.
private func convolution(
  _ channels: Int, _ layer: Convolution, _ height: Int = 7, _ width: Int = 5, samples: Int = 5
) -> ConformanceRow {
  let square = "\(layer.kernelHeight)×\(layer.kernelWidth)"
  let mode = layer.paddingMode == .circular ? " circular" : ""
  let name =
    "conv2d \(channels)→\(layer.filters) \(square) stride \(layer.stride) padding \(layer.padding)\(mode) "
    + "dilation \(layer.dilation) groups \(layer.groups) bias \(layer.bias) on \(height)×\(width)"
  return ConformanceRow(name, maps(2, height, width), samples: samples) {
    let stem = try $0.convolve(channels, $0.input)
    let result = try $0.add(.convolution(layer), name: "layer", from: stem)
    return try $0.readOut(try $0.add(.activation(.tanh), from: result))
  }
}

private func conv(
  _ filters: Int, _ kernelHeight: Int, _ kernelWidth: Int, stride: Int = 1, padding: Int = 0,
  mode: Convolution.PaddingMode = .zeros, dilation: Int = 1, groups: Int = 1, bias: Bool = true
) -> Convolution {
  Convolution(
    filters: filters, kernelHeight: kernelHeight, kernelWidth: kernelWidth, stride: stride, padding: padding,
    paddingMode: mode, dilation: dilation, groups: groups, bias: bias)
}

let conformanceRows: [ConformanceRow] =
  denseRows + convolutionRows + normalizationRows + activationRows + poolingRows + wiringRows

private let denseRows: [ConformanceRow] = [
  ConformanceRow("dense alone", .features(3), samples: 1) { try $0.dense(1, $0.input) },
  ConformanceRow("dense 7→13→3", .features(7), samples: 19) {
    try $0.dense(3, try $0.add(.activation(.tanh), from: try $0.dense(13, $0.input)))
  },
  ConformanceRow("dense without biases 5→2→1", .features(5)) {
    try $0.dense(1, try $0.add(.activation(.erf), from: try $0.dense(2, $0.input, bias: false)), bias: false)
  },
  ConformanceRow("dense 70→31→25→2", .features(70), samples: 33) {
    let first = try $0.add(.activation(.relu), from: try $0.dense(31, $0.input))
    return try $0.dense(2, try $0.add(.activation(.relu), from: try $0.dense(25, first)))
  },
  ConformanceRow("dense with scales and variances", .features(6), samples: 19) {
    let scaling = ParameterScaling(weightScale: 1.7, biasScale: -0.4, weightVariance: 3, biasVariance: 0.25)
    let hidden = try $0.add(.dense(.init(units: 11, scaling: scaling)), from: $0.input)
    return try $0.dense(2, try $0.add(.activation(.sigmoid), from: hidden))
  },
]

/// The same with a batch norm behind the convolution, where the engine computes the two together.
private func normalizedConvolution(
  _ channels: Int, _ layer: Convolution, _ height: Int = 5, _ width: Int = 6, samples: Int = 5
) -> ConformanceRow {
  let plain = convolution(channels, layer, height, width)
  return ConformanceRow("batch_norm of " + plain.name, plain.input, samples: samples) {
    let stem = try $0.convolve(channels, $0.input)
    let result = try $0.add(.convolution(layer), name: "layer", from: stem)
    let normalized = try $0.add(.batchNormalization(.init()), name: "norm", from: result)
    return try $0.readOut(try $0.add(.activation(.relu), from: normalized))
  }
}

private let convolutionRows: [ConformanceRow] = [
  convolution(1, conv(1, 1, 1)),
  convolution(2, conv(3, 1, 1, stride: 2), samples: 19),
  convolution(5, conv(2, 1, 1, stride: 3, padding: 1), 6, 7),
  convolution(3, conv(5, 3, 3, padding: 1), samples: 19),
  convolution(7, conv(13, 3, 3, padding: 1)),
  convolution(13, conv(7, 3, 3), 5, 9),
  convolution(5, conv(7, 3, 3, stride: 2, padding: 1), samples: 19),
  convolution(3, conv(6, 3, 3, stride: 3, padding: 2), 8, 11),
  convolution(2, conv(5, 3, 3, stride: 2), 4, 4),
  convolution(3, conv(5, 3, 3, padding: 2, dilation: 2)),
  convolution(5, conv(3, 3, 3, stride: 2, padding: 1, dilation: 2), 9, 6, samples: 19),
  convolution(2, conv(3, 5, 5, padding: 2)),
  convolution(3, conv(2, 5, 5, stride: 3, padding: 1), 8, 7),
  convolution(1, conv(13, 5, 5, stride: 2, padding: 2, dilation: 2), 9, 10),
  convolution(3, conv(5, 1, 3, padding: 1), 5, 8, samples: 19),
  convolution(5, conv(2, 1, 3, stride: 2), 3, 9),
  convolution(2, conv(7, 3, 1, stride: 2, padding: 2, dilation: 2), 6, 5),
  convolution(6, conv(4, 3, 3, padding: 1, groups: 2), samples: 19),
  convolution(6, conv(10, 3, 3, stride: 2, padding: 1, groups: 2), 5, 8),
  convolution(7, conv(7, 3, 3, padding: 1, groups: 7)),
  convolution(5, conv(10, 5, 5, stride: 2, padding: 2, groups: 5), 9, 7, samples: 19),
  convolution(3, conv(3, 3, 3, padding: 2, dilation: 2, groups: 3)),
  convolution(13, conv(13, 1, 1, groups: 13)),
  convolution(5, conv(6, 3, 3, padding: 1, bias: false)),
  convolution(2, conv(3, 3, 3, padding: 1), 1, 7),
  convolution(3, conv(2, 5, 5, padding: 2), 1, 1),
  convolution(2, conv(3, 3, 3, stride: 7, padding: 1), 5, 6),
  convolution(20, conv(26, 3, 3, padding: 1), 5, 4, samples: 19),
  // By minimal filtering: paddings, groups, odd sizes, a torus.
  convolution(8, conv(9, 3, 3, padding: 2), 4, 5),
  convolution(9, conv(8, 3, 3), 6, 7),
  convolution(16, conv(18, 3, 3, padding: 1, groups: 2, bias: false), 3, 6),
  convolution(8, conv(8, 3, 3, padding: 1, mode: .circular), 4, 5),
  // So many weights that one target's do not fit one chunk.
  convolution(40, conv(5, 3, 3, padding: 1), 3, 4, samples: 33),
  convolution(3, conv(5, 3, 3, padding: 1, mode: .circular)),
  convolution(2, conv(3, 5, 5, stride: 2, padding: 2, mode: .circular), 7, 6, samples: 19),
  convolution(4, conv(6, 3, 3, padding: 2, mode: .circular, dilation: 2, groups: 2), 5, 6),
  convolution(3, conv(3, 1, 3, stride: 3, padding: 1, mode: .circular, groups: 3), 3, 8),
  ConformanceRow("conv2d as the output", maps(3, 4, 5), samples: 5) {
    try $0.add(.convolution(conv(2, 3, 3, stride: 2, padding: 1)), from: $0.input)
  },
  ConformanceRow("conv2d with scales and variances", maps(2, 5, 5), samples: 5) {
    var layer = conv(3, 3, 3, padding: 1)
    layer.scaling = ParameterScaling(weightScale: 0.6, biasScale: 2.5, weightVariance: 1.5, biasVariance: 0.1)
    return try $0.readOut(
      try $0.add(.activation(.softplus), from: try $0.add(.convolution(layer), from: $0.input)))
  },
]

private let normalizationRows: [ConformanceRow] = [
  normalizedConvolution(3, conv(5, 3, 3, padding: 1), samples: 19),
  normalizedConvolution(5, conv(3, 3, 3, stride: 2, padding: 1, bias: false)),
  normalizedConvolution(6, conv(4, 3, 3, padding: 2, dilation: 2, groups: 2)),
  normalizedConvolution(7, conv(7, 3, 3, padding: 1, groups: 7, bias: false), samples: 19),
  normalizedConvolution(40, conv(5, 3, 3, padding: 1), 3, 4, samples: 33),
  normalizedConvolution(9, conv(10, 3, 3, padding: 1), 4, 5, samples: 19),
  normalizedConvolution(3, conv(4, 3, 3, padding: 1, mode: .circular)),
  ConformanceRow("batch_norm of a convolution with scales", maps(2, 4, 5)) {
    var layer = conv(3, 3, 3, padding: 1)
    layer.scaling = ParameterScaling(weightScale: 0.6, biasScale: 2.5, weightVariance: 1.5, biasVariance: 0.1)
    let result = try $0.add(.convolution(layer), from: $0.input)
    return try $0.readOut(try $0.add(.batchNormalization(.init(epsilon: 0.1)), from: result))
  },
  ConformanceRow("batch_norm of a convolution that a sum reads too", maps(2, 4, 5), samples: 19) {
    let result = try $0.convolve(3, $0.input)
    let normalized = try $0.add(.batchNormalization(.init()), from: result)
    return try $0.readOut(try $0.add(.add, from: [result, normalized]))
  },
  // A removed batch norm leaves a sum within a sum. The outer one's terms share its gradient, so none of the inner one's
  // terms, which are read again before they are reached, may take that memory over.
  ConformanceRow("batch_norm between sums whose terms are read again", maps(2, 4, 5), samples: 19) {
    let first = try $0.convolve(3, $0.input)
    let second = try $0.add(.activation(.tanh), from: try $0.convolve(3, first))
    let inner = try $0.add(.batchNormalization(.init()), from: try $0.add(.add, from: [first, second]))
    let outer = try $0.add(.add, from: [inner, try $0.convolve(3, $0.input)])
    let branches = [
      try $0.add(.activation(.tanh), from: outer), try $0.add(.activation(.abs), from: second),
    ]
    return try $0.readOut(try $0.add(.add, from: branches))
  },
  ConformanceRow("two batch_norms of one convolution", maps(2, 4, 5)) {
    let result = try $0.convolve(3, $0.input)
    let branches = [
      try $0.add(.batchNormalization(.init()), from: result),
      try $0.add(.batchNormalization(.init()), from: result),
    ]
    return try $0.readOut(try $0.add(.multiply, from: branches))
  },
  ConformanceRow("batch_norm of a batch_norm of a convolution", maps(2, 4, 5)) {
    let first = try $0.add(.batchNormalization(.init()), from: try $0.convolve(3, $0.input))
    return try $0.readOut(try $0.add(.batchNormalization(.init(epsilon: 0.3)), from: first))
  },
  ConformanceRow("batch_norm of a convolution as the output", maps(2, 4, 3), samples: 19) {
    try $0.add(.batchNormalization(.init()), from: try $0.convolve(2, $0.input))
  },
  around("batch_norm of maps", .batchNormalization(.init()), samples: 19),
  around("batch_norm with a large epsilon", .batchNormalization(.init(epsilon: 0.5)), channels: 1, 3, 8),
  aroundFeatures("batch_norm of features", .batchNormalization(.init()), samples: 19),
  ConformanceRow("batch_norm of flattened maps", maps(2, 3, 3), samples: 5) {
    let flat = try $0.add(.flatten, from: try $0.convolve(3, $0.input))
    return try $0.dense(3, try $0.add(.batchNormalization(.init()), from: flat))
  },
  ConformanceRow("batch_norm of the input", maps(3, 4, 5), samples: 19) {
    try $0.readOut(try $0.add(.batchNormalization(.init()), from: $0.input))
  },
  ConformanceRow("batch_norm as the output", .features(4), samples: 5) {
    try $0.add(.batchNormalization(.init()), from: try $0.dense(3, $0.input))
  },
  ConformanceRow("batch_norm of zeros", maps(2, 3, 4), samples: 5) {
    let zeros = try $0.add(.zero, from: try $0.convolve(3, $0.input))
    let shifted = try $0.add(.batchNormalization(.init()), from: zeros)
    return try $0.readOut(try $0.add(.add, from: [shifted, try $0.convolve(3, $0.input)]))
  },
  ConformanceRow("two batch_norms with relu between", maps(3, 5, 6), samples: 19) {
    let first = try $0.add(.batchNormalization(.init()), from: try $0.convolve(5, $0.input))
    let active = try $0.add(.activation(.relu), from: first)
    let second = try $0.add(.batchNormalization(.init()), from: try $0.convolve(3, active))
    return try $0.readOut(try $0.add(.activation(.relu), from: second))
  },
  around("layer_norm of maps", .layerNormalization(.init()), samples: 19),
  aroundFeatures("layer_norm of features", .layerNormalization(.init(epsilon: 0.01)), samples: 19),
  // Padding lanes hold zeros, whose variance is zero: NaN there must stay there.
  aroundFeatures("layer_norm without epsilon", .layerNormalization(.init(epsilon: 0))),
  around("group_norm, one group", .groupNormalization(.init(groups: 1)), channels: 3),
  around("group_norm, two groups", .groupNormalization(.init(groups: 2)), channels: 6, 3, 4, samples: 19),
  around("group_norm, a channel each", .groupNormalization(.init(groups: 5))),
  aroundFeatures("group_norm of features", .groupNormalization(.init(groups: 3, epsilon: 1e-3)), samples: 19),
  ConformanceRow("layer_norm of the input", .features(6), samples: 5) {
    try $0.dense(2, try $0.add(.layerNormalization(.init()), from: $0.input))
  },
  ConformanceRow("group_norm as the output", maps(2, 3, 3), samples: 5) {
    try $0.add(.groupNormalization(.init(groups: 2)), from: try $0.convolve(4, $0.input))
  },
]

private let activationRows: [ConformanceRow] =
  (Activation.all + [.leakyRelu(slope: 0.3), .leakyRelu(slope: -0.5)]).flatMap { activation in
    let slope = if case .leakyRelu(let slope) = activation { " \(slope)" } else { "" }
    return [
      around("\(activation.name)\(slope) of maps", .activation(activation), channels: 3, 4, 5),
      // Values of several units, so that saturated ends and knees are met.
      ConformanceRow("\(activation.name)\(slope) of wide values", .features(5), samples: 19) {
        let wide = try $0.add(.scale(4), from: try $0.dense(9, $0.input))
        return try $0.dense(2, try $0.add(.activation(activation), from: wide))
      },
    ]
  } + [
    ConformanceRow("relu of the input", .features(5)) {
      try $0.dense(2, try $0.add(.activation(.relu), from: $0.input))
    }
  ]

private let poolingRows: [ConformanceRow] =
  [
    Pooling(kernel: 2), Pooling(kernel: 3, stride: 1, padding: 1), Pooling(kernel: 3, stride: 2, padding: 1),
    Pooling(kernel: 2, stride: 3), Pooling(kernel: 3, stride: 2, padding: 2), Pooling(kernel: 1, stride: 2),
  ].flatMap { pool in
    let text = "kernel \(pool.kernel) stride \(pool.stride) padding \(pool.padding)"
    let counting = Pooling(
      kernel: pool.kernel, stride: pool.stride, padding: pool.padding, countsPadding: true)
    return [
      around("average_pool \(text)", .averagePooling(pool), samples: 19),
      around("average_pool \(text) counting padding", .averagePooling(counting), channels: 3, 6, 8),
      around("max_pool \(text)", .maxPooling(pool), channels: 7, 6, 7),
    ]
  } + [
    ConformanceRow("max_pool of the input", maps(3, 5, 6), samples: 19) {
      try $0.readOut(try $0.add(.maxPooling(.init(kernel: 3, stride: 2, padding: 1)), from: $0.input))
    },
    ConformanceRow("average_pool over the whole map", maps(2, 4, 4)) {
      try $0.readOut(try $0.add(.averagePooling(.init(kernel: 4)), from: try $0.convolve(3, $0.input)))
    },
    ConformanceRow("global_average_pool", maps(2, 5, 7), samples: 19) {
      let active = try $0.add(.activation(.tanh), from: try $0.convolve(7, $0.input))
      return try $0.dense(3, try $0.add(.globalAveragePooling, from: active))
    },
    ConformanceRow("global_average_pool as the output", maps(2, 3, 4)) {
      try $0.add(.globalAveragePooling, from: try $0.convolve(3, $0.input))
    },
  ]

private let wiringRows: [ConformanceRow] = [
  ConformanceRow("flatten between convolution and dense", maps(1, 3, 2), samples: 19) {
    try $0.readOut(try $0.convolve(2, $0.input))
  },
  ConformanceRow("add of two branches", maps(2, 5, 4), samples: 19) {
    let left = try $0.convolve(3, $0.input)
    let right = try $0.convolve(3, $0.input, kernel: 1, padding: 0)
    return try $0.readOut(try $0.add(.activation(.tanh), from: try $0.add(.add, from: [left, right])))
  },
  ConformanceRow("add of a node to itself", .features(4)) {
    let hidden = try $0.dense(5, $0.input)
    return try $0.dense(2, try $0.add(.activation(.sin), from: try $0.add(.add, from: [hidden, hidden])))
  },
  ConformanceRow("add of flattened and plain features", maps(1, 2, 3)) {
    let flat = try $0.add(.flatten, from: try $0.convolve(2, $0.input))
    let plain = try $0.dense(12, try $0.add(.flatten, from: $0.input))
    return try $0.dense(2, try $0.add(.add, from: [flat, plain]))
  },
  ConformanceRow("residual chain of shared sums", maps(3, 4, 4), samples: 19) {
    var trunk = try $0.convolve(3, $0.input)
    for _ in 0..<3 {
      let branch = try $0.convolve(3, try $0.add(.activation(.relu), from: trunk))
      trunk = try $0.add(.add, from: [trunk, branch])
    }
    return try $0.readOut(trunk)
  },
  ConformanceRow("sum that two sums read", .features(5)) {
    let a = try $0.dense(4, $0.input)
    let b = try $0.dense(4, $0.input)
    let shared = try $0.add(.add, from: [a, b])
    let first = try $0.add(.add, from: [shared, a])
    let second = try $0.add(.add, from: [shared, b, a])
    return try $0.dense(2, try $0.add(.multiply, from: [first, second]))
  },
  ConformanceRow("multiply of two branches", maps(2, 3, 5), samples: 19) {
    let gate = try $0.add(.activation(.sigmoid), from: try $0.convolve(3, $0.input))
    return try $0.readOut(try $0.add(.multiply, from: [try $0.convolve(3, $0.input), gate]))
  },
  ConformanceRow("multiply of three, one of them the input", .features(4)) {
    let a = try $0.dense(4, $0.input)
    let b = try $0.dense(4, $0.input)
    return try $0.dense(2, try $0.add(.multiply, from: [a, $0.input, b]))
  },
  ConformanceRow("square and cube of a node", .features(3)) {
    let a = try $0.dense(4, $0.input)
    let square = try $0.add(.multiply, from: [a, a])
    let cube = try $0.add(.multiply, from: [a, a, a])
    return try $0.dense(2, try $0.add(.concatenate, from: [square, cube]))
  },
  ConformanceRow("scale", maps(2, 4, 3)) {
    try $0.readOut(try $0.add(.scale(-0.3), from: try $0.convolve(3, $0.input)))
  },
  ConformanceRow("concatenate of 1, 2 and 5 channels and the input", maps(2, 4, 5), samples: 19) {
    let branches = [
      try $0.convolve(1, $0.input), try $0.convolve(2, $0.input), $0.input, try $0.convolve(5, $0.input),
    ]
    return try $0.readOut(try $0.convolve(3, try $0.add(.concatenate, from: branches)))
  },
  ConformanceRow("concatenate of a node with itself", .features(3)) {
    let hidden = try $0.dense(4, $0.input)
    let twice = try $0.add(.concatenate, from: [hidden, hidden])
    return try $0.dense(2, try $0.add(.activation(.tanh), from: twice))
  },
  ConformanceRow("concatenate of flattened maps and features", maps(2, 3, 3)) {
    let flat = try $0.add(.flatten, from: try $0.convolve(2, $0.input))
    let pooled = try $0.add(.globalAveragePooling, from: try $0.convolve(5, $0.input))
    return try $0.dense(3, try $0.add(.concatenate, from: [pooled, flat]))
  },
  ConformanceRow("zero in a sum and in a concatenation", maps(2, 3, 4)) {
    let branch = try $0.convolve(3, $0.input)
    let zeros = try $0.add(.zero, from: branch)
    let sum = try $0.add(.add, from: [branch, zeros])
    return try $0.readOut(try $0.convolve(2, try $0.add(.concatenate, from: [zeros, sum])))
  },
  ConformanceRow("zero through sigmoid and a biased convolution", maps(2, 3, 4)) {
    let zeros = try $0.addZero(maps(2, 3, 4))
    let half = try $0.convolve(3, try $0.add(.activation(.sigmoid), from: zeros))
    return try $0.readOut(try $0.add(.add, from: [half, try $0.convolve(3, $0.input)]))
  },
  ConformanceRow("identity and nodes that lead nowhere", maps(2, 3, 4)) {
    let branch = try $0.convolve(3, try $0.add(.identity, from: $0.input))
    _ = try $0.convolve(4, branch)
    return try $0.readOut(try $0.add(.identity, from: branch))
  },
  ConformanceRow("output that no parameter reaches on one side", .features(3)) {
    try $0.add(.concatenate, from: [$0.input, try $0.dense(2, $0.input)])
  },
  ConformanceRow("a small residual network", maps(3, 8, 7), samples: 5) {
    let stem = try $0.add(.batchNormalization(.init()), from: try $0.convolve(5, $0.input))
    let active = try $0.add(.activation(.relu), from: stem)
    let first = try $0.add(.batchNormalization(.init()), from: try $0.convolve(5, active))
    let sum = try $0.add(.activation(.relu), from: try $0.add(.add, from: [first, active]))
    let strided = try $0.add(.convolution(conv(7, 3, 3, stride: 2, padding: 1, bias: false)), from: sum)
    let shortcut = try $0.add(.convolution(conv(7, 1, 1, stride: 2, bias: false)), from: sum)
    let joined = try $0.add(.add, from: [try $0.add(.batchNormalization(.init()), from: strided), shortcut])
    let pooled = try $0.add(.globalAveragePooling, from: try $0.add(.activation(.relu), from: joined))
    return try $0.dense(3, pooled)
  },
]
