import NetworkGraph

/// A family of architectures: what its parameters are, and how a set of choices becomes a network.
///
/// A conformance must be a pure function of its arguments: the same choices give the same network, always.
public protocol ArchitectureFamily: Sendable {
  /// The name used in search spaces, `snake_case`.
  var name: String { get }
  /// Enters the score identity; change it whenever the same choices give another network.
  var version: String { get }
  /// One sentence for `plugins list`.
  var summary: String { get }
  /// Every parameter, in the order in which documentation shows them.
  var parameters: [ParameterDescription] { get }

  /// The network for one set of choices.
  ///
  /// - Parameters:
  ///   - choices: validated against `parameters`, defaults filled in: every parameter is present.
  ///   - input: shape of one sample.
  ///   - outputs: number of outputs (classes).
  /// - Throws: `NetworkError` or any error that says why these choices make no network (a map pooled to nothing,
  ///   say): the candidate is reported as failed with that text, and the run goes on.
  func makeNetwork(_ choices: Choices, input: TensorShape, outputs: Int) throws -> Network
}

/// One parameter of a family: used for validation, for `ntkscorer plugins list` and for documentation.
public struct ParameterDescription: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case integer(ClosedRange<Int>)
    case real(ClosedRange<Double>)
    case boolean
    /// One of some names.
    case choice([String])
    /// An integer for all layers, or a list with one per layer.
    case integerOrList(ClosedRange<Int>)
  }

  /// `snake_case`.
  public let name: String
  public let kind: Kind
  /// Nil when the user must give it.
  public let defaultValue: ParameterValue?
  /// True for a parameter that may be left out with no default (its absence means something of its own).
  public let isOptional: Bool
  /// One sentence for people.
  public let documentation: String

  public init(
    name: String, kind: Kind, defaultValue: ParameterValue? = nil, isOptional: Bool = false, documentation: String
  ) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.isOptional = isOptional
    self.documentation = documentation
  }
}
