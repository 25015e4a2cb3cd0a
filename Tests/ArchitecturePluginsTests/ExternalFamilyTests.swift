import ArchitecturePlugins
import Foundation
import NetworkGraph
import PluginHosting
import PluginScripts
import Testing
import YAMLDocuments

private func families(_ members: String) throws -> [ExternalFamily] {
  let script = try PluginScript(description: members)
  return try Plugin(path: script.path).families()
}

/// One family with these parameters.
private func family(_ parameters: String) throws -> [ExternalFamily] {
  try families(#""families":[{"name":"f","version":"1","parameters":["# + parameters + "]}]")
}

private func mistake(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "none"
  } catch { return "\(error)" }
}

@Test func parametersOfEveryKindAreDescribed() throws {
  let family = try #require(
    try family(
      #"""
      {"name":"depth","type":"integer","minimum":1,"maximum":9,"default":2,"documentation":"D."},
      {"name":"width","type":"integer_or_list","minimum":1,"default":[8,4],"documentation":"W."},
      {"name":"ratio","type":"real","minimum":0.5,"maximum":2,"default":1,"documentation":"R."},
      {"name":"bias","type":"boolean","required":false,"documentation":"B."},
      {"name":"kind","type":"choice","choices":["a","b"],"documentation":"K."},
      {"name":"plan","type":"text","form":"a plan such as a-b","default":"a-b","documentation":"P."}
      """#.replacingOccurrences(of: "\n", with: " ")
    ).first)
  #expect(
    family.parameters.map(\.kind) == [
      .integer(1...9), .integerOrList(1 ... .max), .real(0.5...2), .boolean, .choice(["a", "b"]),
      .text("a plan such as a-b"),
    ])
  #expect(
    family.parameters.map(\.defaultValue) == [
      .integer(2), .list([.integer(8), .integer(4)]), .real(1), nil, nil, .text("a-b"),
    ])
  #expect(family.parameters.map(\.isOptional) == [false, false, false, true, false, false])
  #expect(family.version == "1+sha256.\(family.plugin.contentHash)")
}

@Test(arguments: [
  (
    #"{"name":"a","type":"boolean","documentation":"A."},{"name":"a","type":"boolean","documentation":"A."}"#,
    "two parameters are called 'a'"
  ),
  (#"{"name":"a","type":"interger","minimum":1,"documentation":"A."}"#, "did you mean 'integer'?"),
  (#"{"name":"a","type":"integer","documentation":"A."}"#, "the parameter a lacks the key 'minimum'"),
  (
    #"{"name":"a","type":"integer","minimum":5,"maximum":1,"documentation":"A."}"#,
    "minimum 5 above the maximum 1"
  ),
  (
    #"{"name":"a","type":"integer","minimum":1,"default":0,"documentation":"A."}"#,
    "expected an integer of at least 1"
  ),
  (#"{"name":"a","type":"choice","choices":[],"documentation":"A."}"#, "has no choices"),
  (
    #"{"name":"a","type":"choice","choices":["relu"],"default":"rleu","documentation":"A."}"#,
    "did you mean 'relu'?"
  ),
  (
    #"{"name":"A b","type":"boolean","documentation":"A."}"#,
    "expected lowercase letters, digits and underscores"
  ),
  (#"{"name":"a","type":"boolean"}"#, "the parameter a lacks the key 'documentation'"),
  (#"{"name":"a","type":"boolean","documentation":"A.","defualt":true}"#, "did you mean 'default'?"),
  (
    #"{"name":"a","type":"boolean","documentation":"A.","default":true,"required":true}"#,
    "is required and has a default"
  ),
  (#"7"#, "must be a mapping"),
])
func wrongSchemasAreExplained(parameters: String, words: String) {
  let message = mistake { _ = try family(parameters) }
  #expect(message.hasPrefix("scripted.sh: "))
  #expect(message.contains(words), "\(message)")
}

@Test func familiesNeedNamesOfTheirOwn() {
  let twice = #"{"name":"f","version":"1","parameters":[]}"#
  #expect(
    mistake { _ = try families("\"families\":[\(twice),\(twice)]") }.contains("two families are called 'f'"))
  #expect(
    mistake { _ = try families(#""families":[{"name":"f"}]"#) }.contains("a family lacks the key 'version'"))
}

@Test func aNetworkIsWhatThePluginSays() throws {
  let script = try PluginScript()
  let family = try #require(try Plugin(path: script.path).families().first)
  let network = try family.makeNetwork(["width": .integer(6)], input: .features(12), outputs: 4)
  #expect(
    network.nodes.map(\.shape) == [.features(12), .features(12), .features(6), .features(6), .features(4)])
  #expect(
    mistake { _ = try family.makeNetwork(["width": .integer(13)], input: .features(12), outputs: 4) }
      == "scripted.sh: thirteen is unlucky")
}

@Test(arguments: ScriptFault.all)
func everyFaultIsExplained(_ scripted: ScriptFault) throws {
  let script = try PluginScript(unlucky: scripted.unlucky)
  var limits = PluginLimits()
  limits.callSeconds = 1
  let family = try #require(try Plugin(path: script.path, limits: limits).families().first)
  let message = mistake {
    _ = try family.makeNetwork(["width": .integer(13)], input: .features(12), outputs: 4)
  }
  for words in ["scripted.sh: "] + scripted.words {
    #expect(message.contains(words), "\(message)")
  }
  #expect(message.utf8.count < 8000)
}
