import ArchitecturePlugins
import SearchSpaces
import Testing
import YAMLDocuments

@Suite struct FilterTests {
  private let text = spaceText(
    choices: "{depth: {from: 1, to: 4}, width: [8, 16, [8, 16]], tag: {from: 1, to: 3, when: depth > 2}}")

  private func filtered(_ inclusions: [(String, [ParameterValue])] = [], _ conditions: [String] = []) throws
    -> SearchSpace
  {
    try space(text).filtered(
      SpaceFilter(
        inclusions: inclusions.map { .init(parameter: $0.0, values: $0.1) }, conditions: conditions))
  }

  @Test func candidatesKeepTheirOrderAndIdentifiers() throws {
    let all = try space(text)
    let some = try filtered([("depth", integers(4, 1))], ["tag != 2 or depth == 1"])
    let wanted = all.candidates.filter { candidate in
      [.integer(1), .integer(4)].contains(candidate.choices["depth"])
        && (candidate.choices["depth"] == .integer(1) || candidate.choices["tag"] != .integer(2))
    }
    #expect(some.candidates.map(\.id) == wanted.map(\.id))
    #expect(some.cardinality.int == wanted.count)
  }

  /// Unlike a constraint, which is broken only where it is false, a filter keeps what it is true of.
  @Test func whatHasNoValueIsFilteredOut() throws {
    #expect(try filtered([], ["tag >= 1"]).cardinality.int == 2 * 3 * 3)
    #expect(try filtered([], ["not tag > 5"]).cardinality.int == 2 * 3 * 3)
    #expect(try filtered([("tag", integers(1))]).cardinality.int == 2 * 3 + 2 * 3)
  }

  @Test func valuesOfOneParameterAreTakenTogether() throws {
    let apart = try filtered([("depth", integers(1)), ("width", integers(8)), ("depth", integers(2))])
    let together = try filtered([("depth", integers(1, 2)), ("width", integers(8))])
    #expect(apart.candidates.map(\.id) == together.candidates.map(\.id))
    #expect(apart.cardinality.int == 2)
  }

  @Test func aFilteredSpaceIsAnotherDefinition() throws {
    #expect(try filtered([], ["depth > 1"]).definitionHash != space(text).definitionHash)
    #expect(try filtered([], ["depth > 1"]).definitionHash == filtered([], ["(depth) > 1"]).definitionHash)
  }

  @Test func wrongFiltersSayWhatWasMeant() throws {
    func message(_ inclusions: [(String, [ParameterValue])], _ conditions: [String] = []) -> String {
      do {
        _ = try filtered(inclusions, conditions)
        return ""
      } catch { return "\(error)" }
    }
    #expect(message([("dpeth", integers(1))]) == "'test' does not vary 'dpeth'; did you mean 'depth'?")
    #expect(message([("depth", integers(9))]) == "'depth' is never 9 in 'test'; expected one of 1, 2, 3, 4")
    #expect(message([], ["depth > 4"]) == "no candidate of 'test' passes the filter")
    #expect(
      message([], ["depth > wdth"]) == """
        --where:1:9: error: the family 'stack' has no parameter 'wdth'; did you mean 'width'?
            depth > wdth
                    ^
        """)
  }
}
