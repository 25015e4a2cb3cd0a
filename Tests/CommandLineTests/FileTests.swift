import Testing

@Suite struct FileTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  static let space = """
    family: fully_connected
    input: {shape: [4], outputs: 2, samples: 4}
    choices: {depth: [1, 2]}

    """

  @Test func malformedYAMLIsToldWithItsPlace() throws {
    let path = try folder.write("family: fully_connected\ninput: {shape: [4]\n", to: "bad.yaml")
    for command in ["rank", "validate", "enumerate", "score"] {
      let result = try Tool.run([command, path], in: folder)
      #expect(result.exitCode == 2)
      #expect(result.errors.hasPrefix("\(path):3:1: error: "), "\(command): \(result.errors)")
      #expect(result.output.isEmpty)
    }
  }

  @Test func everyMistakeIsToldAtOnce() throws {
    let path = try folder.write(
      "family: fuly_connected\ninput: {shape: [4], outputs: 2}\nranking: {by: conditon_number}\nsurplus: 1\n",
      to: "bad.yaml")
    let result = try Tool.run(["validate", path], in: folder)
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("\(path):1:9: error: "))
    #expect(result.errors.contains("did you mean 'fully_connected'?"))
    #expect(result.errors.contains("\(path):3:15: error: "))
    #expect(result.errors.contains("did you mean 'condition_number'?"))
    #expect(result.errors.contains("\(path):4:1: error: "))
  }

  @Test(arguments: ["rank", "score", "validate", "enumerate"])
  func missingFileIsInvalidInput(command: String) throws {
    let result = try Tool.run([command, "nowhere.yaml"], in: folder)
    #expect(result.exitCode == 2)
    #expect(result.errors == "nowhere.yaml: error: there is no such file\n")
  }

  @Test func validateSumsUpGoodFilesAndGoesOnAfterBadOnes() throws {
    let good = try folder.write(Self.space, to: "good.yaml")
    let bad = try folder.write("family: [", to: "bad.yaml")
    let network = try folder.write(
      "input: [4]\nlayers:\n  - {op: dense, units: 3}\n  - {op: relu}\n  - {op: dense, units: 2}\n",
      to: "net.yaml")
    let result = try Tool.run(["validate", good, bad, network], in: folder)
    #expect(result.exitCode == 2)
    #expect(
      result.output == """
        \(good): search space 'good': 2 candidates of fully_connected, depth (2), input [4], \
        4 samples, 3 seeds, ranked by condition_number
        \(network): network: 3 layers, input [4], 2 outputs, 23 parameters, 18 multiply–adds

        """)
    #expect(result.errors.hasPrefix("\(bad):"))
  }

  @Test func aFileOfNeitherKindIsToldApart() throws {
    let path = try folder.write("famly: fully_connected\n", to: "odd.yaml")
    let result = try Tool.run(["validate", path], in: folder)
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("neither a search space"))
    #expect(result.errors.contains("did you mean 'family'?"))
  }

  @Test func whatFilesSayDoesNotSteerTheTerminal() throws {
    _ = try folder.write("a,b\n1,\u{1B}[2J\n3,4\n", to: "data.csv")
    let space = try folder.write(
      """
      name: "\\e[31mred"
      family: fully_connected
      input: {shape: [2], outputs: 1, samples: 2, dataset: {kind: csv, path: data.csv, header: true}}
      fixed: {depth: 1, width: 4}

      """, to: "hostile.yaml")
    let valid = try Tool.run(["validate", space], in: folder)
    #expect(valid.exitCode == 0 && valid.output.contains("\u{FFFD}[31mred"))
    let ranked = try Tool.run(["rank", space, "--no-store"], in: folder)
    #expect(ranked.exitCode == 2 && ranked.errors.contains("'\u{FFFD}[2J' is not a number"))
    for text in [valid.output, valid.errors, ranked.output, ranked.errors] {
      #expect(!text.contains("\u{1B}"))
    }
  }

  @Test func missingDatasetIsToldWhereItIsNamed() throws {
    let path = try folder.write(
      "family: fully_connected\ninput:\n  shape: [4]\n  outputs: 2\n  dataset: {kind: npy, path: gone.npy}\n",
      to: "space.yaml")
    let result = try Tool.run(["rank", path, "--no-store"], in: folder)
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("\(path):5:"))
    #expect(result.errors.contains("gone.npy"))
  }

  @Test func aTableIsRankedOnOrItsMistakeIsNamed() throws {
    let path = try folder.write(
      """
      family: fully_connected
      input:
        shape: [2]
        outputs: 2
        samples: 4
        dataset: {kind: csv, path: t.csv, label: species, ignore: [id], standardize: true, balanced: true}
      choices: {width: [16, 32]}

      """, to: "space.yaml")
    _ = try folder.write("id,a,b,species\n1,5.1,3.5,x\n2,4.9,,x\n", to: "t.csv")
    let wrong = try Tool.run(["rank", path, "--no-store"], in: folder)
    #expect(wrong.exitCode == 2)
    #expect(wrong.errors.contains("t.csv: line 3: row 1: column 'b': the value is missing"))
    _ = try folder.write(
      "id,a,b,species\n1,5.1,3.5,x\n2,4.9,1,x\n3,1,2,y\n4,7,1,y\n5,2,8,x\n", to: "t.csv")
    let right = try Tool.run(["rank", path, "--no-store"], in: folder)
    #expect(right.exitCode == 0)
    #expect(right.output.contains("4 csv samples"))
  }
}
