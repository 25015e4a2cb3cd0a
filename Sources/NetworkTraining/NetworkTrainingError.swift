import TangentKernel

/// Why a network cannot be trained here.
public enum NetworkTrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no gradient of the operation here.
  case unsupported(node: String, operation: String)
  /// Sizes that do not go together; the text names both.
  case shapeMismatch(String)
  /// An output overflowed after so many steps: the learning rate is too large.
  case diverged(step: Int)
  case invalidParameter(String)
  case parameters(KernelError)

  /// What cannot be trained, in words.
  public var description: String {
    switch self {
    case .unsupported(let node, let operation):
      "node '\(node)' (\(operation)) cannot be trained here; supported are dense, conv2d, activations, average and global "
        + "pooling, flatten, add, multiply, scale and concatenate"
    case .shapeMismatch(let text), .invalidParameter(let text): text
    case .diverged(let step):
      "the outputs overflow after \(step) steps: the learning rate is too large for the network itself"
    case .parameters(let error): "\(error)"
    }
  }
}
