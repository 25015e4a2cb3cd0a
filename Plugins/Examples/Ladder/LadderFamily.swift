// An architecture family as a shared library in Swift. docs/plugins.md builds it step by step.
import ArchitecturePlugins
import NetworkGraph
import PluginExport

/// Two rails of dense layers of one width, with a rung between them after every step: each rail goes on from the sum
/// of both.
struct LadderFamily: ArchitectureFamily {
  let name = "ladder"
  let version = "1"
  let summary = "Two rails of dense layers, added to one another at every rung."

  let parameters: [ParameterDescription] = [
    .init(
      name: "rungs", kind: .integer(1...64), defaultValue: .integer(3), documentation: "Steps of the ladder."),
    .init(
      name: "width", kind: .integer(1...65_536), defaultValue: .integer(64),
      documentation: "Units of every layer."),
    .init(
      name: "activation", kind: .choice(Activation.all.map(\.name)), defaultValue: .text("relu"),
      documentation: "The function after every layer."),
  ]

  func makeNetwork(_ choices: Choices, input: TensorShape, outputs: Int) throws -> Network {
    let choices = try CheckedChoices(choices, for: self)
    let activation = try choices.activation("activation")
    let layer = Operation.dense(Dense(units: try choices.integer("width")))
    var builder = NetworkBuilder(input: input)
    var foot = builder.input
    if case .maps = input { foot = try builder.add(.flatten, name: "flat", from: foot) }
    for rung in 1...(try choices.integer("rungs")) {
      let rails = try ["left", "right"].map { side in
        let sum = try builder.add(layer, name: "\(side)\(rung)", from: foot)
        return try builder.add(.activation(activation), name: "\(side)\(rung)_activation", from: sum)
      }
      foot = try builder.add(.add, name: "rung\(rung)", from: rails)
    }
    return try builder.build(output: builder.add(.dense(Dense(units: outputs)), name: "readout", from: foot))
  }
}

private let plugin = ExportedPlugin(families: [LadderFamily()])

/// The plugin's table, as the C interface asks for it. Any thread may call it.
@_cdecl("ntkscorer_plugin_v1")
public func ntkscorerPlugin() -> UnsafeRawPointer { plugin.table }
