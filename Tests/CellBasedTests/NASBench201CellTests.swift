import CellBased
import Crypto
import Foundation
import Testing

@Suite struct NASBench201CellTests {
  @Test func everyCellReadsBackFromItsString() throws {
    var strings: Set<String> = []
    for cell in allCells {
      let text = cell.description
      #expect(try NASBench201Cell(parsing: text) == cell)
      strings.insert(text)
    }
    #expect(strings.count == 15625)
  }

  @Test func edgesStandInTheOrderOfTheBenchmark() throws {
    let text = "|none~0|+|skip_connect~0|nor_conv_1x1~1|+|nor_conv_3x3~0|avg_pool_3x3~1|none~2|"
    let cell = try NASBench201Cell(parsing: text)
    #expect(
      NASBench201Cell.edges.map(\.name)
        == ["edge_1_0", "edge_2_0", "edge_2_1", "edge_3_0", "edge_3_1", "edge_3_2"])
    #expect(
      cell.operations.map(\.rawValue)
        == ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "none"])
    #expect(cell.description == text)
    #expect(cell.incoming(2).map(\.predecessor) == [0, 1])
    #expect(cell.incoming(2).map(\.operation) == [.skipConnection, .convolution1x1])
  }

  @Test(arguments: [
    ("", "the text ends at character 1; expected '|'"),
    ("none~0|", "character 1 is 'n'; expected '|'"),
    (
      "|nor_conv3x3~0|+",
      "character 2 is 'nor_conv3x3'; expected one of none, skip_connect, nor_conv_1x1, nor_conv_3x3, "
        + "avg_pool_3x3; did you mean 'nor_conv_3x3'?"
    ),
    ("|none~1|", "character 7 is '1'; expected '0'"),
    ("|none~0|", "the text ends at character 9; expected '+'"),
    ("|none~0|none~1|", "character 9 is 'n'; expected '+'"),
    (
      "|none~0|+|none~0|+|none~0|none~1|none~2|",
      "character 18 is '+'; expected one of none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3"
    ),
    (
      "|none~0|+|none~0|skip_conect~1|+|none~0|none~1|none~2|",
      "character 18 is 'skip_conect'; expected one of none, skip_connect, nor_conv_1x1, nor_conv_3x3, "
        + "avg_pool_3x3; did you mean 'skip_connect'?"
    ),
    (
      "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+|none~0|",
      "character 48 is '+'; expected the end, since all six edges have been given"
    ),
  ])
  func aWrongStringIsReportedAtItsPlace(text: String, message: String) {
    let error = #expect(throws: ArchitectureStringError.self) { try NASBench201Cell(parsing: text) }
    #expect(error?.description == message)
  }

  @Test func aLongTokenIsCutInMessages() {
    let error = #expect(throws: ArchitectureStringError.self) {
      try NASBench201Cell(parsing: "|" + String(repeating: "x", count: 100_000))
    }
    #expect(error?.token == String(repeating: "x", count: 32) + "…")
  }

  /// The published list itself is not shipped; this is the SHA-256 of its partition: a line `string,representative`
  /// for each string in ascending order, where the representative is the least string of the class.
  @Test func publishedClassesAreThePublishedPartition() {
    let cells = allCells.map { (text: $0.description, published: $0.publishedClass) }
      .sorted { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }
    var representatives: [String: String] = [:]
    var lines = ""
    for cell in cells {
      let representative = representatives[cell.published] ?? cell.text
      representatives[cell.published] = representative
      lines += "\(cell.text),\(representative)\n"
    }
    #expect(representatives.count == 6466)
    let digest = SHA256.hash(data: Data(lines.utf8)).map { String(format: "%02x", $0) }.joined()
    #expect(digest == "aed9ec0edf366a5a7ec92ae5445a031ab5eb3b79258d86a89d31149210f1800f")
  }

  @Test func aClassIsTheTreeOfTheCell() throws {
    #expect(
      try publishedClass("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|avg_pool_3x3~2|")
        == "#+(#+(0)@nor_conv_3x3)@avg_pool_3x3+0")
    #expect(
      try publishedClass(heavy).hasPrefix("(((0)@nor_conv_3x3)@nor_conv_3x3+(0)@nor_conv_3x3)@nor_conv_3x3+"))
  }

  @Test func theClassForgetsWhatIsShared() throws {
    #expect(try publishedClass(sharedConvolution) == publishedClass(twoConvolutions))
  }

  @Test func theClassCountsZerosInSums() throws {
    #expect(try publishedClass(noPath) == "#+#+#")
    #expect(try publishedClass(noPathInTwoSums) == "#+#+#+#")
  }
}

private func publishedClass(_ architecture: String) throws -> String {
  try NASBench201Cell(parsing: architecture).publishedClass
}
