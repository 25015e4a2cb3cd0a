import ArchitecturePlugins
import NetworkGraph
import Testing

private struct SampleFamily: ArchitectureFamily {
  var name = "sample"
  let version = "1"
  let summary = "A family with one parameter of each kind."
  var parameters: [ParameterDescription] = [
    .init(name: "depth", kind: .integer(1...8), documentation: "Required."),
    .init(name: "rate", kind: .real(0...1), defaultValue: .real(0.5), documentation: "A real."),
    .init(name: "bias", kind: .boolean, defaultValue: .boolean(true), documentation: "A boolean."),
    .init(
      name: "activation", kind: .choice(["relu", "leaky_relu", "12"]), defaultValue: .text("relu"),
      documentation: "A choice."),
    .init(
      name: "width", kind: .integerOrList(1...64), defaultValue: .integer(4), documentation: "Per layer."),
    .init(name: "variance", kind: .real(0...1e300), isOptional: true, documentation: "May be left out."),
    .init(
      name: "word", kind: .text("a word of lowercase letters"), isOptional: true,
      documentation: "May be left out, and stands instead of variance."),
  ]

  func problem(with text: String, of parameter: ParameterDescription) -> ParameterProblem? {
    text.allSatisfy { ("a"..."z").contains($0) }
      ? nil : .init(parameter: parameter.name, message: "'\(text)' is no word", suggestion: text.lowercased())
  }

  func problems(amongGiven names: Set<String>) -> [ParameterProblem] {
    names.isSuperset(of: ["word", "variance"])
      ? [.init(parameter: "word", message: "word excludes variance")] : []
  }

  func makeNetwork(_ choices: Choices, input: TensorShape, outputs: Int) throws -> Network {
    var builder = NetworkBuilder(input: input)
    return try builder.build(output: builder.add(.dense(.init(units: outputs)), from: builder.input))
  }
}

@Suite struct ParameterDescriptionTests {
  private func problem(_ name: String, _ value: ParameterValue) -> String? {
    guard case .failure(let problem)? = SampleFamily().parameter(named: name)?.validated(value) else {
      return nil
    }
    return problem.description
  }

  @Test func defaultsAreFilledInAndOptionalParametersStayAbsent() throws {
    let choices = try SampleFamily().validated(["depth": .integer(2)])
    #expect(
      choices == [
        "depth": .integer(2), "rate": .real(0.5), "bias": .boolean(true), "activation": .text("relu"),
        "width": .integer(4),
      ])
  }

  @Test func numbersTakeTheFormOfTheirParameter() throws {
    let choices = try SampleFamily().validated([
      "depth": .real(2), "rate": .integer(1), "width": .list([.integer(3), .real(5)]),
      "activation": .integer(12),
    ])
    #expect(choices["depth"] == .integer(2))
    #expect(choices["rate"] == .real(1))
    #expect(choices["width"] == .list([.integer(3), .integer(5)]))
    #expect(choices["activation"] == .text("12"))
  }

  @Test func wrongValuesSayWhatWasExpected() {
    #expect(problem("depth", .integer(9)) == "'depth' is 9; expected an integer from 1 to 8")
    #expect(problem("depth", .real(1.5)) == "'depth' is 1.5; expected an integer from 1 to 8")
    #expect(problem("depth", .real(1e300)) == "'depth' is 1e+300; expected an integer from 1 to 8")
    #expect(problem("rate", .real(.nan)) == "'rate' is nan; expected a number from 0.0 to 1.0")
    #expect(problem("bias", .text("yes")) == "'bias' is yes; expected true or false")
    #expect(
      problem("activation", .text("leakyrelu"))
        == "'activation' is leakyrelu; expected one of relu, leaky_relu, 12; did you mean 'leaky_relu'?")
    #expect(
      problem("width", .list([.integer(0)]))
        == "'width' is [0]; expected an integer from 1 to 64, or a list of such integers")
    #expect(problem("width", .integer(64)) == nil)
  }

  @Test func theFamilyItselfChecksWhatTextSays() throws {
    #expect(problem("word", .integer(4)) == "'word' is 4; expected a word of lowercase letters")
    #expect(
      try SampleFamily().validated(["depth": .integer(1), "word": .text("fine")])["word"] == .text("fine"))
    let error = #expect(throws: PluginError.self) {
      try SampleFamily().validated(["depth": .integer(1), "word": .text("Shout")])
    }
    #expect(error?.description == "sample: 'Shout' is no word; did you mean 'shout'?")
  }

  @Test func parametersThatExcludeOneAnotherAreReported() {
    let error = #expect(throws: PluginError.self) {
      try SampleFamily().validated(["depth": .integer(1), "word": .text("fine"), "variance": .real(1)])
    }
    #expect(error?.description == "sample: word excludes variance")
  }

  @Test func allProblemsOfOneCandidateAreReported() {
    let error = #expect(throws: PluginError.self) {
      try SampleFamily().validated(["widht": .integer(2), "rate": .real(2)])
    }
    #expect(
      error?.description
        == "sample: sample has no parameter 'widht'; did you mean 'width'?; 'depth' is missing; expected an integer "
        + "from 1 to 8; 'rate' is 2.0; expected a number from 0.0 to 1.0")
  }

  @Test func registryFindsFamiliesByName() throws {
    var registry = try FamilyRegistry([SampleFamily(), SampleFamily(name: "another")])
    #expect(registry.names == ["another", "sample"])
    #expect(registry.families.map(\.name) == ["another", "sample"])
    #expect(try registry.family(named: "sample").name == "sample")
    #expect(throws: PluginError.duplicateFamily(name: "sample")) { try registry.register(SampleFamily()) }
    let error = #expect(throws: PluginError.self) { try registry.family(named: "simple") }
    #expect(error?.description == "unknown architecture family 'simple'; did you mean 'sample'?")
  }

  @Test(arguments: ["", "Upper", "with space", "größe", "a/b"])
  func namesThatCannotBeTypedAreRefused(name: String) {
    #expect(throws: PluginError.invalidName(name)) { try FamilyRegistry([SampleFamily(name: name)]) }
  }

  @Test func schemaShowsEveryParameter() {
    let schema = FamilySchema(SampleFamily())
    #expect(
      schema.parameters.map(\.type) == [
        "integer", "real", "boolean", "choice", "integer_or_list", "real", "text",
      ])
    #expect(schema.parameters.map(\.required) == [true, false, false, false, false, false, false])
    #expect(schema.parameters[0].minimum == 1)
    #expect(schema.parameters[0].maximum == 8)
    #expect(schema.parameters[1].default == .real(0.5))
    #expect(schema.parameters[3].choices == ["relu", "leaky_relu", "12"])
  }
}
