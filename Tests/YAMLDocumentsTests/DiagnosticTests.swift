import Testing
import YAMLDocuments

@Suite struct DiagnosticTests {
  @Test func diagnosticShowsPlaceLineAndCaret() {
    let diagnostic = Diagnostic(
      file: "a.yaml", location: .init(line: 4, column: 8), message: "'rleu' is no activation",
      suggestion: "relu",
      sourceLine: "  act: rleu")
    #expect(
      diagnostic.description == """
        a.yaml:4:8: error: 'rleu' is no activation; did you mean 'relu'?
              act: rleu
                   ^
        """)
  }

  @Test func longLineIsShownAroundTheCaret() {
    let line = String(repeating: "x", count: 5000) + "!" + String(repeating: "y", count: 5000)
    let text = Diagnostic(file: "a", location: .init(line: 1, column: 5001), message: "m", sourceLine: line)
      .description
    let lines = text.split(separator: "\n").map(Array.init)
    #expect(lines.count == 3)
    #expect(lines[1].count < 140)
    #expect(lines[1].firstIndex(of: "!") == lines[2].firstIndex(of: "^"))
  }

  @Test func tabsKeepTheCaretInPlace() {
    let text = Diagnostic(file: "a", location: .init(line: 1, column: 3), message: "m", sourceLine: "\t\tx")
      .description
    #expect(text.hasSuffix("    \t\tx\n    \t\t^"))
  }

  @Test func controlCharactersNeverReachTheTerminal() {
    let text = Diagnostic(
      file: "a\u{1B}", location: .init(line: 1, column: 2), message: "\u{1B}[31m\u{202E}",
      sourceLine: "a\u{1B}b\u{7}"
    ).description
    #expect(!text.unicodeScalars.contains { ["\u{1B}", "\u{7}", "\u{202E}"].contains($0) })
  }

  @Test func diagnosticsAreSortedByPlace() {
    let later = Diagnostic(file: "a", location: .init(line: 2, column: 1), message: "later")
    let earlier = Diagnostic(file: "a", location: .init(line: 1, column: 9), message: "earlier")
    let whole = Diagnostic(file: "a", location: nil, message: "whole")
    #expect(
      InvalidDocument([later, earlier, whole]).diagnostics.map(\.message) == ["whole", "earlier", "later"])
  }

  @Test(arguments: [
    ("fully_conected", "fully_connected"), ("fullyConnected", "fully_connected"),
    ("batch-norm", "batch_norm"),
    ("Relu", "relu"), ("ther", nil), ("", nil), ("dpeth", "depth"), ("conv", "convolutional"), ("ba", nil),
  ])
  func nearestSpellingIsFoundWhenNearEnough(typed: String, expected: String?) {
    let names = ["fully_connected", "convolutional", "batch_norm", "relu", "depth"]
    #expect(nearestSpelling(to: typed, among: names) == expected)
  }

  @Test func spellingsAreNotLookedForWhereNobodyWouldSeeThem() {
    let collector = DiagnosticCollector(SourceText(name: "a", text: ""), limit: 2)
    for _ in 0..<2 { collector.report("mistake", at: nil) }
    #expect(collector.suggestion(for: "dpeth", among: ["depth"]) == "depth")
    collector.report("another", at: nil)
    #expect(collector.suggestion(for: "dpeth", among: ["depth"]) == nil)
  }

  @Test func spellingsAreNotLookedForWithoutEnd() {
    let collector = DiagnosticCollector(SourceText(name: "a", text: ""))
    let names = (0..<600_000).map { "\($0)" } + ["depth"]
    #expect(collector.suggestion(for: "dpeth", among: names) == "depth")
    #expect(collector.suggestion(for: "dpeth", among: ["depth"]) == nil)
  }

  @Test func linesStayApartWhereControlCharactersGo() {
    #expect("a\u{1B}[2J\nb\r\nc\td".linesWithoutControlCharacters == "a\u{FFFD}[2J\nb\u{FFFD}\nc\td")
  }

  @Test func lineIsFoundWhateverTheLineEndings() {
    let source = SourceText(name: "a", text: "one\r\ntwo\rthree\n\nfive")
    #expect((1...5).map { source.line($0) } == ["one", "two", "three", "", "five"])
    #expect(source.line(6) == nil)
    #expect(source.line(0) == nil)
  }
}
