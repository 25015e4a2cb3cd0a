import Testing

/// `--include` and `--where`, conditions and includes, as users meet them.
@Suite struct FilterCommandTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private static let space = """
    family: fully_connected
    input: {shape: [4], outputs: 2, samples: 4}
    choices:
      depth: {from: 1, to: 3}
      residual: {values: [true, false], when: depth > 1}
      width: [4, 8]
    constraints:
      where: depth * width <= 16
    scoring: {seeds: 1}

    """

  @Test func filtersChooseWhatIsEnumeratedAndRanked() throws {
    let path = try folder.write(Self.space, to: "space.yaml")
    func count(_ filters: [String]) throws -> String {
      try Tool.run(["enumerate", path, "--count"] + filters, in: folder).output
    }
    #expect(try count([]) == "8\n")
    #expect(try count(["--include", "depth=1,3"]) == "4\n")
    #expect(try count(["--include", "depth=1", "--include", "depth=3"]) == "4\n")
    #expect(try count(["--where", "residual", "--where", "width < 8"]) == "2\n")
    let ranked = try Tool.run(
      ["rank", path, "--no-store", "--include", "width=8", "--where", "depth > 1", "--format", "csv"],
      in: folder)
    #expect(ranked.exitCode == 0)
    #expect(ranked.output.split(separator: "\n").count == 1 + 2)
  }

  @Test func wrongFiltersAreInvalidInput() throws {
    let path = try folder.write(Self.space, to: "space.yaml")
    for (filters, message) in [
      (["--include", "depth"], "--include: 'depth' is not name=value,…"),
      (["--include", "dpeth=1"], "did you mean 'depth'?"), (["--where", "depth >"], "--where:1:8: error: "),
      (["--where", "depth > 7"], "no candidate of 'space' passes the filter"),
    ] {
      let result = try Tool.run(["enumerate", path] + filters, in: folder)
      #expect(result.exitCode == 2)
      #expect(result.errors.contains(message), "\(result.errors)")
      #expect(result.output.isEmpty)
    }
  }

  @Test func aCandidateIsNamedByTheChoicesThatItHas() throws {
    let path = try folder.write(Self.space, to: "space.yaml")
    func errors(_ choices: String) throws -> String {
      try Tool.run(["score", path, "--no-store", "--choices", choices], in: folder).errors
    }
    #expect(try errors("depth=1,width=4").contains("computed"))
    #expect(
      try errors("depth=1,width=4,residual=true").contains(
        "'residual' has no part in this candidate; it has one when depth > 1"))
    #expect(
      try errors("depth=2,width=4").contains("--choices gives no 'residual'; expected one of true, false"))
    #expect(
      try errors("depth=3,width=8,residual=true").contains(
        "these choices break the constraint 'depth * width <= 16' of 'space'"))
    let unnamed = try Tool.run(["score", path, "--no-store"], in: folder)
    #expect(unnamed.errors.contains("--choices depth=1,width=4\n"))
  }

  @Test func includedMistakesAreToldWithAllOthers() throws {
    _ = try folder.write("input: {shape: [0], outputs: 2}\n", to: "common.yaml")
    let path = try folder.write("include: common.yaml\nfamily: fully_conected\nfamily: x\n", to: "space.yaml")
    let result = try Tool.run(["validate", path], in: folder)
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("\(path):2:9: error: 'family' is 'fully_conected'"))
    #expect(result.errors.contains("\(path):3:1: error: duplicate key 'family'"))
    #expect(result.errors.contains("\(folder.path)/common.yaml:1:17: error: a size in 'shape' is '0'"))
    #expect(result.errors.contains("3 errors"))
  }
}
