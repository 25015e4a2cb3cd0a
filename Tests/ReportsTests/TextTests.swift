import Foundation
import Reports
import Testing

@Suite struct NumberTextTests {
  @Test(arguments: [
    (0.0, "0"), (1, "1.000"), (9.9996, "10.00"), (12.345, "12.35"), (1234.5, "1234"), (123_456.7, "123457"),
    (999_999.6, "1.000e6"), (1.2345e7, "1.234e7"), (0.00123, "0.001230"), (0.0000123, "1.230e-5"),
    (-3.14159, "-3.142"),
    (1e300, "1.000e300"),
  ])
  func significantDigits(value: Double, expected: String) {
    #expect(NumberText.significant(value) == expected)
  }

  @Test func missingValuesAreADash() {
    #expect(NumberText.significant(nil) == "–")
    #expect(NumberText.significant(.nan) == "–")
    #expect(NumberText.count(.infinity) == "–")
    #expect(NumberText.factor(logStandardDeviation: nil) == "–")
  }

  @Test(arguments: [
    (0.0, "0"), (7, "7"), (950, "950"), (999.9, "999.9"), (1000, "1.00k"), (12_345, "12.3k"),
    (999_949, "1.00M"),
    (1_234_567, "1.23M"), (9.99e6, "9.99M"), (56e9, "56.0G"), (4.7e12, "4.70T"),
  ])
  func counts(value: Double, expected: String) {
    #expect(NumberText.count(value) == expected)
  }

  @Test(arguments: [
    (0.04, "0.0 s"), (0.84, "0.8 s"), (12, "12 s"), (185, "3 min 05 s"), (7800, "2 h 10 min"),
    (356_400, "4 d 03 h"),
  ])
  func durations(seconds: Double, expected: String) {
    #expect(NumberText.duration(seconds: seconds) == expected)
  }

  @Test func spreadIsAFactor() {
    #expect(NumberText.factor(logStandardDeviation: 0) == "×1.00")
    #expect(NumberText.factor(logStandardDeviation: log(2.5)) == "×2.50")
    #expect(NumberText.factor(logStandardDeviation: log(123)) == "×123")
  }
}

@Suite struct TextWidthTests {
  @Test func wideAndCombiningCharactersAreCounted() {
    #expect(TextWidth.of("κ ×1.08") == 7)
    #expect(TextWidth.of("漢字") == 4)
    #expect(TextWidth.of("e\u{301}") == 1)
    #expect(TextWidth.shortened("漢字漢字", to: 5) == "漢字…")
    #expect(TextWidth.padded("ab", to: 4, alignment: .right) == "  ab")
  }

  @Test func wrappingBreaksAtSpaces() {
    #expect(TextWidth.wrapped("one two three", to: 8) == ["one two", "three"])
    #expect(TextWidth.wrapped("extraordinary", to: 8) == ["extraor…"])
  }
}

@Suite struct TextTableTests {
  private let columns: [TextTable.Column] = [
    .init("key", .left, importance: 10, isEssential: true, shortestCell: 4),
    .init("number", .right, importance: 5),
    .init("remark", .left, importance: 1, shortestCell: 5),
  ]

  @Test func aTextColumnIsShortenedBeforeAnyIsLeftOut() {
    let table = TextTable(columns, rows: [["alpha", "12", "a long remark"], ["b", "3456", ""]])
    let rendering = table.rendered(width: 22)
    #expect(rendering.lines == ["key    number  remark", "alpha      12  a long…", "b        3456"])
    #expect(rendering.omitted.isEmpty)
  }

  @Test func numbersAreNeverShortened() {
    let table = TextTable(columns, rows: [["alpha", "123456789", "remark"]])
    let rendering = table.rendered(width: 12)
    #expect(rendering.lines == ["key", "alpha"])
    #expect(rendering.omitted == ["number", "remark"])
  }

  @Test func titlesAreBrokenBeforeTheyAreCut() {
    let columns: [TextTable.Column] = [
      .init("rank", .right, importance: 100, isEssential: true),
      .init("blocks_per_stage", .right, importance: 70), .init("effective rank", .right, importance: 60),
    ]
    let table = TextTable(columns, rows: [["1", "3", "7.524"]])
    #expect(
      table.rendered(width: 60).lines == [
        "rank  blocks_per_stage  effective rank", "   1                 3           7.524",
      ])
    // On as few lines as the width allows; titles stand on the rows.
    #expect(
      table.rendered(width: 31).lines == [
        "         blocks_per_  effective", "rank           stage       rank",
        "   1               3      7.524",
      ])
    #expect(
      table.rendered(width: 24).lines == [
        "      blocks_", "         per_  effective", "rank    stage       rank", "   1        3      7.524",
      ])
    #expect(table.rendered(width: 24).omitted.isEmpty)
    #expect(table.rendered(width: 20).lines.first == "      block…")
  }

  @Test func columnsOfSmallImportanceGoBeforeATitleIsCut() {
    let columns: [TextTable.Column] = [
      .init("rank", .right, importance: 100, isEssential: true),
      .init("normalization", .right, importance: 70), .init("parameters", .right, importance: 20),
    ]
    let rendering = TextTable(columns, rows: [["1", "3", "112k"]]).rendered(width: 24)
    #expect(rendering.lines.first == "rank  normalization")
    #expect(rendering.omitted == ["parameters"])
  }

  @Test func withoutALimitEverythingIsShown() {
    let table = TextTable(columns, rows: [["alpha", "1", String(repeating: "x", count: 300)]])
    #expect(table.rendered(width: nil).lines.last?.hasSuffix("xxx") == true)
  }
}

@Suite struct ProgressLineTests {
  @Test func showsBarCountsRateAndRemainingTime() {
    let line = ProgressLine(done: 50, total: 100, fromStore: 10, failed: 2, elapsedSeconds: 4)
    #expect(
      line.text(width: 80) == "━━━━━━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌  50/100  50 %  10.0/s  ETA 5.0 s  2 failed")
  }

  @Test func withoutATotalThereIsNoBar() {
    let line = ProgressLine(done: 5, total: nil, fromStore: 0, failed: 0, elapsedSeconds: 100)
    #expect(line.text(width: 80) == "5 candidates  3.00/min")
  }

  @Test(arguments: 1...200)
  func alwaysFits(width: Int) {
    let line = ProgressLine(done: 123_456, total: 7_890_123, fromStore: 7, failed: 99, elapsedSeconds: 1e5)
    #expect(TextWidth.of(line.text(width: width)) < max(2, width))
  }

  @Test func nothingComputedMeansNoRate() {
    let line = ProgressLine(done: 10, total: 10, fromStore: 10, failed: 0, elapsedSeconds: 0)
    #expect(line.rate == nil)
    #expect(line.remainingSeconds == nil)
    #expect(line.text(width: 80).hasSuffix("  10/10  100 %  0.0 s"))
  }
}
