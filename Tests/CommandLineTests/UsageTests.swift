import Testing

@Suite struct UsageTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  @Test func unknownCommandSuggestsTheNearest() throws {
    let result = try Tool.run(["rnk", "space.yaml"], in: folder)
    #expect(result.exitCode == 64)
    #expect(result.errors.hasPrefix("ntkscorer: error: unknown command 'rnk'; did you mean 'rank'?"))
    #expect(result.output.isEmpty)
  }

  @Test func unknownOptionSuggestsTheNearest() throws {
    let result = try Tool.run(["rank", Tool.tinySpace, "--limt", "3"], in: folder)
    #expect(result.exitCode == 64)
    #expect(result.errors.contains("'--limit'"))
  }

  @Test(arguments: [
    ["rank"], ["rank", "a.yaml", "b.yaml"], ["rank", "a.yaml", "--limit", "0"],
    ["rank", "a.yaml", "--limit", "x"],
    ["rank", "a.yaml", "--memory", "3 bananas"], ["rank", "a.yaml", "--seeds", "0"],
    ["rank", "a.yaml", "--seeds", "1,1"], ["rank", "a.yaml", "--threads", "0"],
    ["rank", "a.yaml", "--format", "xml"],
    ["rank", "a.yaml", "--quiet", "--verbose"], ["rank", "a.yaml", "--store", "s", "--no-store"],
    ["kernel", "a.yaml"], ["kernel", "a.yaml", "--inputs", "x", "--repeat", "-1"],
    ["kernel", "a.yaml", "--inputs", "x", "--precision", "half"],
    ["score", "a", "--candidate", "x", "--choices", "y"],
    ["validate"], ["store", "nonsense"], ["--nonsense"],
    ["dynamics", "--labels", "y"], ["dynamics", "a.yaml", "--kernel", "k", "--labels", "y"],
    ["dynamics", "a.yaml", "--labels", "y"], ["dynamics", "--kernel", "k", "--labels", "y", "--inputs", "x"],
    ["dynamics", "--kernel", "k", "--labels", "y", "--steps", "5", "--until", "3"],
    ["dynamics", "--kernel", "k", "--labels", "y", "--loss", "huber"],
    ["dynamics", "--kernel", "k", "--labels", "y", "--plot-predictions", "f.svg"],
    ["meanfield", "--activation", "tanh", "--weight-variance", "1", "--pooled-positions=-5"],
    ["meanfield", "--activation", "tanh", "--weight-variance", "1", "--samples", "0"],
    ["meanfield", "--activation", "tanh"], ["meanfield", "--activation", "tahn", "--weight-variance", "1"],
    ["meanfield", "--activation", "tanh:0.5", "--weight-variance", "1"],
    ["meanfield", "--activation", "tanh", "--diagram", "d.svg", "--weight-variances", "3:1"],
    ["meanfield", "--activation", "tanh", "--weight-variance", "1", "--weight-variances", "1:3"],
    ["meanfield", "--activation", "tanh", "--weight-variance", "1", "--format", "csv"],
  ])
  func wrongUsageExitsWith64AndSaysSo(arguments: [String]) throws {
    let result = try Tool.run(arguments, in: folder)
    #expect(result.exitCode == 64)
    #expect(result.errors.hasPrefix("ntkscorer: error: "))
    #expect(result.output.isEmpty)
  }

  @Test(arguments: [
    [], ["rank"], ["score"], ["kernel"], ["validate"], ["enumerate"], ["plugins", "list"],
    ["metrics", "list"], ["dynamics"], ["meanfield"],
    ["store", "list"], ["store", "export"], ["bench"], ["explain"], ["schema"],
  ])
  func helpTeachesByExample(command: [String]) throws {
    let result = try Tool.run(command + ["--help"], in: folder)
    #expect(result.exitCode == 0)
    #expect(result.output.contains("EXAMPLES\n  ntkscorer \(command.joined(separator: " "))"))
    #expect(result.errors.isEmpty)
  }

  @Test func versionIsPrinted() throws {
    let result = try Tool.run(["--version"], in: folder)
    #expect(result.exitCode == 0)
    #expect(result.output.hasPrefix("ntkscorer 0."))
  }
}
