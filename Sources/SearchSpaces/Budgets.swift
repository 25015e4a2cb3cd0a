import NetworkGraph

/// Bounds on what a network costs, both ends inclusive.
public struct Budgets: Hashable, Sendable {
  /// What is bounded.
  public enum Quantity: String, Sendable, CaseIterable {
    case parameters
    /// Of convolutions and dense layers, per image, forward.
    case multiplyAdds = "multiply_adds"
    /// The longest chain of convolutions and dense layers.
    case depth
  }

  /// The least and the most of a quantity; nil where there is no such bound.
  public struct Bounds: Hashable, Sendable {
    /// The smallest number that is kept.
    public let atLeast: Int?
    /// The largest number that is kept.
    public let atMost: Int?
  }

  /// One bound that a network does not keep.
  public struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// What is out of bounds.
    public let quantity: Quantity
    /// What the network has of it.
    public let value: Int
    /// What the search space asks for.
    public let bounds: Bounds

    /// `parameters: 2000000, where the search space asks for at most 1000000`
    public var description: String {
      let bound =
        if let most = bounds.atMost, value > most { "at most \(most)" } else {
          "at least \(bounds.atLeast ?? 0)"
        }
      return "\(quantity.rawValue): \(value), where the search space asks for \(bound)"
    }
  }

  /// A quantity that is absent is not bounded.
  private let bounds: [Quantity: Bounds]

  init(_ bounds: [Quantity: Bounds]) { self.bounds = bounds }

  /// Whether nothing is bounded, so that every candidate is admissible.
  public var isEmpty: Bool { bounds.isEmpty }

  /// The bounds of one quantity; nil when there are none.
  public subscript(quantity: Quantity) -> Bounds? { bounds[quantity] }

  /// The bounds that a network does not keep, in the order of `Quantity`.
  public func violations(of network: Network) -> [Violation] {
    Quantity.allCases.compactMap { quantity in
      guard let bounds = bounds[quantity] else { return nil }
      let value =
        switch quantity {
        case .parameters: network.parameterCount
        case .multiplyAdds: network.multiplyAdds
        case .depth: network.depth
        }
      let isKept = (bounds.atLeast ?? .min) <= value && value <= (bounds.atMost ?? .max)
      return isKept ? nil : Violation(quantity: quantity, value: value, bounds: bounds)
    }
  }
}
