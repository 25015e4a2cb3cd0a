/// Cross-correlation over maps. Weights: (filters, input channels / groups, kernel height, kernel width).
public struct Convolution: Hashable, Sendable {
  /// What lies outside the map.
  public enum PaddingMode: String, Hashable, Sendable, CaseIterable { case zeros, circular }

  /// Output channels, a multiple of `groups`.
  public var filters: Int
  /// At least 1.
  public var kernelHeight: Int
  /// At least 1.
  public var kernelWidth: Int
  /// The same along both axes.
  public var stride: Int
  /// Rows (and columns) added on each side: the same along both axes.
  public var padding: Int
  /// What lies outside the map.
  public var paddingMode: PaddingMode
  /// Input positions between neighbouring taps, at least 1.
  public var dilation: Int
  /// The channels are split into so many parts, each with filters of its own; divides both sides' channels.
  public var groups: Int
  /// Whether each filter adds a number of its own.
  public var bias: Bool
  /// How its parameters are stored, multiplied and drawn.
  public var scaling: ParameterScaling

  /// Sizes are checked when the convolution enters a network.
  public init(
    filters: Int, kernelHeight: Int, kernelWidth: Int, stride: Int = 1, padding: Int = 0,
    paddingMode: PaddingMode = .zeros, dilation: Int = 1, groups: Int = 1, bias: Bool = true,
    scaling: ParameterScaling = .init()
  ) {
    self.filters = filters
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.stride = stride
    self.padding = padding
    self.paddingMode = paddingMode
    self.dilation = dilation
    self.groups = groups
    self.bias = bias
    self.scaling = scaling
  }

  /// A square kernel.
  public init(
    filters: Int, kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1, bias: Bool = true,
    scaling: ParameterScaling = .init()
  ) {
    self.init(
      filters: filters, kernelHeight: kernel, kernelWidth: kernel, stride: stride, padding: padding,
      groups: groups, bias: bias, scaling: scaling)
  }
}

extension Convolution: OperationRule {
  var name: String { "conv2d" }

  var attributes: [OperationAttribute] {
    let isSquare = kernelHeight == kernelWidth
    return [
      .init("filters", .integer(filters)),
      .init("kernel", isSquare ? .integer(kernelHeight) : .integers([kernelHeight, kernelWidth])),
      .init("stride", .integer(stride), default: .integer(1)),
      .init("padding", .integer(padding), default: .integer(0)),
      .init("padding_mode", .text(paddingMode.rawValue), default: .text(PaddingMode.zeros.rawValue)),
      .init("dilation", .integer(dilation), default: .integer(1)),
      .init("groups", .integer(groups), default: .integer(1)),
      .init("bias", .boolean(bias), default: .boolean(true)),
    ] + scaling.attributes
  }

  func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    let (channels, height, width) = try NetworkError.requireMaps(inputs[0])
    try NetworkError.requireCount(filters, "filters")
    try NetworkError.requireCount(kernelHeight, "kernel")
    try NetworkError.requireCount(kernelWidth, "kernel")
    try NetworkError.requireCount(stride, "stride")
    try NetworkError.requireCount(padding, "padding", from: 0)
    try NetworkError.requireCount(dilation, "dilation")
    try NetworkError.requireCount(groups, "groups")
    try scaling.check()
    guard channels.isMultiple(of: groups), filters.isMultiple(of: groups) else {
      throw NetworkError(
        attribute: "groups",
        message:
          "groups is \(groups); expected a divisor of both \(channels) input channels and \(filters) filters")
    }
    if paddingMode == .circular, padding > min(height, width) {
      throw NetworkError(
        attribute: "padding",
        message:
          "circular padding is \(padding); expected at most the map's smaller side, \(min(height, width))")
    }
    let window = Window(stride: stride, padding: padding, dilation: dilation)
    return .maps(
      channels: filters, height: try window.positions(kernel: kernelHeight, along: height, of: inputs[0]),
      width: try window.positions(kernel: kernelWidth, along: width, of: inputs[0]))
  }

  func parameterArrays(input: TensorShape) -> [ParameterArray] {
    let weight = ParameterArray(
      role: .weight, dimensions: [filters, input.channels / groups, kernelHeight, kernelWidth])
    return bias ? [weight, .init(role: .bias, dimensions: [filters])] : [weight]
  }

  func multiplyAdds(input: TensorShape, output: TensorShape) -> Int {
    saturatingProduct(output.elementCount, input.channels / groups, kernelHeight, kernelWidth)
  }

  /// Attributes that change nothing take their defaults.
  var canonical: Convolution {
    var result = self
    if padding == 0 { result.paddingMode = .zeros }
    if kernelHeight == 1, kernelWidth == 1 { result.dilation = 1 }
    result.scaling = scaling.canonical(bias: bias)
    return result
  }

  init?(reading layer: LayerReader) {
    let kernel = layer.requiredKernel("kernel")
    let stride = layer.count("stride") ?? 1
    let padding = layer.count("padding", from: 0) ?? 0
    let mode = layer.choice("padding_mode", among: PaddingMode.allCases.map { ($0.rawValue, $0) }) ?? .zeros
    let dilation = layer.count("dilation") ?? 1
    let groups = layer.count("groups") ?? 1
    let bias = layer.boolean("bias") ?? true
    let scaling = ParameterScaling(reading: layer)
    guard let filters = layer.requiredCount("filters"), let kernel else { return nil }
    self.init(
      filters: filters, kernelHeight: kernel.height, kernelWidth: kernel.width, stride: stride,
      padding: padding,
      paddingMode: mode, dilation: dilation, groups: groups, bias: bias, scaling: scaling)
  }
}

/// How a kernel moves along one axis of a map.
struct Window {
  var stride: Int
  var padding: Int
  var dilation = 1

  /// How many places a kernel takes: ⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
  ///
  /// All attributes are below 2³¹ by now, so nothing here overflows.
  func positions(kernel: Int, along size: Int, of shape: TensorShape) throws -> Int {
    let padded = size + 2 * padding
    let extent = dilation * (kernel - 1) + 1
    guard extent <= padded else {
      let dilated = dilation > 1 ? " (\(extent) with dilation \(dilation))" : ""
      throw NetworkError(
        attribute: "kernel",
        message:
          "a kernel of \(kernel)\(dilated) does not fit the input of shape \(shape), which is \(padded) wide "
          + "with padding \(padding)")
    }
    return (padded - extent) / stride + 1
  }
}
