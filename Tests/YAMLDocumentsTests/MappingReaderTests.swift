import Testing
import YAMLDocuments

@Suite struct MappingReaderTests {
  /// What reading a text with `read` reports, as `line:column message [suggestion]`.
  private func reports(_ text: String, _ read: (YAMLMappingReader) -> Void) throws -> [String] {
    let source = SourceText(name: "test.yaml", text: text)
    let collector = DiagnosticCollector(source)
    if let reader = YAMLMappingReader(try parseYAML(source), what: "the test", collector: collector) {
      read(reader)
      reader.finish()
    }
    return collector.diagnostics.map {
      "\($0.place ?? "-") \($0.message)" + ($0.suggestion.map { " [\($0)]" } ?? "")
    }
  }

  @Test func valuesOfTheRightTypeAreReturned() throws {
    let reports = try reports("n: 3\nx: 0.5\nb: true\nt: word\nl: [1, 2]\nm: {k: v}\nc: relu\n") { reader in
      #expect(reader.integer("n", in: 1...8) == 3)
      #expect(reader.real("x", in: 0...1) == 0.5)
      #expect(reader.boolean("b") == true)
      #expect(reader.text("t") == "word")
      #expect(reader.list("l", of: "a list of integers") { $0.integer } == [1, 2])
      #expect(reader.mapping("m")?.text("k") == "v")
      #expect(reader.choice("c", among: [("relu", 1), ("tanh", 2)]) == 1)
      #expect(reader.integer("absent", in: 1...8) == nil)
    }
    #expect(reports.isEmpty)
  }

  @Test func everyMistakeOfAMappingIsReportedInOneGo() throws {
    let reports = try reports("n: 9\nx: .inf\nb: yes\nc: rleu\nl: 5\nm: [1]\nwidht: 4\n") { reader in
      _ = reader.integer("n", in: 1...8)
      _ = reader.real("x", in: 0 ... .infinity)
      _ = reader.boolean("b")
      _ = reader.choice("c", among: [("relu", 1), ("tanh", 2)])
      _ = reader.list("l", of: "a list of integers") { $0.integer }
      _ = reader.mapping("m")
      _ = reader.required("depth")
      _ = reader.value("width")
    }
    #expect(
      reports == [
        "1:4 'n' is '9'; expected an integer from 1 to 8",
        "2:4 'x' is '.inf'; expected a finite number of at least 0",
        "3:4 'b' is 'yes'; expected true or false [true]",
        "4:4 'c' is 'rleu'; expected one of relu, tanh [relu]",
        "5:4 'l' is '5'; expected a list of integers",
        "6:4 'm' must be a mapping of keys to values, not a list of 1",
        "1:1 the test lacks the key 'depth'",
        "7:1 unknown key 'widht' in the test [width]",
      ])
  }

  @Test func keyWithoutValueIsMissingAtItsOwnPlace() throws {
    let reports = try reports("a: 1\ndepth:\n") { reader in
      _ = reader.value("a")
      _ = reader.required("depth")
    }
    #expect(reports == ["2:1 the test lacks the key 'depth'"])
  }

  @Test func eachWrongElementIsReportedAtItsPlace() throws {
    let reports = try reports("l: [1, two, 3.5]\n") { reader in
      let list = reader.list("l", of: "a list of integers") { reader.collector.integer($0, "an element") }
      #expect(list == nil)
    }
    #expect(reports.map { $0.prefix(4) } == ["1:8 ", "1:13"])
  }

  @Test func unknownKeyFarFromAllListsTheExpectedOnes() throws {
    let reports = try reports("zzzzzz: 1\n") { reader in
      _ = reader.value("width")
      _ = reader.value("depth")
    }
    #expect(reports == ["1:1 unknown key 'zzzzzz' in the test; expected one of width, depth"])
  }

  @Test func millionMistakesAreCountedNotKept() throws {
    let text = (0..<5000).map { "key\($0): 1\n" }.joined()
    let source = SourceText(name: "test.yaml", text: text)
    let collector = DiagnosticCollector(source)
    let reader = try #require(
      YAMLMappingReader(try parseYAML(source), what: "the test", collector: collector))
    reader.finish()
    #expect(collector.diagnostics.count == 100)
    do {
      try collector.throwIfAny()
      Issue.record("nothing was thrown")
    } catch let error as InvalidDocument {
      #expect(error.omittedCount == 4900)
      #expect(error.description.hasSuffix("5000 errors, of which the first 100 are shown"))
    }
  }
}
