import NetworkGraph

/// Why a network has no kernel at infinite width, or why it was not computed.
public enum InfiniteWidthError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The operation has no (known) kernel there. `reason` is a sentence.
  case unsupportedAtInfiniteWidth(node: String, operation: String, reason: String)
  /// A layer leaves the variance of its weights or biases to an initialization of which no limit is known here.
  case initializationWithoutLimit(node: String)
  /// Bytes.
  case overBudget(needed: Int, budget: Int)
  /// Elementary steps (one covariance through one operation), see `InfiniteWidthCost`.
  case overOperationBudget(needed: Int, budget: Int)
  /// There are no inputs, or they do not have the network's shape.
  case inputShape(numbers: Int, samples: Int, expected: TensorShape)
  /// An activation without a closed form gets a variance beyond its quadrature: inputs that are not normalized.
  case varianceOutOfRange(node: String, variance: Double, limit: Double)

  /// What has no such kernel, or does not fit, in words.
  public var description: String {
    switch self {
    case .unsupportedAtInfiniteWidth(let node, let operation, let reason):
      "node '\(node)' (\(operation)) has no kernel at infinite width: \(reason)"
    case .initializationWithoutLimit(let node):
      "node '\(node)' leaves its variance to an initialization that has no limit of infinite width here; use he_normal "
        + "or lecun_normal, or give the layer its weight_variance and, with a bias, its bias_variance"
    case .overBudget(let needed, let budget):
      "needs \(needed >> 20) MB of memory, more than the \(budget >> 20) MB allowed"
    case .overOperationBudget(let needed, let budget):
      "needs \(needed) elementary steps, more than the \(budget) allowed"
    case .inputShape(let numbers, let samples, let expected):
      "\(numbers) numbers are not \(samples) samples of shape \(expected)"
    case .varianceOutOfRange(let node, let variance, let limit):
      "node '\(node)' has variance \(variance), beyond the \(limit) that its quadrature is made for; "
        + "normalize the inputs"
    }
  }
}
