import ArchitecturePlugins
import CellBased
import SearchSpaces
import Testing
import YAMLDocuments

/// A family with a text parameter, some of whose parameters exclude one another.
@Suite struct CellSpaceTests {
  private func space(_ sections: String) throws -> SearchSpace {
    try SearchSpace(
      SourceText(
        name: "cells.yaml",
        text: "family: nas_bench_201\ninput: {shape: [3, 8, 8], outputs: 2}\n\(sections)\n"),
      families: FamilyRegistry([NASBench201Family()]), knownNames: knownNames)
  }

  private func mistakes(_ sections: String) -> [String] {
    let error = #expect(throws: InvalidDocument.self) { try space(sections) }
    return (error?.diagnostics ?? []).map { diagnostic in
      let place = diagnostic.location.map { "\($0.line):\($0.column)" } ?? "-"
      return "\(place) \(diagnostic.message)" + (diagnostic.suggestion.map { " [\($0)]" } ?? "")
    }
  }

  private let edges = "edge_1_0: none, edge_2_0: none, edge_2_1: none, edge_3_0: none, edge_3_1: none"

  @Test func architectureStringsAreValues() throws {
    let strings = [
      "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|",
      "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
    ]
    let space = try space("choices: {architecture: ['\(strings[0])', \"\(strings[1])\"]}")
    #expect(space.axes.first?.values == strings.map { .text($0) })
    for candidate in space.candidates { _ = try space.makeNetwork(candidate) }
  }

  @Test func aWrongStringIsReportedAtItsPlace() {
    #expect(
      mistakes("choices:\n  architecture: ['|none~0|+|noen~0|']")
        == [
          "4:18 'architecture' is no cell: character 11 is 'noen'; expected one of none, skip_connect, "
            + "nor_conv_1x1, nor_conv_3x3, avg_pool_3x3 [none]"
        ])
    #expect(
      mistakes("fixed: {architecture: [1]}")
        == [
          "3:23 'architecture' is a list of 1; expected an architecture string such as "
            + "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|"
        ])
    #expect(
      mistakes("choices: {architecture: {from: 1, to: 2}}").first?.contains("only numbers have ranges")
        == true)
  }

  @Test func parametersThatExcludeOneAnotherAreReportedOnce() {
    #expect(
      mistakes(
        "fixed: {architecture: '|none~0|+|none~0|none~1|+|none~0|none~1|none~2|'}\nchoices: {edge_1_0: [none]}"
      )
        == ["4:11 'edge_1_0' and 'architecture' both describe the cell; expected one of the two"])
    #expect(
      mistakes("fixed: {\(edges)}")
        == [
          "1:9 'edge_3_2' is missing; a cell needs all six edges: none, skip_connect, nor_conv_1x1, "
            + "nor_conv_3x3, avg_pool_3x3"
        ])
  }

  @Test func aMissingCellIsReportedAtTheFamily() {
    #expect(mistakes("fixed: {channels: 4}").map { $0.prefix(23) } == ["1:9 the cell is missing"])
  }
}
