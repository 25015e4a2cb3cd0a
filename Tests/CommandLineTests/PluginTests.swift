import Foundation
import PluginScripts
import Testing

private let examples = Tool.repository.appendingPathComponent("Plugins/Examples").path
private let hasPython =
  (try? Tool.shell("python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))'", in: ScratchFolder()))?
  .exitCode == 0

private func space(_ family: String, _ choices: String, more: String = "") -> String {
  """
  \(more)
  family: \(family)
  input: {shape: [12], outputs: 4, samples: 6}
  choices: {\(choices)}
  scoring: {seeds: 1}

  """
}

private func ranked(_ result: Finished) throws -> Int? {
  (try jsonObject(result.output)["candidates"] as? [Any])?.count
}

@Suite struct PluginTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  @Test(.enabled(if: hasPython, "needs python3")) func thePythonExamplePassesTheSuiteAndRanks() throws {
    let check = try Tool.run(["plugins", "check", "\(examples)/pyramid.py", "--format", "json"], in: folder)
    #expect(check.exitCode == 0, "\(check.output)")
    #expect(try jsonObject(check.output)["passed"] as? Bool == true)
    let file = try folder.write(space("pyramid", "width: [16, 32], ratio: [0.5, 1]"), to: "space.yaml")
    let result = try Tool.run(
      ["rank", file, "--plugin", "\(examples)/pyramid.py", "--no-store", "--format", "json"], in: folder)
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(try ranked(result) == 4)
  }

  /// Where narrowing leaves nothing, the family says so, and the rest is ranked.
  @Test(.enabled(if: hasPython, "needs python3")) func thePluginsWordsReachTheUser() throws {
    let file = try folder.write(
      space("pyramid", "width: [8, 32], ratio: [0.1, 1]", more: "plugins: ['\(examples)/pyramid.py']"),
      to: "space.yaml")
    let result = try Tool.run(["rank", file, "--no-store", "--format", "json"], in: folder)
    #expect(result.exitCode == 0)
    #expect(try ranked(result) == 2)
    #expect(result.output.contains("would have no units; expected a larger width or ratio"))
  }

  @Test(arguments: [[], ["--trust-plugin"]]) func theSwiftExamplePassesTheSuiteAndRanks(trust: [String])
    throws
  {
    let library = builtLibrary("Ladder")
    let check = try Tool.run(["plugins", "check", library] + trust, in: folder)
    #expect(check.exitCode == 0, "\(check.output)")
    #expect(check.output.contains("ok    ladder: networks over the parameters' ranges"))
    let file = try folder.write(space("ladder", "rungs: [1, 2], width: [8, 9]"), to: "space.yaml")
    let result = try Tool.run(
      ["rank", file, "--plugin", library, "--no-store", "--format", "json"] + trust, in: folder)
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(try ranked(result) == 4)
  }

  @Test func theMetricExampleIsListedAndRanksBy() throws {
    let library = builtLibrary("SampleCoherence")
    let check = try Tool.run(["plugins", "check", library], in: folder)
    #expect(check.exitCode == 0, "\(check.output)")
    let list = try Tool.run(["plugins", "list", "--plugin", library, "--format", "json"], in: folder)
    let metrics = try #require(try jsonObject(list.output)["metrics"] as? [[String: Any]])
    #expect(metrics.compactMap { $0["name"] as? String } == ["sampleCoherence"])
    #expect(metrics.first?["source"] as? String == library)
    #expect((metrics.first?["contentHash"] as? String)?.count == 64)
    let file = try folder.write(
      space("fully_connected", "width: [8, 64]", more: "ranking: {by: sample_coherence}"), to: "space.yaml")
    let result = try Tool.run(
      ["rank", file, "--plugin", library, "--no-store", "--format", "json"], in: folder)
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(try ranked(result) == 2)
    let without = try Tool.run(["rank", file, "--no-store"], in: folder)
    #expect(without.exitCode == 2 && without.errors.contains("sample_coherence"))
  }

  @Test(.enabled(if: hasPython, "needs python3")) func theOverheadIsMeasured() throws {
    let benchmark = Tool.repository.appendingPathComponent("Benchmarks/plugin-overhead").path
    let result = try Tool.shell(
      "PYTHONDONTWRITEBYTECODE=1 '\(benchmark)' --ntkscorer \"$TOOL\" --candidates 40 --repeat 1", in: folder)
    #expect(result.exitCode == 0, "\(result.errors)")
    let rows = result.output.split(separator: "\n").dropFirst(2)
    #expect(rows.count == 5)
  }

  /// What docs/plugins.md tells a stranger to write is the example, and does what it says.
  @Test(.enabled(if: hasPython, "needs python3")) func theDocumentedWayWorks() throws {
    let guide = try String(
      contentsOf: Tool.repository.appendingPathComponent("docs/plugins.md"), encoding: .utf8)
    func block(_ language: String) throws -> String {
      let parts = guide.split(separator: "```\(language)\n", maxSplits: 1, omittingEmptySubsequences: false)
      let rest = try #require(parts.dropFirst().first)
      return String(try #require(rest.split(separator: "```", maxSplits: 1).first))
    }
    let program = try folder.write(try block("python"), to: "pyramid.py")
    #expect(try block("python") == String(contentsOfFile: "\(examples)/pyramid.py", encoding: .utf8))
    let file = try folder.write(try block("yaml"), to: "space.yaml")
    let result = try Tool.shell(
      "chmod +x '\(program)' && \"$TOOL\" plugins check '\(program)' && \"$TOOL\" rank '\(file)' --no-store --top 3",
      in: folder)
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    // The table that the guide shows.
    let table = try #require(guide.split(separator: "\nrank  id").dropFirst().first)
    let rows = table.split(separator: "\n").dropFirst().prefix(3)
    #expect(rows.count == 3)
    for row in rows { #expect(result.output.contains(row), "\(row)") }
  }

  @Test func aPluginThatFailsTheSuiteIsReported() throws {
    let result = try Tool.run(
      ["plugins", "check", builtLibrary("FaultyFamily"), "--plugin-timeout", "1"], in: folder)
    #expect(result.exitCode == 2)
    #expect(result.output.contains("FAIL  faulty: networks over the parameters' ranges"))
    #expect(result.errors.contains("1 check of 5 failed"))
  }

  @Test func thePluginFolderIsSearchedAndTheWorkingDirectoryIsNot() throws {
    let script = try PluginScript()
    let file = try folder.write(space("scripted", "width: [3]"), to: "space.yaml")
    try FileManager.default.copyItem(atPath: script.path, toPath: folder.file("scripted.sh"))
    let without = try Tool.run(["rank", file, "--no-store"], in: folder)
    #expect(without.exitCode == 2)
    #expect(without.errors.contains("scripted"))
    let place = folder.file("data/ntkscorer/plugins")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: script.path, toPath: place + "/scripted.sh")
    let environment = ["XDG_DATA_HOME": folder.file("data")]
    let with = try Tool.run(["rank", file, "--no-store"], in: folder, environment: environment)
    #expect(with.exitCode == 0, "\(with.errors)")
    let list = try Tool.run(["plugins", "list", "scripted"], in: folder, environment: environment)
    #expect(list.output.contains("scripted (version 1)"))
    #expect(list.output.contains("SHA-256"))
    #expect(list.output.contains("an integer of at least 1; default 4"))
  }

  @Test func aPluginThatCannotBeUsedIsNamedWithItsWords() throws {
    let file = try folder.write(space("scripted", "width: [3]"), to: "space.yaml")
    let script = try folder.write("#!/bin/sh\necho 'no licence' >&2\nexit 1\n", to: "bad.sh")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    let result = try Tool.run(["rank", file, "--plugin", script, "--no-store"], in: folder)
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("bad.sh: it ended with exit code 1"))
    #expect(result.errors.contains("its last words: no licence"))
  }

  /// What a text may say only the family knows, so that the suite can try nothing.
  @Test func aRequiredTextIsNoFailureOfTheSuite() throws {
    let script = try PluginScript(
      description:
        #""families":[{"name":"scripted","version":"1","parameters":[{"name":"plan","type":"text","form":"a plan","documentation":"Layers."}]}]"#
    )
    let result = try Tool.run(["plugins", "check", script.path], in: folder)
    #expect(result.exitCode == 0, "\(result.output)")
    #expect(result.output.contains("cannot be tried: only the family knows what the text 'plan' may say"))
  }

  /// How a plugin ended is known also to a program whose own parent ignores the ends of its children.
  @Test func endsAreToldWhereTheyAreIgnored() throws {
    let script = try folder.write("#!/bin/sh\nexit 3\n", to: "bad.sh")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    let result = try Tool.shell(
      "trap '' CHLD; \"$TOOL\" plugins list --plugin '\(script)'", in: folder)
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("bad.sh: it ended with exit code 3"), "\(result.errors)")
  }

  /// What is made for a plugin counts as memory: for every number of a kernel 25 bytes of text, or 16 for a library.
  @Test func whatIsSentToAPluginIsInTheMemorysEstimate() throws {
    let script = try PluginScript(
      description:
        #""metrics":[{"name":"told","version":"1","explanation":"A number.","direction":"higher","needs":["tangent_kernel"]}]"#
    )
    func estimate(_ metric: String, _ plugin: String) throws -> Int {
      let file = try folder.write(
        """
        family: fully_connected
        input: {shape: [2], outputs: 1, samples: 200}
        choices: {width: [8]}
        scoring: {seeds: 1, metrics: [\(metric)]}
        ranking: {by: \(metric)}

        """, to: "\(metric).yaml")
      let result = try Tool.run(
        ["rank", file, "--plugin", plugin, "--dry-run", "--no-store", "--format", "json"], in: folder)
      #expect(result.exitCode == 0, "\(result.errors)")
      return try #require(jsonObject(result.output)["largestCandidateBytes"] as? Int, "\(result.output)")
    }
    let library = try estimate("sample_coherence", builtLibrary("SampleCoherence"))
    #expect(try estimate("told", script.path) - library == (25 - 16) * 200 * 200)
  }

  /// Nothing that a plugin started is left when the program is.
  @Test(arguments: [SIGTERM, SIGKILL]) func nothingOutlivesTheProgram(signal: Int32) throws {
    let script = try PluginScript(
      unlucky: "echo $$ > \"${0%/*}/fork\"; sleep 9973; echo '{\"id\":'$id',\"network\":{}}'")
    let file = try folder.write(space("scripted", "width: [13]"), to: "space.yaml")
    let run = try Tool.start(
      ["rank", file, "--plugin", script.path, "--no-store", "--plugin-timeout", "600"], in: folder)
    var child: Int32?
    for _ in 0..<3000 where child == nil {
      usleep(10_000)
      child = script.text(of: "fork").flatMap { Int32($0) }
    }
    let identifier = try #require(child)
    run.send(signal)
    // The first one asks to stop, and the hung plugin does not; the second ends the program at once.
    if signal == SIGTERM {
      usleep(500_000)
      run.send(signal)
    }
    _ = try run.wait()
    #expect(hasEnded(identifier))
  }
}
