import ArchitecturePlugins
import CellBased
import Foundation
import NetworkGraph
import Testing
import YAMLDocuments

@Suite struct NASBench201NetworkTests {
  /// Counted by hooks on a PyTorch restatement of the benchmark's networks.
  @Test(arguments: [
    (heavy, 16, 5, 1_531_546, 220_119_680), (heavy, 3, 1, 13_291, 1_834_104),
    (mid, 16, 5, 615_386, 86_426_240), (mid, 3, 1, 6_781, 894_072),
    (light, 16, 5, 101_306, 11_715_200), (light, 3, 1, 3_064, 368_760),
  ])
  func countsAgreeWithPyTorch(
    architecture: String, channels: Int, cells: Int, parameters: Int, multiplyAdds: Int
  ) throws {
    let network = try network(architecture, channels: channels, cellsPerStage: cells)
    #expect(network.parameterCount == parameters)
    #expect(network.multiplyAdds == multiplyAdds)
  }

  /// The first cell of the golden network, read off its file: n2 is the cell's input, n5, n9 and n15 its nodes.
  @Test func goldenNetworkIsTheFamilysOwn() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/golden/empirical/nb201_c4n1_mixed/network.yaml")
    let golden = try NetworkFile.read(SourceText(contentsOfFile: file.path)).network
    let mixed = "|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_3x3~2|"
    #expect(try CanonicalNetwork(golden).hash == hash(mixed))
    #expect(try CanonicalNetwork(golden).hash != hash(mid))
  }

  @Test func sixEdgesAndTheStringMakeOneNetwork() throws {
    var choices: Choices = [
      "edge_1_0": .text("nor_conv_3x3"), "edge_2_0": .text("nor_conv_1x1"), "edge_2_1": .text("skip_connect"),
      "edge_3_0": .text("avg_pool_3x3"), "edge_3_1": .text("nor_conv_3x3"), "edge_3_2": .text("nor_conv_1x1"),
    ]
    #expect(try NASBench201Family().cell(choices).description == mid)
    #expect(try network(choices) == network(mid, channels: 16, cellsPerStage: 5))
    choices["edge_3_2"] = .text("none")
    #expect(try network(choices) != network(mid, channels: 16, cellsPerStage: 5))
  }

  @Test func isomorphicCellsHaveOneHash() throws {
    // Nodes 1 and 2 exchanged.
    #expect(
      try hash("|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|skip_connect~1|avg_pool_3x3~2|")
        == hash("|nor_conv_1x1~0|+|nor_conv_3x3~0|none~1|+|none~0|avg_pool_3x3~1|skip_connect~2|"))
    // A chain through node 1, through node 2, and through both.
    let chains = try [
      "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|avg_pool_3x3~1|none~2|",
      "|none~0|+|nor_conv_3x3~0|none~1|+|none~0|none~1|avg_pool_3x3~2|",
      "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|avg_pool_3x3~2|",
      "|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|none~0|none~1|skip_connect~2|",
    ].map(hash)
    #expect(Set(chains).count == 1)
    #expect(try hash(noPath) == hash(noPathInTwoSums))
  }

  /// Counted independently, by expanding each cell into the multiset of its output's terms (convolutions labelled,
  /// so that sharing shows; the labelling that sorts first), with zeros and skip connections gone: the same
  /// partition of the 15,625.
  @Test func theBenchmarkHolds5485DifferentNetworks() throws {
    var hashes: Set<String> = []
    for cell in allCells { hashes.insert(try hash(cell.description)) }
    #expect(hashes.count == 5485)
  }

  @Test func sharedConvolutionsAreNotTwo() throws {
    #expect(try hash(sharedConvolution) != hash(twoConvolutions))
  }

  @Test(arguments: [TensorShape.maps(channels: 3, height: 30, width: 32), .features(12)])
  func inputsThatCannotBeHalvedTwiceAreRefused(input: TensorShape) {
    let error = #expect(throws: NetworkError.self) {
      try NASBench201Family().makeNetwork(["architecture": .text(mid)], input: input, outputs: 10)
    }
    #expect(error?.description.contains("multiples of 4, and the input has shape \(input)") == true)
  }
}

@Suite struct NASBench201ChoicesTests {
  private func problems(_ choices: Choices) -> [String] {
    do {
      _ = try NASBench201Family().validated(choices)
      return []
    } catch {
      guard case .invalidChoices(_, let problems) = error else { return ["\(error)"] }
      return problems.map(\.description)
    }
  }

  @Test func theCellIsTheStringOrTheSixEdges() {
    let edges = Choices(
      uniqueKeysWithValues: NASBench201Cell.edges.map { ($0.name, .text("skip_connect")) })
    #expect(problems(edges) == [])
    #expect(problems(["architecture": .text(mid)]) == [])
    #expect(
      problems([:])
        == [
          "the cell is missing; expected 'architecture', or edge_1_0, edge_2_0, edge_2_1, edge_3_0, edge_3_1, "
            + "edge_3_2"
        ])
    #expect(
      problems(["architecture": .text(mid), "edge_2_1": .text("none")])
        == ["'edge_2_1' and 'architecture' both describe the cell; expected one of the two"])
    #expect(
      problems(edges.filter { $0.key != "edge_3_1" })
        == [
          "'edge_3_1' is missing; a cell needs all six edges: none, skip_connect, nor_conv_1x1, nor_conv_3x3, "
            + "avg_pool_3x3"
        ])
  }

  @Test func aWrongStringIsAProblemOfItsParameter() {
    #expect(
      problems(["architecture": .text("|nor_conv3x3~0|")])
        == [
          "'architecture' is no cell: character 2 is 'nor_conv3x3'; expected one of none, skip_connect, "
            + "nor_conv_1x1, nor_conv_3x3, avg_pool_3x3; did you mean 'nor_conv_3x3'?"
        ])
    #expect(
      problems(["architecture": .integer(3)])
        == [
          "'architecture' is 3; expected an architecture string such as |op~0|+|op~0|op~1|+|op~0|op~1|op~2|"
        ])
  }
}
