import Testing
import YAMLDocuments

private func parsed(_ text: String) throws -> YAMLNode { try parseJSON(Array(text.utf8)) }

private func mistake(_ text: String) -> String {
  do {
    _ = try parsed(text)
    return "none"
  } catch { return "\(error)" }
}

@Test func valuesOfEveryKindAreRead() throws {
  let node = try parsed(
    #" {"a": [1, -2.5e3, true, false, null], "": {"é\n\"\u00e9\ud83d\ude00\\": "x"}, "e": [], "o": {}} "#)
  let entries = try #require(node.entries)
  #expect(entries.map(\.key.text) == ["a", "", "e", "o"])
  let elements = try #require(entries[0].value.elements)
  #expect(elements[0].integer == 1)
  #expect(elements[1].real == -2500)
  #expect(elements[2].boolean == true && elements[3].boolean == false)
  #expect(elements[4].isNull)
  #expect(entries[1].value.entries?[0].key.text == "é\n\"é😀\\")
  #expect(entries[2].value.elements?.isEmpty == true)
  #expect(entries[3].value.entries?.isEmpty == true)
}

/// Text in quotes is never a number, a boolean or null.
@Test(arguments: ["1", "true", "null", ""])
func quotedTextStaysText(text: String) throws {
  let node = try parsed("\"\(text)\"")
  #expect(node.text == text)
  #expect(node.integer == nil && node.boolean == nil && !node.isNull)
}

@Test(arguments: [
  ("", "not complete, at byte 1"), ("{", "expected a key in quotes, at byte 2"),
  ("[1", "expected ',' or ']'"),
  ("[1,]", "no JSON value starts here, at byte 4"), ("{\"a\":1,}", "expected a key"),
  ("{\"a\" 1}", "expected ':'"),
  ("{\"a\":1,\"a\":2}", "the key 'a' stands twice"), ("01", "something follows the value, at byte 2"),
  ("1.", "a digit is missing"), ("-", "a digit is missing"), ("1e+", "a digit is missing"),
  ("nul", "no JSON value"),
  ("NaN", "no JSON value starts here"), ("'a'", "no JSON value"), ("\"a", "not closed"),
  ("\"\\", "not closed"),
  ("\"\\x\"", "no such escape"), ("\"\\u12\"", "four hexadecimal digits"),
  ("\"\\ud800\"", "half of a surrogate"),
  ("\"\\ud800\\u0041\"", "half of a surrogate"), ("\"a\nb\"", "a control character"),
  ("1 2", "something follows"),
  ("{} garbage", "something follows the value, at byte 4"),
])
func whatIsNoJSONIsRefusedWithItsPlace(text: String, message: String) {
  #expect(mistake(text).contains(message), "\(mistake(text))")
}

@Test func bytesThatAreNotUTF8AreRefused() {
  #expect(throws: JSONSyntaxError.self) { try parseJSON([0x22, 0xff, 0x22]) }
  #expect(throws: JSONSyntaxError.self) { try parseJSON([0x22, 0x5c, 0x6e, 0xff, 0x22]) }
}

@Test func depthAndCountHaveLimits() {
  #expect(mistake(String(repeating: "[", count: 100_000)).contains("nested deeper than 64 levels"))
  var limits = YAMLLimits()
  limits.nodes = 3
  #expect(throws: JSONSyntaxError.self) { try parseJSON(Array("[1,2,3]".utf8), limits: limits) }
}

/// Where keys are many, they are still told apart.
@Test func repeatedKeysAreFoundAmongMany() {
  let keys = (0..<40).map { "\"k\($0)\":0" }
  #expect(mistake("{\(keys.joined(separator: ","))}") == "none")
  #expect(mistake("{\((keys + ["\"k3\":1"]).joined(separator: ","))}").contains("'k3' stands twice"))
  #expect(mistake("{\((keys + ["\"k39\":1"]).joined(separator: ","))}").contains("'k39' stands twice"))
}
