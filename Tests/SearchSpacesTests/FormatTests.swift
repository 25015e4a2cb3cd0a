import ArchitecturePlugins
import NetworkGraph
import SearchSpaces
import Testing
import YAMLDocuments

@Suite struct FormatTests {
  @Test func everySectionIsRead() throws {
    let space = try space(
      """
      name: everything
      description: All that a file can say.
      family: stack
      input:
        shape: [3, 32, 32]
        outputs: 10
        dataset: {kind: npz, path: data/x.npz, inputs: images, labels: y, standardize: true}
        samples: 48
        batch: fixed
      fixed: {bias: false, width: [64, 32]}
      choices:
        depth: {from: 1, to: 3}
        activation: [relu, tanh]
      constraints:
        parameters: {at_most: 1e6, at_least: 10}
        multiply_adds: {at_most: 5e7}
        depth: {at_most: 20}
      scoring:
        metrics: [effective_rank, conditionNumber]
        seeds: [3, 1]
        output_reduction: trace
        batch_norm: removed
        parameters: weights
        parameterization: ntk
        initialization: orthogonal
        precision: double
      ranking:
        rank_sum: [condition_number, multiply_adds]
      """)
    #expect(space.name == "everything")
    #expect(space.summary == "All that a file can say.")
    #expect(space.family.name == "stack")
    #expect(space.input.shape == .maps(channels: 3, height: 32, width: 32))
    #expect(space.input.outputs == 10)
    #expect(space.input.dataset == .npz(path: "data/x.npz", inputs: "images", labels: "y"))
    #expect(space.input.standardize)
    #expect(space.input.samples == 48)
    #expect(space.input.batch == .fixed)
    #expect(space.fixed == ["bias": .boolean(false), "width": .list(integers(64, 32))])
    #expect(space.axes.map(\.name) == ["depth", "activation"])
    #expect(space.axes.map(\.values) == [integers(1, 2, 3), [.text("relu"), .text("tanh")]])
    #expect(space.budgets[.parameters]?.atMost == 1_000_000)
    #expect(space.budgets[.parameters]?.atLeast == 10)
    #expect(space.budgets[.multiplyAdds]?.atMost == 50_000_000)
    #expect(space.budgets[.depth]?.atMost == 20)
    #expect(space.scoring.metrics == ["conditionNumber", "effectiveRank", "multiplyAdds"])
    #expect(space.scoring.seeds == [3, 1])
    #expect(space.scoring.outputReduction == .trace)
    #expect(space.scoring.normalizationMode == .removed)
    #expect(space.scoring.parameterFilter == .weights)
    #expect(space.scoring.parameterization == .ntk)
    #expect(space.scoring.initialization == "orthogonal")
    #expect(space.scoring.precision == .double)
    #expect(space.ranking == .rankSum(["conditionNumber", "multiplyAdds"]))
    #expect(space.resolve("data/x.npz") == "spaces/data/x.npz")
    #expect(space.resolve("/data/x.npz") == "/data/x.npz")
  }

  @Test func whatIsNotSaidHasItsDefault() throws {
    let space = try space(spaceText())
    #expect(space.name == "test")
    #expect(space.summary == nil)
    #expect(space.input.dataset == .gaussian)
    #expect(!space.input.standardize)
    #expect(space.input.samples == 32)
    #expect(space.input.batch == .perSeed)
    #expect(space.budgets.isEmpty)
    #expect(space.scoring.metrics == ["conditionNumber"])
    #expect(space.scoring.seeds == [0, 1, 2])
    #expect(space.scoring.outputReduction == .sum)
    #expect(space.scoring.normalizationMode == .frozen)
    #expect(space.scoring.parameterFilter == .all)
    #expect(space.scoring.parameterization == .standard)
    #expect(space.scoring.initialization == "default")
    #expect(space.scoring.precision == .single)
    #expect(space.ranking == .metric("conditionNumber"))
  }

  @Test func seedsAreACountOrAList() throws {
    #expect(try space(spaceText("scoring: {seeds: 2}")).scoring.seeds == [0, 1])
    #expect(try space(spaceText("scoring: {seeds: [7, 0]}")).scoring.seeds == [7, 0])
    #expect(
      try space(spaceText("scoring: {seeds: [18446744073709551615, 1e19]}")).scoring.seeds
        == [.max, 10_000_000_000_000_000_000])
  }

  @Test func rankedMetricIsComputed() throws {
    let space = try space(spaceText("ranking: {by: lambda_max}"))
    #expect(space.ranking == .metric("lambdaMax"))
    #expect(space.scoring.metrics == ["conditionNumber", "lambdaMax"])
  }

  @Test(arguments: [
    ("{kind: gaussian}", DatasetDescription.gaussian),
    ("{kind: npy, path: x.npy}", .npy(path: "x.npy", labels: nil)),
    ("{kind: npz, path: x.npz}", .npz(path: "x.npz", inputs: nil, labels: nil)),
    ("{kind: cifar10, path: cifar}", .cifar10(path: "cifar")),
    ("{kind: cifar100, path: cifar}", .cifar100(path: "cifar", coarseLabels: false)),
    ("{kind: cifar100, path: cifar, labels: coarse}", .cifar100(path: "cifar", coarseLabels: true)),
    ("{kind: mnist, path: i.gz, labels: l.gz}", .mnist(path: "i.gz", labels: "l.gz")),
    ("{kind: fashion_mnist, path: fashion}", .mnist(path: "fashion", labels: nil)),
    ("{kind: csv, path: t.csv}", .csv(path: "t.csv", label: nil, hasHeader: nil, ignored: [])),
    (
      "{kind: csv, path: t.csv, label: 5, header: false, ignore: [id, 2]}",
      .csv(path: "t.csv", label: "5", hasHeader: false, ignored: ["id", "2"])
    ),
    ("{kind: images, path: pictures}", .images(path: "pictures")),
  ])
  func everyDatasetIsRead(yaml: String, expected: DatasetDescription) throws {
    let text =
      "family: stack\ninput: {shape: [4], outputs: 2, dataset: \(yaml)}\nfixed: {depth: 1, width: 2}\n"
    #expect(try space(text).input.dataset == expected)
  }

  @Test func imagesMayBeResizedAndBatchesBalanced() throws {
    func input(_ dataset: String) throws -> InputDescription {
      try space(
        "family: stack\ninput: {shape: [4], outputs: 2, dataset: \(dataset)}\nfixed: {depth: 1, width: 2}\n"
      ).input
    }
    let plain = try input("{kind: cifar10, path: c}")
    #expect(plain.resolution == nil && !plain.isBalanced)
    let small = try input("{kind: cifar10, path: c, resize: [16, 12], balanced: true}")
    #expect(small.resolution == ImageResolution(height: 16, width: 12) && small.isBalanced)
  }

  @Test func resolutionAndBalanceBelongToTheDefinition() throws {
    let hashes = try ["", ", resize: [8, 8]", ", resize: [8, 9]", ", balanced: true", ", balanced: false"].map
    {
      try space(
        "family: stack\ninput: {shape: [4], outputs: 2, dataset: {kind: images, path: p\($0)}}\n"
          + "fixed: {depth: 1, width: 2}\n"
      ).definitionHash
    }
    #expect(Set(hashes).count == 4 && hashes[0] == hashes[4])
  }

  @Test func aMissingDatasetFileIsReportedWhereItIsNamed() throws {
    let space = try space(
      "family: stack\ninput:\n  shape: [4]\n  outputs: 2\n  dataset: {kind: npy, path: no.npy}\nfixed: {depth: 1, width: 2}\n"
    )
    do {
      try space.checkFiles()
      Issue.record("nothing was thrown")
    } catch let error as InvalidDocument {
      #expect(error.diagnostics.map(\.location) == [.init(line: 5, column: 30)])
      #expect(error.description.contains("there is no file 'spaces/no.npy'"))
    }
  }

  @Test func spaceWithoutChoicesHasOneCandidate() throws {
    let space = try space("family: stack\ninput: {shape: [4], outputs: 2}\nfixed: {depth: 1, width: 2}\n")
    #expect(space.cardinality.int == 1)
    #expect(Array(space.candidates).count == 1)
  }
}

@Suite struct RangeTests {
  @Test func integerRangesIncludeBothEnds() throws {
    #expect(try values(of: "depth", "{from: 2, to: 5}") == integers(2, 3, 4, 5))
    #expect(try values(of: "depth", "{from: 1, to: 8, step: 3}") == integers(1, 4, 7))
    #expect(try values(of: "depth", "{from: 7, to: 7}") == integers(7))
  }

  @Test func integerRangesByCountAreRounded() throws {
    #expect(try values(of: "depth", "{from: 1, to: 10, count: 4}") == integers(1, 4, 7, 10))
    #expect(try values(of: "depth", "{from: 1, to: 3, count: 9}") == integers(1, 2, 3))
  }

  @Test func logarithmicIntegerRangesGoByFactorOrCount() throws {
    #expect(
      try values(of: "width", "{from: 8, to: 128, scale: logarithmic, factor: 2}")
        == integers(8, 16, 32, 64, 128))
    #expect(try values(of: "width", "{from: 8, to: 100, factor: 2}") == integers(8, 16, 32, 64))
    #expect(
      try values(of: "width", "{from: 8, to: 128, scale: logarithmic, count: 5}")
        == integers(8, 16, 32, 64, 128))
    #expect(try values(of: "width", "{from: 1, to: 4, scale: logarithmic, count: 6}") == integers(1, 2, 3, 4))
    #expect(try values(of: "width", "{from: 1, to: 5, factor: 1.5}") == integers(1, 2, 3))
  }

  @Test func realRangesHaveShortDecimals() throws {
    #expect(
      try values(of: "weight_variance", "{from: 0.1, to: 0.5, count: 5}") == reals(0.1, 0.2, 0.3, 0.4, 0.5))
    #expect(try values(of: "weight_variance", "{from: 0, to: 0.3, step: 0.1}") == reals(0, 0.1, 0.2, 0.3))
    #expect(
      try values(of: "weight_variance", "{from: 0.01, to: 100, count: 5, scale: logarithmic}")
        == reals(0.01, 0.1, 1, 10, 100))
    #expect(try values(of: "weight_variance", "{from: 1, to: 1000, factor: 10}") == reals(1, 10, 100, 1000))
  }

  @Test func endsOfRealRangesAreExactlyAsWritten() throws {
    let ends = try values(
      of: "weight_variance", "{from: 0.1234567890123456, to: 1.234567890123456, count: 7}")
    #expect(ends.first == .real(0.1234567890123456))
    #expect(ends.last == .real(1.234567890123456))
    #expect(ends.count == 7)
  }

  @Test func integersWrittenForARealBecomeReals() throws {
    #expect(try values(of: "weight_variance", "[1, 2.5]") == reals(1, 2.5))
  }

  @Test func listValuesAreTakenWhole() throws {
    #expect(try values(of: "width", "[16, [16, 32]]") == [.integer(16), .list(integers(16, 32))])
  }
}
