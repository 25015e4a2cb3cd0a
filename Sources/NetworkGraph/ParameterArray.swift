/// One array that a node keeps: trainable parameters, or batch norm's running statistics. In a weights file
/// its key is the node's name, a dot and `suffix`.
public struct ParameterArray: Hashable, Sendable {
  /// What the array is to its node, which decides how it is drawn and which parameter filters include it.
  public enum Role: Hashable, Sendable, CaseIterable {
    /// Kernel of a dense or convolution layer.
    case weight
    /// Bias of a dense or convolution layer.
    case bias
    /// γ of a normalization.
    case normalizationScale
    /// β of a normalization.
    case normalizationShift
    /// Batch norm's stored mean: a buffer, not a parameter.
    case runningMean
    /// Batch norm's stored variance: a buffer, not a parameter.
    case runningVariance

    /// False for buffers: the kernel has no gradients by them.
    public var isTrainable: Bool { self != .runningMean && self != .runningVariance }
  }

  /// What its numbers are.
  public let role: Role
  /// Row-major; (out, in) or (out, in/groups, kernel height, kernel width) for weights, (channels) for the
  /// rest.
  public let dimensions: [Int]

  /// - Parameter dimensions: as `self.dimensions`.
  public init(role: Role, dimensions: [Int]) {
    self.role = role
    self.dimensions = dimensions
  }

  /// `weight`, `bias`, `running_mean` or `running_var`.
  public var suffix: String {
    switch role {
    case .weight, .normalizationScale: "weight"
    case .bias, .normalizationShift: "bias"
    case .runningMean: "running_mean"
    case .runningVariance: "running_var"
    }
  }

  /// How many numbers the array holds.
  public var count: Int { dimensions.reduce(1, *) }

  /// Of a weight: how many inputs each output sums over, in/groups · kernel height · kernel width.
  public var fanIn: Int { dimensions.dropFirst().reduce(1, *) }

  /// γ and β per channel.
  static func normalization(channels: Int) -> [ParameterArray] {
    [
      .init(role: .normalizationScale, dimensions: [channels]),
      .init(role: .normalizationShift, dimensions: [channels]),
    ]
  }
}
