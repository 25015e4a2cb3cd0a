/// Why some nodes do not make a network. The text names the node, the offending value and what was expected.
public struct NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The node at fault; nil when the network as a whole is.
  public let node: String?
  /// The attribute at fault by its name in network files (`kernel`, `groups`, `from`, …), where one is.
  public let attribute: String?
  /// One sentence without the node's name.
  public let message: String

  /// - Parameters:
  ///   - node: its name; nil when the network as a whole is wrong.
  ///   - attribute: the one that is wrong, as network files spell it.
  public init(node: String? = nil, attribute: String? = nil, message: String) {
    self.node = node
    self.attribute = attribute
    self.message = message
  }

  /// `node 'stem': kernel 5×5 does not fit …`
  public var description: String { node.map { "node '\($0)': \(message)" } ?? message }

  /// The same with the node's name filled in: shape rules do not know what their node is called.
  func named(_ name: String) -> NetworkError { .init(node: name, attribute: attribute, message: message) }
}

/// Checks shared by the shape rules.
extension NetworkError {
  static func requireCount(_ value: Int, _ attribute: String, from low: Int = 1) throws {
    guard (low...SizeLimits.attribute).contains(value) else {
      throw NetworkError(
        attribute: attribute,
        message: "\(attribute) is \(value); expected an integer from \(low) to \(SizeLimits.attribute)")
    }
  }

  static func requireFinite(_ value: Double, _ attribute: String, atLeast low: Double = -.infinity) throws {
    guard value.isFinite, value >= low else {
      let bound = low.isFinite ? " of at least \(low)" : ""
      throw NetworkError(
        attribute: attribute, message: "\(attribute) is \(value); expected a finite number\(bound)")
    }
  }

  /// The three sizes of maps; throws for a vector.
  static func requireMaps(_ shape: TensorShape) throws -> (channels: Int, height: Int, width: Int) {
    guard case .maps(let channels, let height, let width) = shape else {
      throw NetworkError(
        attribute: "from", message: "its input has shape \(shape); expected maps [channels, height, width]")
    }
    return (channels, height, width)
  }

  /// The one shape that all inputs have; throws when they differ.
  static func requireOneShape(_ shapes: [TensorShape]) throws -> TensorShape {
    if let odd = shapes.first(where: { $0 != shapes[0] }) {
      throw NetworkError(
        attribute: "from",
        message: "its inputs have shapes \(shapes[0]) and \(odd); expected one shape for all")
    }
    return shapes[0]
  }
}
