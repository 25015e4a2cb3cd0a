import ArchitecturePlugins
import Foundation
import Testing

@Suite struct ParameterValueTests {
  private let choices: Choices = [
    "width": .list([.integer(64), .integer(32)]), "activation": .text("relu"), "bias": .boolean(true),
    "weight_variance": .real(0.1), "depth": .integer(3), "exact": .real(2),
  ]

  @Test func canonicalJSONIsSortedAndWithoutSpaces() {
    #expect(
      choices.canonicalJSON
        == #"{"activation":"relu","bias":true,"depth":3,"exact":2.0,"weight_variance":0.1,"width":[64,32]}"#)
    #expect(Choices().canonicalJSON == "{}")
  }

  @Test func canonicalJSONEscapesText() throws {
    let value = ParameterValue.text("a\"b\\c\nd\u{1}é")
    #expect(value.canonicalJSON == #""a\"b\\c\nd\u0001é""#)
    #expect(try JSONDecoder().decode(ParameterValue.self, from: Data(value.canonicalJSON.utf8)) == value)
  }

  @Test func jsonFormIsThePlainValue() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(choices), as: UTF8.self)
    #expect(
      text == #"{"activation":"relu","bias":true,"depth":3,"exact":2,"weight_variance":0.1,"width":[64,32]}"#)
  }

  @Test func jsonIsReadBack() throws {
    var decoded = try JSONDecoder().decode(Choices.self, from: Data(choices.canonicalJSON.utf8))
    // JSON does not tell 2 from 2.0; validation against a family does.
    #expect(decoded["exact"] == .integer(2) || decoded["exact"] == .real(2))
    decoded["exact"] = .real(2)
    #expect(decoded == choices)
  }

  @Test func valuesAreShownAsInYAML() {
    #expect(choices["width"]?.description == "[64, 32]")
    #expect(choices["activation"]?.description == "relu")
    #expect(choices["weight_variance"]?.description == "0.1")
  }
}

@Test(
  arguments: [
    [:], ["depth": .integer(-3)], ["rate": .real(2), "other": .real(1e-12), "third": .real(1e300)],
    ["bias": .boolean(true), "flag": .boolean(false)],
    ["name": .text("a \"b\" \\ \n\t\r\u{1} π {[,]}:"), "κ": .text("")],
    [
      "widths": .list([.integer(1), .list([.real(0.5), .text("x,y]")]), .boolean(true)]), "none": .list([]),
    ],
  ] as [Choices])
func canonicalChoicesReadBackTypeByType(choices: Choices) {
  #expect(Choices(canonicalJSON: choices.canonicalJSON) == choices)
}

@Test(arguments: [
  "", "{", "{}}", "[]", "{\"a\":}", "{\"a\":1,}", "{\"a\" 1}", "{\"a\":tru}", "{\"a\":\"b}", "{\"a\":[1}",
  "{\"a\":\"\\u00\"}",
  "{\"a\":null}",
])
func otherTextIsNoChoices(text: String) {
  #expect(Choices(canonicalJSON: text) == nil)
}
