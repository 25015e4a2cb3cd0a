import NetworkGraph

/// Why a kernel could not be computed at all. (A kernel that was computed but is singular or not finite is a result
/// with a typed outcome, not an error.)
public enum KernelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The candidate would need more memory than it was given. Bytes.
  case overBudget(needed: Int, budget: Int)
  /// The engine has no pass for this node under these settings.
  case unsupported(node: String, reason: String)
  /// The inputs do not fit the network.
  case inputShape(batch: TensorShape, network: TensorShape)
  /// A parameter array is missing, surplus or misshaped.
  case parameters(String)

  /// What is wrong, in words.
  public var description: String {
    switch self {
    case .overBudget(let needed, let budget):
      "needs \(Self.megabytes(needed)) of memory, more than the \(Self.megabytes(budget)) allowed"
    case .unsupported(let node, let reason): "node '\(node)': \(reason)"
    case .inputShape(let batch, let network):
      "the inputs have shape \(batch) but the network reads \(network)"
    case .parameters(let message): message
    }
  }

  private static func megabytes(_ bytes: Int) -> String {
    bytes < 10 << 20 ? "\((bytes + 1023) >> 10) KB" : "\((bytes + (1 << 20) - 1) >> 20) MB"
  }
}
