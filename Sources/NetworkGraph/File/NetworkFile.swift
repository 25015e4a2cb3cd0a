import YAMLDocuments

/// How stored parameters become the network's weights (Jacot et al. 2018 for `ntk`).
public enum Parameterization: String, Codable, Hashable, Sendable, CaseIterable {
  /// Effective weight = stored weight.
  case standard
  /// Effective weight = σ_w/√fan_in · stored weight, bias = σ_b · stored bias; gradients are by the stored
  /// ones.
  case ntk
}

/// A network as a file, YAML or JSON.
///
/// ```yaml
/// input: [3, 32, 32]
/// layers:
///   - {name: stem, op: conv2d, filters: 16, kernel: 3, padding: 1, bias: false}
///   - {op: relu}
///   - {op: global_average_pool}
///   - {name: head, op: dense, units: 10}
/// ```
///
/// A layer reads the one before it unless `from` names others (`input` is the network's input); the last
/// layer is the output unless `output` names another; layers without a name are `layer0`, `layer1`, … by
/// position.
public struct NetworkFile: Hashable, Sendable {
  /// What the file describes, checked.
  public var network: Network
  /// The default that a command line may override; nil when the file says nothing.
  public var parameterization: Parameterization?

  /// A network that is to be written.
  public init(network: Network, parameterization: Parameterization? = nil) {
    self.network = network
    self.parameterization = parameterization
  }

  /// Reads YAML or JSON.
  ///
  /// - Throws: `InvalidDocument` with every mistake in the file and its place.
  public static func read(_ source: SourceText) throws -> NetworkFile {
    let root = try parseYAML(source)
    let collector = DiagnosticCollector(source)
    let file = NetworkFileReader(collector: collector).read(root)
    try collector.throwIfAny()
    guard let file else { throw InvalidDocument([]) }
    return file
  }

  /// Reads a value that is parsed already. Nil when anything was reported to the collector.
  package static func read(_ root: YAMLNode, collector: DiagnosticCollector) -> NetworkFile? {
    NetworkFileReader(collector: collector).read(root)
  }
}
