import ArchitectureScorer
import Foundation
import PluginHosting
import PluginScripts
import ResultStorage
import Testing
import Trainability
import YAMLDocuments

private func scripted(_ widths: String) -> String {
  """
  family: scripted
  input: {shape: [12], outputs: 4, samples: 6}
  choices: {width: [\(widths)]}
  scoring: {seeds: 1}
  """
}

private var hasty: PluginLimits {
  var limits = PluginLimits()
  (limits.startSeconds, limits.callSeconds) = (5, 1)
  return limits
}

@Test(arguments: ScriptFault.all)
func everyFaultCostsItsCandidateOnly(_ fault: ScriptFault) throws {
  let script = try PluginScript(unlucky: fault.unlucky)
  let scorer = try Scorer().adding(try Plugin(path: script.path, limits: hasty))
  let result = try scorer.rank(try scorer.space(scripted("12, 13, 14")))
  #expect(result.ending == .complete)
  #expect(Set(result.candidates.compactMap { $0.choices["width"] }) == [.integer(12), .integer(14)])
  let failed = try #require(result.failed.first)
  #expect(
    result.failed.count == 1 && failed.outcome == .pluginError && failed.choices["width"] == .integer(13))
  for words in fault.words { #expect(failed.message?.contains(words) == true, "\(failed.message ?? "")") }
}

@Test func aChangedPluginNeverServesOldScores() throws {
  let store = try ResultStore.inMemory()
  let script = try PluginScript()
  func ranked() throws -> RankingResult {
    let scorer = try Scorer().adding(try Plugin(path: script.path))
    return try scorer.rank(try scorer.space(scripted("8, 9")), store: store)
  }
  let first = try ranked()
  #expect(first.counts.computed == 2)
  #expect(try ranked().counts.fromStore == 2)
  let text = try #require(script.text(of: "scripted.sh"))
  try script.write(text + "\n# a comment, and it is another plugin\n")
  let changed = try ranked()
  #expect(changed.counts.fromStore == 0 && changed.counts.computed == 2)
  #expect(first.identity.familyVersion?.hasPrefix("1+sha256.") == true)
  #expect(first.identity.familyVersion != changed.identity.familyVersion)
  try script.write(text + "\n")
}

@Test func aNameThatIsTakenIsRefused() throws {
  let script = try PluginScript()
  let plugin = try Plugin(path: script.path)
  let error = #expect(throws: PluginFault.self) { try Scorer().adding(plugin).adding(plugin) }
  #expect(error?.message.contains("its family 'scripted' has the name of another") == true)
}

// MARK: Where plugins are found

@Test func aSpaceListsItsPlugins() throws {
  let script = try PluginScript()
  let source = SourceText(
    name: script.file("space.yaml"), text: "plugins: [scripted.sh]\n" + scripted("3"))
  let sources = PluginSources(folder: nil)
  let scorer = try Scorer().addingPlugins(sources, for: source)
  #expect(try scorer.rank(try scorer.readSpace(source)).candidates.count == 1)

  let wrong = SourceText(name: script.file("space.yaml"), text: "plugins: [absent.sh]\n" + scripted("3"))
  let error = #expect(throws: InvalidDocument.self) { try Scorer().addingPlugins(sources, for: wrong) }
  #expect(error?.description.contains("space.yaml:1:11: error: ") == true)
  #expect(error?.description.contains("there is no such file") == true)
}

/// The folder is looked into only for names that nothing else has, and what is broken there stops nothing.
@Test func theFolderHasWhatIsNotKnownOtherwise() throws {
  let script = try PluginScript()
  let broken = script.file("a-broken.sh")
  try Data("#!/bin/sh\n: > \"${0%/*}/started\"\nexit 1\n".utf8).write(to: URL(fileURLWithPath: broken))
  try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: broken)
  let sources = PluginSources(folder: script.folder)
  let known = try Scorer().addingPlugins(sources, for: SourceText(name: "s.yaml", text: nineNetworks))
  #expect(!known.families.contains { $0.name == "scripted" })
  #expect(script.text(of: "started") == nil)
  let found = try Scorer().addingPlugins(sources, for: SourceText(name: "s.yaml", text: scripted("3")))
  #expect(found.families.contains { $0.name == "scripted" })
  #expect(script.text(of: "started") != nil)
}

@Test func nothingIsTakenFromTheWorkingDirectory() throws {
  let scorer = try Scorer().addingPlugins(PluginSources(folder: nil), for: nil)
  #expect(scorer.families.map(\.name) == Scorer().families.map(\.name))
  #expect(PluginSources.defaultFolder.hasPrefix("/"))
  #expect(PluginSources.defaultFolder.hasSuffix("/ntkscorer/plugins"))
}

// MARK: The conformance suite

private func failures(_ script: PluginScript) -> [PluginConformance.Check] {
  PluginConformance(path: script.path, limits: hasty).checks.filter { !$0.isPassed }
}

@Test func aGoodPluginPassesTheSuite() throws {
  let script = try PluginScript()
  let suite = PluginConformance(path: script.path)
  #expect(suite.isPassed, "\(suite.checks.filter { !$0.isPassed })")
  #expect(suite.checks.count == 7)
  let ladder = PluginConformance(path: builtLibrary("Ladder"))
  #expect(ladder.isPassed, "\(ladder.checks.filter { !$0.isPassed })")
  let trusted = PluginConformance(path: builtLibrary("Ladder"), isTrusted: true)
  #expect(trusted.isPassed && trusted.plugin?.isTrusted == true)
}

@Test func theSuiteFindsWhatRunsWouldMeet() throws {
  // The range's second value is 2.
  let misfit = try failures(
    PluginScript(
      unlucky: "", description: nil, version: #"1","x":""#))
  #expect(misfit.map(\.subject) == ["schema"])
  #expect(misfit.first?.detail.contains("unknown key 'x' in a family") == true)
}

@Test(arguments: [
  (
    "misfit",
    #"*'"width":2'[,}]*) echo '{"id":'$id',"network":{"input":'$input',"layers":[{"op":"flat"}]}}' ;;"#,
    "f: networks over the parameters' ranges", #"of {"width":2} on [12]: unknown operation 'flat'"#
  ),
  (
    "another in each process",
    #"*'"width":'*) echo '{"id":'$id',"network":{"input":'$input',"layers":[{"op":"flatten"},{"op":"dense","units":'$$'},{"op":"dense","units":'$outputs'}]}}' ;;"#,
    "f: the same choices, the same network", "another process makes another network"
  ),
  (
    "nothing ever", #"*'"width":'*) echo '{"id":'$id',"error":"never"}' ;;"#,
    "f: networks over the parameters' ranges",
    "no choices make a network; the first words: conformance.sh: never"
  ),
  (
    "death by nonsense", #"*nonsense*|*'no JSON'*) exit 4 ;;"#, "malformed requests are answered",
    "a line that is no JSON: conformance.sh: it ended with exit code 4"
  ),
])
func theSuiteFinds(_ fault: (name: String, answer: String, subject: String, words: String)) throws {
  let script = try PluginScript(name: "conformance.sh")
  try script.write(
    """
    #!/bin/sh
    while read -r line; do
      id=${line#*'"id":'}; id=${id%%[,\\}]*}
      width=${line#*'"width":'}; width=${width%%[,\\}]*}
      outputs=${line#*'"outputs":'}; outputs=${outputs%%[,\\}]*}
      input=${line#*'"input":'}; input=${input%%]*}]
      case $line in
        *'"call":"describe"'*) echo '{"id":'$id',"families":[{"name":"f","version":"1","parameters":[{"name":"width","type":"integer","minimum":1,"maximum":9,"default":4,"documentation":"W."}]}]}' ;;
        \(fault.answer)
        *'"width":'*) echo '{"id":'$id',"network":{"input":'$input',"layers":[{"op":"flatten"},{"op":"dense","units":'$outputs'}]}}' ;;
        *'"call"'*) echo '{"id":'$id',"error":"what?"}' ;;
        *) echo '{"id":null,"error":"what?"}' ;;
      esac
    done

    """)
  let failed = failures(script)
  #expect(failed.map(\.subject) == [fault.subject])
  #expect(failed.first?.detail.contains(fault.words) == true, "\(failed)")
}

@Test(arguments: [
  ("FaultyFamily", "faulty: networks over the parameters' ranges", "was killed by signal 6"),
  ("OtherVersion", "starts and describes itself", "interface version 7"),
  ("NoEntry", "starts and describes itself", "exports no function 'ntkscorer_plugin_v1'"),
])
func theSuiteFindsFaultsOfLibraries(name: String, subject: String, words: String) {
  let suite = PluginConformance(path: builtLibrary(name), limits: hasty)
  let failed = suite.checks.filter { !$0.isPassed }
  #expect(failed.first?.subject == subject)
  #expect(failed.first?.detail.contains(words) == true, "\(failed)")
}
