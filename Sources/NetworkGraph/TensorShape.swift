/// The shape of one sample at a node: a vector of features, or a stack of maps (channels × height × width,
/// read in that order when flattened). The batch dimension is never part of it.
public enum TensorShape: Hashable, Sendable {
  case features(Int)
  case maps(channels: Int, height: Int, width: Int)

  /// How many numbers one sample holds here; `Int.max` when that does not fit (no network holds such a
  /// shape).
  public var elementCount: Int {
    switch self {
    case .features(let count): count
    case .maps(let channels, let height, let width): saturatingProduct(channels, height, width)
    }
  }

  /// Channels of maps; features of a vector.
  public var channels: Int {
    switch self {
    case .features(let count): count
    case .maps(let channels, _, _): channels
    }
  }

  /// Height × width of maps; 1 for a vector.
  public var positions: Int {
    switch self {
    case .features: 1
    case .maps(_, let height, let width): saturatingProduct(height, width)
    }
  }

  /// `[784]` or `[3, 32, 32]`.
  public var dimensions: [Int] {
    switch self {
    case .features(let count): [count]
    case .maps(let channels, let height, let width): [channels, height, width]
    }
  }

  /// One dimension gives features, three give maps; nil for any other number of them.
  public init?(dimensions: [Int]) {
    switch dimensions.count {
    case 1: self = .features(dimensions[0])
    case 3: self = .maps(channels: dimensions[0], height: dimensions[1], width: dimensions[2])
    default: return nil
    }
  }
}

extension TensorShape: CustomStringConvertible {
  /// `[3, 32, 32]`.
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}
