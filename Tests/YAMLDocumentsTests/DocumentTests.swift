import Testing
import YAMLDocuments

@Suite struct DocumentTests {
  @Test func mappingsAndListsKeepTheirOrderAndPlaces() throws {
    let root = try document("b: 1\na:\n  - x\n  - {c: 2}\n")
    #expect(root.entries?.map { $0.key.text } == ["b", "a"])
    let list = try #require(root["a"]?.elements)
    #expect(list.map(\.location) == [.init(line: 3, column: 5), .init(line: 4, column: 5)])
    #expect(list[1]["c"]?.location == .init(line: 4, column: 9))
  }

  @Test func jsonIsReadToo() throws {
    let root = try document(#"{"input": [3, 32, 32], "name": "a\u00e9"}"#)
    #expect(root["input"]?.elements?.map(\.integer) == [3, 32, 32])
    #expect(root["name"]?.text == "aé")
  }

  @Test func aliasesStandForTheirAnchors() throws {
    let root = try document("base: &widths [64, 128]\nagain: *widths\n")
    #expect(root["again"]?.elements?.map(\.integer) == [64, 128])
    #expect(root["again"]?.location == .init(line: 2, column: 8))
  }

  @Test func columnsCountUnicodeScalars() throws {
    let root = try document("größe: 'μ'\n")
    #expect(root["größe"]?.location == .init(line: 1, column: 8))
    // An emoji of one scalar, and a letter with a combining accent, which is two.
    let list = try document("[🦆, e\u{301}, x]")
    #expect(list.elements?.map(\.location.column) == [2, 5, 9])
  }

  @Test func windowsAndOldMacLineEndingsCountAsOneLineEach() throws {
    #expect(try document("a: 1\r\nb: 2\r\n")["b"]?.location == .init(line: 2, column: 4))
    #expect(try document("a: 1\rb: 2\r")["b"]?.location == .init(line: 2, column: 4))
  }

  @Test func unicodeLineSeparatorsDoNotMoveLineNumbers() throws {
    let root = try document("a: 'x\u{2028}y'\nb: 2\n")
    #expect(root["b"]?.location == .init(line: 2, column: 4))
  }

  @Test func byteOrderMarkIsNotPartOfTheText() throws {
    #expect(try document("\u{FEFF}a: 1")["a"]?.location == .init(line: 1, column: 4))
  }

  @Test func stringTagMakesTextOfANumber() throws {
    let root = try document("a: !!str 64\nb: !!int 64\n")
    #expect(root["a"]?.integer == nil)
    #expect(root["a"]?.text == "64")
    #expect(root["b"]?.integer == 64)
  }
}

@Suite struct MalformedDocumentTests {
  @Test(arguments: [
    ("a: 1\nb: 2\na: 3\n", "3:1", "duplicate key 'a'; it stands already on line 1"),
    ("", "1:1", "the file is empty"),
    ("# only a comment\n", "1:1", "the file is empty"),
    ("a: 1\n---\nb: 2\n", "2:1", "a second document starts here"),
    ("a:\n\t- 1\n", "2:1", "a tab stands here; indent with spaces"),
    ("a: 'abc\nb: 2\n", "1:4", "this quote is never closed"),
    ("a: \"abc\n", "1:4", "this quote is never closed"),
    ("a: [1, 2\nb: 3\n", "2:2", "the list began at 1:4"),
    ("a: {b: 1\n", "2:1", "the mapping began at 1:4"),
    ("a: *nowhere\n", "1:4", "unknown alias '*nowhere'"),
    ("a: &self [1, *self]\n", "1:14", "unknown alias '*self'"),
    ("? [a, b]\n: 1\n", "1:3", "a key must be a word, not a list of 2"),
    ("a: @home\n", "1:4", "'@' cannot start a value"),
    ("a: !!python/object:os.system x\n", "1:4", "the tag 'tag:yaml.org,2002:python/object:os.system'"),
    ("a: 1\n  b: 2\n", "2:4", "a ':' stands here that can follow no key"),
    ("ab: x\u{0}y\n", "1:6", "a NUL character stands here"),
    ("a: 1\nb: \u{1B}[31m\n", "2:4", "the control character U+1B"),
  ])
  func mistakeIsReportedAtItsPlace(text: String, place: String, message: String) throws {
    let found = mistakes(in: text)
    #expect(found.count == 1)
    let first = try #require(found.first)
    #expect(first.place == place)
    #expect(first.message.contains(message), "\(first.message)")
  }

  @Test func misspelledAliasNamesTheNearestAnchor() {
    #expect(mistakes(in: "a: &widths [1]\nb: *width\n").first?.suggestion == "widths")
  }

  @Test func nestingBeyondTheLimitIsRefused() {
    let open = String(repeating: "[", count: 100_000)
    #expect(mistakes(in: open).first?.message == "nested deeper than 64 levels")
    #expect(mistakes(in: open).first?.place == "1:66")
    #expect(mistakes(in: String(repeating: "[", count: 64) + String(repeating: "]", count: 64)).isEmpty)
  }

  @Test func anchorsCannotNestDeeperThanTheLimit() {
    // Each line is shallow; the value of the last is 500 levels deep.
    var text = "a0: &a0 [1]\n"
    for level in 1..<500 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
    #expect(mistakes(in: text).first?.message == "nested deeper than 64 levels")
  }

  @Test func aliasBombIsRefusedQuickly() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...30 {
      text +=
        "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
        + "]\n"
    }
    let clock = ContinuousClock()
    var found: [Diagnostic] = []
    let duration = clock.measure { found = mistakes(in: text) }
    #expect(found.first?.message == "the document has more than 1000000 values once aliases are followed")
    #expect(duration < .seconds(2))
  }

  @Test func textBeyondTheLimitIsRefused() {
    var limits = YAMLLimits()
    limits.bytes = 10
    #expect(
      mistakes(in: "a: 123456789", limits: limits).first?.message
        == "the text has 12 bytes; at most 10 are read")
  }
}
