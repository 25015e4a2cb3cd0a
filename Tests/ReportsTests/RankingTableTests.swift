import ArchitecturePlugins
import Reports
import Testing

@Suite struct RankingTableTests {
  @Test func tableShowsRanksTiesSpreadAndFailures() {
    #expect(
      SampleReport.report.table(width: 78) == """
        sample: 4 candidates ranked by κ, lowest first
        made by hand

        rank  id            depth      κ  spread  parameters  seeds
           1  aaaaaaaaaaaa      1  7.500   ×1.11       12.3k    3/3
          =2  bbbbbbbbbbbb      2  12.25   ×1.11       12.3k    3/3
          =2  cccccccccccc      3  12.25   ×1.11       12.3k    3/3
           4  eeeeeeeeeeee      4  1.500   ×1.11       12.3k    2/3

        κ: What κ is.
        spread: one standard deviation of κ over 3 seeds, as a factor
        =: 2 candidates are tied, equal to ten digits; ties share the smaller rank and
        are listed by network hash
        seeds: 1 candidate failed under some seeds and stands after all whole ones

        1 candidate failed:
          dddddddddddd  rank_deficient  depth 9: λ_min does not exceed n·ε·λ_max, "qu…

        """)
  }

  @Test func metricsThatDoNotApplyAreToldApartFromFailures() {
    let absence = RankingReport.Absence(
      outcome: .unsupportedAtInfiniteWidth, message: "node 'pool' (max_pool) is in the way")
    let infinite = SampleReport.metric("infiniteConditionNumber", "κ∞", .logarithmic)
    let report = RankingReport(
      space: "sample", identity: .null, seeds: [0], metrics: [SampleReport.conditionNumber, infinite],
      rankingMetrics: ["conditionNumber"],
      ranked: [
        .init(
          rank: 1, id: "a", choices: [:], seedsOk: 1,
          values: ["conditionNumber": SampleReport.value(2, seedsOk: 1)],
          absences: ["infiniteConditionNumber": absence])
      ],
      failed: [
        .init(id: "b", choices: [:], outcome: .rankDeficient, message: "singular"),
        .init(id: "c", choices: [:], outcome: .notApplicable, message: "no labels"),
      ])
    #expect(
      report.table(width: nil) == """
        sample: 1 candidate ranked by κ, lowest first

        rank  id      κ   κ∞
           1  a   2.000  n/a

        κ: What κ is.
        n/a: κ∞ of 1 candidate: unsupported_at_infinite_width: node 'pool' (max_pool) is in the way

        1 candidate failed:
          b  rank_deficient  singular

        1 candidate without a rank, since a metric does not apply:
          c  not_applicable  no labels

        """)
    #expect(report.json().contains("\"outcome\": \"unsupported_at_infinite_width\""))
    #expect(report.markdown().contains("| n/a |"))
  }

  @Test func narrowTableLeavesOutTheLeastImportantColumnsAndSaysSo() {
    #expect(
      SampleReport.report.table(width: 40, top: 1) == """
        sample: 4 candidates ranked by κ, lowest
        first
        made by hand

        rank  id            depth      κ  seeds
           1  aaaaaaaaaaaa      1  7.500    3/3

        the best 1 of 4 are shown
        κ: What κ is.
        spread: one standard deviation of κ over
        3 seeds, as a factor
        =: 2 candidates are tied, equal to ten
        digits; ties share the smaller rank and
        are listed by network hash
        seeds: 1 candidate failed under some
        seeds and stands after all whole ones
        left out to fit 40 columns: spread,
        parameters

        1 candidate failed:
          dddddddddddd  rank_deficient  depth 9…

        """)
  }

  @Test(arguments: [1, 5, 12] + Array(40...200))
  func noLineIsWiderThanTheTerminal(width: Int) {
    let lines = SampleReport.report.table(width: width).split(separator: "\n")
    let widest = lines.map { TextWidth.of(String($0)) }.max() ?? 0
    // Below the widest single word of the fixed headings a line can only be cut, never wrapped.
    #expect(widest <= max(width, width < 20 ? 20 : 0))
  }

  @Test(arguments: 40...200)
  func rankAndHeadlineAreAlwaysShown(width: Int) throws {
    let lines = SampleReport.report.table(width: width).split(
      separator: "\n", omittingEmptySubsequences: false)
    let header = try #require(lines.first { $0.hasPrefix("rank") })
    #expect(header.contains("κ"))
  }

  @Test func colourIsOnlyUsedWhenItIsAskedFor() {
    #expect(!SampleReport.report.table(width: 80).contains("\u{1B}"))
    #expect(SampleReport.report.table(width: 80, style: .init(isColored: true)).contains("\u{1B}[1mrank"))
  }

  @Test func controlCharactersOfMessagesDoNotReachTheTerminal() {
    let hostile = RankingReport(
      space: "s\u{1B}[2J", identity: .null, seeds: [0], metrics: [SampleReport.conditionNumber],
      rankingMetrics: ["conditionNumber"], ranked: [],
      failed: [
        .init(id: "x", choices: ["a": .text("\u{7}")], outcome: .pluginError, message: "\u{1B}]0;title")
      ])
    #expect(!hostile.table(width: nil).contains("\u{1B}"))
    #expect(!hostile.table(width: nil).contains("\u{7}"))
  }

  @Test func onlyTenFailuresAreListedInATable() {
    let many = RankingReport(
      space: "s", identity: .null, seeds: [0], metrics: [SampleReport.conditionNumber],
      rankingMetrics: ["conditionNumber"], ranked: [],
      failed: (0..<25).map { .init(id: "id\($0)", choices: [:], outcome: .overBudget, message: "too large") })
    let table = many.table(width: 80)
    #expect(table.contains("25 candidates failed:"))
    #expect(table.contains("… and 15 more"))
    #expect(!table.contains("id10 "))
  }
}

@Suite struct TerminalStyleTests {
  @Test(arguments: [
    (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false), (true, ["NO_COLOR": ""], true),
    (true, ["TERM": "dumb"], false), (true, ["TERM": "xterm"], true),
  ])
  func colourNeedsAWillingTerminal(isTerminal: Bool, environment: [String: String], expected: Bool) {
    #expect(TerminalStyle(isTerminal: isTerminal, environment: environment).isColored == expected)
  }
}
