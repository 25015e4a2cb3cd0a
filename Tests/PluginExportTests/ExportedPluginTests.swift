import ArchitecturePlugins
import FullyConnected
import NetworkGraph
import PluginExport
import PluginHosting
import PluginScripts
import Testing
import YAMLDocuments

/// The example's library makes, in and out of process, what a family that is linked would.
@Test(arguments: [false, true])
func aSwiftFamilyIsTheSameThroughItsLibrary(isTrusted: Bool) throws {
  let plugin = try Plugin(path: builtLibrary("Ladder"), isTrusted: isTrusted)
  let ladder = try #require(try plugin.families().first)
  #expect(ladder.name == "ladder" && ladder.declaredVersion == "1")
  #expect(ladder.parameters.map(\.kind).prefix(2) == [.integer(1...64), .integer(1...65_536)])
  let choices: Choices = ["rungs": .integer(2), "width": .integer(5), "activation": .text("tanh")]
  let network = try ladder.makeNetwork(choices, input: .maps(channels: 1, height: 2, width: 3), outputs: 3)
  var builder = NetworkBuilder(input: .maps(channels: 1, height: 2, width: 3))
  var foot = try builder.add(.flatten, name: "flat", from: builder.input)
  for rung in 1...2 {
    var rails: [NodeReference] = []
    for side in ["left", "right"] {
      let dense = try builder.add(.dense(Dense(units: 5)), name: "\(side)\(rung)", from: foot)
      rails.append(try builder.add(.activation(.tanh), name: "\(side)\(rung)_activation", from: dense))
    }
    foot = try builder.add(.add, name: "rung\(rung)", from: rails)
  }
  #expect(
    try builder.build(output: builder.add(.dense(Dense(units: 3)), name: "readout", from: foot)) == network)
}

/// The family's own words reach the user.
@Test func aSwiftFamilyRefusesInItsWords() throws {
  let ladder = try #require(try Plugin(path: builtLibrary("Ladder")).families().first)
  let error = #expect(throws: PluginFault.self) {
    try ladder.makeNetwork(
      ["rungs": .integer(99), "width": .integer(5), "activation": .text("relu")], input: .features(3),
      outputs: 2)
  }
  #expect(error?.kind == .refused)
  #expect(error?.description == "libLadder.so: ladder: 'rungs' is 99; expected an integer from 1 to 64")
}

/// Every parameter of a shipped family, and its networks, survive the way through JSON.
@Test func aSchemaSurvivesTheWayThroughJSON() throws {
  let original = FullyConnectedFamily()
  let exported = ExportedPlugin(families: [original])
  let collector = DiagnosticCollector(SourceText(name: "reply", text: ""))
  func member(_ key: String, of request: String) throws -> YAMLNode {
    let reply = try parseJSON(Array(exported.reply(to: Array(request.utf8)).utf8))
    return try #require(reply.entries?.first { $0.key.text == key }?.value, "\(reply)")
  }
  let families = try #require(try member("families", of: #"{"id":1,"call":"describe"}"#).elements)
  let family = try #require(families.first)
  let described = try #require(FamilyReader(collector: collector).family(family))
  #expect(described.parameters == original.parameters)
  #expect(described.summary == original.summary)

  let choices: Choices = ["depth": .integer(3), "width": .list([7, 6, 5].map { .integer($0) })]
  let made = try member(
    "network",
    of: #"{"id":2,"call":"make","family":"fully_connected","input":[4],"outputs":2,"choices":"#
      + choices.canonicalJSON + "}")
  let network = try original.makeNetwork(original.validated(choices), input: .features(4), outputs: 2)
  #expect(NetworkFile.read(made, collector: collector)?.network == network, "\(collector.diagnostics)")

  let refused = exported.reply(to: Array(#"{"id":2,"call":"make","family":"fully_conected"}"#.utf8))
  #expect(refused.contains(#""id":2,"error""#) && refused.contains("did you mean 'fully_connected'?"))
  #expect(exported.reply(to: Array("nonsense".utf8)).contains("the request is no JSON"))
}
