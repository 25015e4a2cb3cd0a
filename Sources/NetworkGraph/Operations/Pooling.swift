/// A window of `kernel` × `kernel`, moved by `stride`, over maps padded by `padding` on each side. Padding is
/// never the maximum; the average counts it only when asked to.
public struct Pooling: Hashable, Sendable {
  /// Positions along each side of the window, at least 1.
  public var kernel: Int
  /// At least 1.
  public var stride: Int
  /// Rows (and columns) added on each side, less than `kernel`.
  public var padding: Int
  /// Average pooling only: divide by kernel² at the border too, instead of by the number of real positions.
  public var countsPadding: Bool

  /// - Parameter stride: `kernel` when nil.
  public init(kernel: Int, stride: Int? = nil, padding: Int = 0, countsPadding: Bool = false) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
    self.countsPadding = countsPadding
  }
}

extension Pooling {
  /// True when every window is one number and every number has its window.
  var isIdentity: Bool { kernel == 1 && stride == 1 && padding == 0 }

  /// Attributes that change nothing take their defaults.
  var canonical: Pooling {
    .init(kernel: kernel, stride: stride, padding: padding, countsPadding: countsPadding && padding > 0)
  }

  init?(reading layer: LayerReader, isMaximum: Bool) {
    let stride = layer.count("stride")
    let padding = layer.count("padding", from: 0) ?? 0
    let countsPadding = isMaximum ? false : layer.boolean("count_include_pad") ?? false
    guard let kernel = layer.requiredCount("kernel") else { return nil }
    self.init(kernel: kernel, stride: stride, padding: padding, countsPadding: countsPadding)
  }
}

struct PoolingRule: OperationRule {
  let pooling: Pooling
  let isMaximum: Bool

  var name: String { isMaximum ? "max_pool" : "average_pool" }

  var attributes: [OperationAttribute] {
    let window: [OperationAttribute] = [
      .init("kernel", .integer(pooling.kernel)),
      .init("stride", .integer(pooling.stride), default: .integer(pooling.kernel)),
      .init("padding", .integer(pooling.padding), default: .integer(0)),
    ]
    let counting = OperationAttribute(
      "count_include_pad", .boolean(pooling.countsPadding), default: .boolean(false))
    return isMaximum ? window : window + [counting]
  }

  func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    let (channels, height, width) = try NetworkError.requireMaps(inputs[0])
    try NetworkError.requireCount(pooling.kernel, "kernel")
    try NetworkError.requireCount(pooling.stride, "stride")
    try NetworkError.requireCount(pooling.padding, "padding", from: 0)
    guard pooling.padding < pooling.kernel else {
      throw NetworkError(
        attribute: "padding",
        message:
          "padding is \(pooling.padding); expected less than the kernel of \(pooling.kernel), so that every "
          + "window holds part of the map")
    }
    guard !(isMaximum && pooling.countsPadding) else {
      throw NetworkError(
        attribute: "count_include_pad",
        message: "count_include_pad is for average pooling; a maximum counts nothing")
    }
    let window = Window(stride: pooling.stride, padding: pooling.padding)
    return .maps(
      channels: channels, height: try window.positions(kernel: pooling.kernel, along: height, of: inputs[0]),
      width: try window.positions(kernel: pooling.kernel, along: width, of: inputs[0]))
  }
}
