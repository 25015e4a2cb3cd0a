import NetworkGraph
import PluginHosting
import YAMLDocuments

/// A family of architectures that a plugin from outside describes and makes.
///
/// Every network is asked for twice, since the same choices must give the same network; a library that is trusted is
/// asked once.
public struct ExternalFamily: ArchitectureFamily {
  /// As the plugin says it, `snake_case`; search spaces name the family by it.
  public let name: String
  /// As the plugin says it, and the hash of the plugin's contents: `1+sha256.…`. A changed plugin makes other scores.
  public let version: String
  /// As the plugin says it.
  public let declaredVersion: String
  /// One sentence for people, as the plugin says it.
  public let summary: String
  /// In the plugin's order; their names differ.
  public let parameters: [ParameterDescription]
  /// Who is asked for networks.
  public let plugin: Plugin

  init(_ description: FamilyReader.Description, of plugin: Plugin) {
    name = description.name
    version = description.version + "+sha256." + plugin.contentHash
    declaredVersion = description.version
    summary = description.summary
    parameters = description.parameters
    self.plugin = plugin
  }

  /// - Throws: `PluginFault`, of kind `refused` with the plugin's own words where it makes no network of these choices.
  public func makeNetwork(_ choices: Choices, input: TensorShape, outputs: Int) throws -> Network {
    let network = try network(for: choices, input: input, outputs: outputs)
    guard !plugin.isTrusted else { return network }
    guard try self.network(for: choices, input: input, outputs: outputs) == network else {
      throw plugin.fault(
        .inconsistent, "it made two different networks of the same choices; expected the same each time")
    }
    return network
  }

  /// One answer of the plugin.
  ///
  /// - Throws: `PluginFault`.
  package func network(
    for choices: Choices, input: TensorShape, outputs: Int
  ) throws(PluginFault) -> Network {
    let reply = try plugin.call(
      PluginRequest(
        "make",
        [
          ("family", ParameterValue.text(name).canonicalJSON), ("choices", choices.canonicalJSON),
          ("input", ParameterValue.list(input.dimensions.map { .integer($0) }).canonicalJSON),
          ("outputs", String(outputs)),
        ]))
    let file = try plugin.reading(.malformedReply) { collector in
      YAMLMappingReader(reply, what: "its reply", collector: collector)?.required("network").flatMap {
        NetworkFile.read($0, collector: collector)
      }
    }
    guard file.network.inputShape == input else {
      throw plugin.fault(
        .malformedReply, "its network has the input \(file.network.inputShape); expected \(input)")
    }
    guard file.network.outputCount == outputs else {
      throw plugin.fault(
        .malformedReply, "its network has \(file.network.outputCount) outputs; expected \(outputs)")
    }
    guard file.parameterization == nil else {
      throw plugin.fault(
        .malformedReply, "its network names a parameterization, which is for the search space to say")
    }
    return file.network
  }
}

extension Plugin {
  /// The architecture families that it offers, in its order; none when it describes none.
  ///
  /// - Throws: `PluginFault.Kind.invalidDescription` with what is wrong.
  public func families() throws(PluginFault) -> [ExternalFamily] {
    let descriptions: [FamilyReader.Description] = try reading(.invalidDescription) { collector in
      guard let keys = YAMLMappingReader(description, what: "its description", collector: collector) else {
        return nil
      }
      guard keys.contains("families") else { return [] }
      let reader = FamilyReader(collector: collector)
      let families = keys.list("families", of: "a list of families") { reader.family($0) }
      var names: Set<String> = []
      for family in families ?? [] where !names.insert(family.name).inserted {
        collector.report("two families are called '\(family.name)'", at: keys.node.location)
      }
      return families
    }
    return descriptions.map { ExternalFamily($0, of: self) }
  }
}
