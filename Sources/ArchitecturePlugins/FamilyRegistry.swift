import YAMLDocuments

/// The architecture families that a run knows, by name.
public struct FamilyRegistry: Sendable {
  private var byName: [String: any ArchitectureFamily] = [:]

  /// - Throws: `PluginError` as `register` does.
  public init(_ families: [any ArchitectureFamily] = []) throws(PluginError) {
    for family in families { try register(family) }
  }

  /// Every family, sorted by name.
  public var families: [any ArchitectureFamily] { byName.sorted { $0.key < $1.key }.map(\.value) }

  /// Their names, sorted.
  public var names: [String] { byName.keys.sorted() }

  /// Adds a family.
  ///
  /// - Throws: `PluginError` when its name is taken, or when its name or one of its parameters' cannot be
  ///   used.
  public mutating func register(_ family: any ArchitectureFamily) throws(PluginError) {
    for name in [family.name] + family.parameters.map(\.name) where !Self.isUsable(name) {
      throw .invalidName(name)
    }
    guard byName[family.name] == nil else { throw .duplicateFamily(name: family.name) }
    byName[family.name] = family
  }

  /// The family with a name.
  ///
  /// - Throws: `PluginError.unknownFamily` with the nearest valid name.
  public func family(named name: String) throws(PluginError) -> any ArchitectureFamily {
    if let family = byName[name] { return family }
    throw .unknownFamily(name: name, known: names, suggestion: nearestSpelling(to: name, among: names))
  }

  /// Whether a search space can name it.
  static func isUsable(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 64
      && name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
  }
}
