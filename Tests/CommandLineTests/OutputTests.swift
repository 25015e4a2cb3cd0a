import Foundation
import Testing

@Suite struct OutputTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private let hugeSpace = """
    family: fully_connected
    input: {shape: [8], outputs: 2, samples: 4}
    choices:
      depth: {from: 1, to: 1000}
      width: {from: 1, to: 100000}
      activation: [relu, tanh, gelu]

    """

  @Test(arguments: ["table", "json", "csv", "markdown"])
  func aReaderThatLeavesEndsTheProgramQuietly(format: String) throws {
    let space = try folder.write(hugeSpace, to: "huge.yaml")
    let result = try Tool.shell(
      "{ \"$TOOL\" enumerate \(space) --format \(format); echo \"exit $?\" >&2; } | head -n 1", in: folder)
    #expect(result.output.split(separator: "\n").count == 1)
    #expect(result.errors == "exit 0\n")
  }

  @Test func aRankingCanBeCutShortByItsReader() throws {
    let result = try Tool.shell(
      "{ \"$TOOL\" rank \(Tool.tinySpace) --no-store --quiet; echo \"exit $?\" >&2; } | head -n 1", in: folder
    )
    #expect(result.output == "tiny: 12 candidates ranked by κ, lowest first\n")
    #expect(result.errors == "exit 0\n")
  }

  @Test func aHugeSpaceIsCountedAtOnce() throws {
    let space = try folder.write(hugeSpace, to: "huge.yaml")
    let result = try Tool.run(["enumerate", space, "--count"], in: folder)
    #expect(result.output == "300000000\n")
  }

  @Test func budgetsAreKeptInCountsAndLists() throws {
    let space = try folder.write(
      """
      family: fully_connected
      input: {shape: [8], outputs: 2, samples: 4}
      choices: {depth: [1, 2, 3], width: [4, 8, 16]}
      constraints: {depth: {at_most: 3}}

      """, to: "budgeted.yaml")
    // The readout counts towards depth, so three hidden layers are one too many.
    #expect(try Tool.run(["enumerate", space, "--count"], in: folder).output == "6\n")
    let listed = try Tool.run(["enumerate", space, "--format", "csv"], in: folder).output.split(
      separator: "\n")
    #expect(listed.count == 7)
    #expect(listed[0] == "id,depth,width")
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func aFullDiskBehindStandardOutputIsAFailure() throws {
    let result = try Tool.shell("\"$TOOL\" rank \(Tool.tinySpace) --no-store --quiet > /dev/full", in: folder)
    #expect(result.exitCode == 1)
    #expect(result.errors.hasPrefix("ntkscorer: error: standard output: cannot be written"))
  }

  @Test func enumerateStopsAtItsLimit() throws {
    let result = try Tool.run(["enumerate", Tool.tinySpace, "--limit", "3", "--format", "json"], in: folder)
    let list = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]]
    #expect(list?.count == 3)
    #expect(
      try Tool.run(["enumerate", Tool.tinySpace, "--limit", "0", "--format", "json"], in: folder).output
        == "[]\n")
  }
}

@Suite struct ListTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  @Test func pluginsListHoldsTheWholeSchema() throws {
    let document = try jsonObject(try Tool.run(["plugins", "list", "--format", "json"], in: folder).output)
    let families = try #require(document["families"] as? [[String: Any]])
    let names = families.compactMap { $0["name"] as? String }
    #expect(names == names.sorted() && names.contains("convolutional"))
    let family = try #require(families.first { $0["name"] as? String == "fully_connected" })
    let parameters = try #require(family["parameters"] as? [[String: Any]])
    let depth = try #require(parameters.first { $0["name"] as? String == "depth" })
    #expect(depth["type"] as? String == "integer")
    #expect(depth["documentation"] is String)
    #expect(try Tool.run(["plugins", "list", "fully_connected"], in: folder).output.contains("  width\n"))
  }

  @Test func unknownNamesSuggestTheNearest() throws {
    let family = try Tool.run(["plugins", "list", "convolutionl"], in: folder)
    #expect(family.exitCode == 2)
    #expect(family.errors.contains("did you mean 'convolutional'?"))
    let metric = try Tool.run(["metrics", "list", "conditon_number"], in: folder)
    #expect(metric.exitCode == 2)
    #expect(metric.errors.contains("did you mean 'conditionNumber'?"))
  }

  @Test func metricsListNamesTheHeadlineFirst() throws {
    #expect(try Tool.run(["metrics", "list"], in: folder).output.hasPrefix("condition_number  κ\n"))
    let document = try jsonObject(try Tool.run(["metrics", "list", "--format", "json"], in: folder).output)
    let metrics = try #require(document["metrics"] as? [[String: Any]])
    #expect(metrics[0]["name"] as? String == "conditionNumber")
  }
}
