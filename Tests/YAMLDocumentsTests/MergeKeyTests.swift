import Testing
import YAMLDocuments

@Suite struct MergeKeyTests {
  private func keys(_ text: String) throws -> [String] {
    try #require(try document(text)["m"]?.entries).map { entry in
      "\(entry.key.text ?? "")=\(entry.value.text ?? "")"
    }
  }

  @Test func whatTheMappingSaysItselfWinsWhereverItStands() throws {
    #expect(try keys("b: &b {x: 1, y: 2}\nm: {<<: *b, y: 3}\n") == ["x=1", "y=3"])
    #expect(try keys("b: &b {x: 1, y: 2}\nm: {y: 3, <<: *b}\n") == ["y=3", "x=1"])
  }

  @Test func mergedKeysStandWhereTheMergeStands() throws {
    #expect(try keys("b: &b {x: 1, y: 2}\nm: {a: 0, <<: *b, c: 3}\n") == ["a=0", "x=1", "y=2", "c=3"])
  }

  @Test func ofSeveralMappingsTheEarlierWins() throws {
    #expect(
      try keys("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nm: {<<: [*a, *b]}\n") == ["x=1", "y=1", "z=2"])
  }

  @Test func mergedMappingsMayThemselvesMerge() throws {
    #expect(try keys("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nm: {<<: *b}\n") == ["x=1", "y=2"])
  }

  @Test func placesAreThoseOfTheAnchor() throws {
    let root = try document("b: &b\n  x: 1\nm:\n  <<: *b\n")
    #expect(root["m"]?.entries?.first?.key.location == .init(line: 2, column: 3))
  }

  @Test func aQuotedMergeKeyIsAnOrdinaryOne() throws {
    #expect(try keys("m: {'<<': 1}\n") == ["<<=1"])
  }

  @Test(arguments: [
    (
      "m: {<<: 1}\n", "1:9",
      "'<<' merges '1'; expected an alias of a mapping, such as *common, or a list of those"
    ),
    ("m: {<<: [{a: 1}, 2]}\n", "1:18", "'<<' merges '2'"),
    ("a: &a [1]\nm: {<<: *a}\n", "2:9", "'<<' merges '1'"),
    ("a: &a {x: 1}\nm: {<<: *a, <<: *a}\n", "2:13", "duplicate key '<<'; it stands already on line 2"),
  ])
  func whatCannotBeMergedIsReported(text: String, place: String, message: String) {
    let found = mistakes(in: text)
    #expect(found.map(\.place) == [place])
    #expect(found.first?.message.hasPrefix(message) == true, "\(found)")
  }

  @Test func severalDuplicatesAreReportedInOneGo() {
    #expect(mistakes(in: "a: 1\na: 2\nb: {c: 1, c: 2}\n? [x]\n: 3\n").map(\.place) == ["2:1", "3:11", "4:3"])
  }

  @Test func mergesCountAmongTheValuesOfADocument() {
    var text = "a0: &a0 {k: [x, x, x, x, x, x, x, x, x, x]}\n"
    for level in 1...30 {
      text +=
        "a\(level): &a\(level) {" + (0..<10).map { "k\($0): {<<: *a\(level - 1)}" }.joined(separator: ", ")
        + "}\n"
    }
    #expect(
      mistakes(in: text).first?.message
        == "the document has more than 1000000 values once aliases are followed")
  }
}
