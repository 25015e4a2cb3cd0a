import ArchitecturePlugins
import Foundation
import Reports
import ScoringMetrics
import Testing

@Suite struct RunReportTests {
  private static let facts = RunReport.Facts(
    identifier: 7, status: "finished", started: Date(timeIntervalSince1970: 1_700_000_000),
    finished: Date(timeIntervalSince1970: 1_700_000_060), command: "ntkscorer rank a.yaml --store 'my store'",
    definition: #"{"family":"f"}"#, program: "ntkscorer 0, engine 0")

  private static func report(_ ranking: RankingReport, status: String = "finished") -> RunReport {
    RunReport(
      ranking: ranking,
      facts: .init(
        identifier: 7, status: status, started: facts.started, finished: nil, command: facts.command,
        definition: facts.definition, program: facts.program),
      costs: ranking.ranked.indices.map {
        .init(parameters: 1000 * ($0 % 5 + 1), multiplyAdds: 100_000 / ($0 + 1))
      },
      spectra: ranking.ranked.prefix(2).map { .init(id: $0.id, seeds: [[4, 2, 1], nil, [3, 2.5, 0.5]]) })
  }

  /// κ = 10·depth, ×2 with tanh: a grid of `count` candidates.
  private static func grid(_ count: Int, name: (Int) -> String = { _ in "relu" }) -> RankingReport {
    var ranked: [RankingReport.Ranked] = []
    for place in 0..<count {
      let (depth, isFirst) = (place / 2 + 1, place % 2 == 0)
      let kappa: Double = 10 * Double(depth) * (isFirst ? 1 : 2)
      let parameters = RankingReport.Value(
        value: Double(count - place), logMean: nil, logStandardDeviation: nil, seedsOk: 3)
      ranked.append(
        RankingReport.Ranked(
          rank: place + 1, id: "\(100_000_000_000 + place)",
          choices: ["depth": .integer(depth), "activation": .text(isFirst ? name(place) : "tanh")],
          seedsOk: 3, values: ["conditionNumber": SampleReport.value(kappa), "parameters": parameters]))
    }
    return RankingReport(
      space: "grid", identity: .verbatim(#"{"precision":"single","samples":32,"inputShape":[3,8,8]}"#),
      seeds: [0, 1, 2],
      metrics: [SampleReport.conditionNumber, SampleReport.parameters], rankingMetrics: ["conditionNumber"],
      choiceOrder: ["depth"], ranked: ranked, failed: [SampleReport.failure])
  }

  @Test func everyFormatHasEverySection() throws {
    let report = Self.report(Self.grid(8))
    let texts = [report.table(width: nil, top: nil), report.markdown(top: nil), report.page]
    for text in texts {
      for title in [
        "What each choice explains", "What each value gives", "How metrics agree", "How the scores were made",
      ] {
        let isOnPage = text.contains(title) || (text == report.page && title == "What each value gives")
        #expect(isOnPage, "\(title)")
      }
      // Markdown takes brackets for links.
      #expect(text.contains("inputShape") && text.replacing("\\", with: "").contains("[3, 8, 8]"))
      #expect(text.contains("my store"))
      #expect(text.contains("dddddddddddd"))
    }
    #expect(texts[0].contains("\nPareto fronts\n"))
    // κ falls where parameters rise: κ's order is their reverse but for the pairs that tanh exchanges.
    #expect(texts[0].contains("run 7 of grid, finished, begun 2023-11-14 22:13 UTC\n"))
    #expect(report.table(width: 60, top: 3).split(separator: "\n").allSatisfy { $0.count <= 60 })
  }

  @Test func jsonAddsToTheDocumentOfRank() throws {
    let report = Self.report(Self.grid(8))
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(report.json(top: 3).utf8)) as? [String: Any])
    #expect((document["candidates"] as? [Any])?.count == 3)
    let importance = try #require(document["importance"] as? [[String: Any]])
    #expect(importance.map { $0["choice"] as? String } == ["depth", "activation"])
    // log κ = log 10·depth + (0 or log 2): the shares of a full grid add up to 1.
    let shares = importance.compactMap { $0["etaSquared"] as? Double }
    #expect(abs(shares.reduce(0, +) - 1) < 1e-9 && shares[0] > shares[1])
    let groups = try #require(importance[1]["groups"] as? [[String: Any]])
    let means = groups.compactMap { $0["mean"] as? Double }
    #expect(abs(means[1] - means[0] - log(2)) < 1e-9)
    let correlations = try #require(document["correlations"] as? [[String: Any]])
    #expect(correlations.count == 1 && correlations[0]["candidates"] as? Int == 8)
    #expect((correlations[0]["kendall"] as? Double ?? 0) < -0.5)
    #expect((document["spectra"] as? [[String: Any]])?.count == 2)
    #expect((document["run"] as? [String: Any])?["definition"] is [String: Any])
    let pareto = try #require(document["pareto"] as? [[String: Any]])
    #expect(
      pareto.contains { $0["id"] as? String == "100000000000" && $0["onParametersFront"] as? Bool == true })
    let csv = report.csv(top: nil).split(separator: "\n")
    #expect(csv.count == 10)
    #expect(
      csv[0].hasSuffix(
        ",seedsOk,message,networkParameters,networkMultiplyAdds,onParametersFront,onMultiplyAddsFront"))
    #expect(csv[1].hasSuffix(",1000,100000,true,true"))
  }

  @Test func namesThatLookLikeMarkupAreText() {
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\" onclick='x' &amp;"
    let page = Self.report(Self.grid(6) { _ in hostile }).page
    #expect(!page.contains("<script>alert") && !page.contains("<img"))
    #expect(!page.components(separatedBy: "<script")[0].contains("\" onclick"))
    // The data and the script, and no other.
    #expect(page.components(separatedBy: "<script").count == 3)
    #expect(page.components(separatedBy: "</script>").count == 3)
    #expect(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"))
    #expect(page.contains(#"\u003c/script>\u003cscript>alert(1)"#))
  }

  @Test func thePageNeedsNothingElse() {
    let page = Self.report(Self.grid(6)).page
    #expect(page.contains("default-src 'none'"))
    for outside in ["http://", "https://", "src=", "@import", "<link", "url(h"] {
      #expect(!page.contains(outside), "\(outside)")
    }
    #expect(page.contains("prefers-color-scheme: dark") && page.contains("width=device-width"))
  }

  @Test func identifiersOnThePageAreUniqueAndUsedOnesExist() {
    let page = Self.report(Self.grid(30)).page
    let head = page.components(separatedBy: "<script")[0]
    func values(_ start: String, _ end: Character) -> [String] {
      head.components(separatedBy: start).dropFirst().map { String($0.prefix { $0 != end }) }
    }
    // The picture of the best candidate's spectrum stands on the page and in its template, which is inert.
    let identifiers = values(" id=\"", "\"").filter { !$0.hasSuffix("-area") || !$0.hasPrefix("spectrum") }
    #expect(Set(identifiers).count == identifiers.count)
    #expect(Set(values("url(#", ")")).isSubset(of: values("id=\"", "\"")))
  }

  /// What the script reads is as long as the ranking, and the page stays small enough to open.
  @Test func tenThousandCandidatesFitInAPage() throws {
    let page = Self.report(Self.grid(10_000)).page
    #expect(page.utf8.count < 5_000_000)
    let data = try #require(page.components(separatedBy: "id=\"data\">").dropFirst().first)
    let json = try #require(data.components(separatedBy: "</script>").first)
    let document = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect((document["ids"] as? [Any])?.count == 10_000)
    for column in try #require(document["columns"] as? [[String: Any]]) {
      #expect((column["show"] as? [Any])?.count == 10_000)
    }
    // Rows without the script, and points that are drawn.
    #expect(page.components(separatedBy: "<tr>").count < 150)
    #expect(page.components(separatedBy: "h0").count < 4200)
  }

  /// A candidate with a failed seed has the best average, over other seeds than the rest.
  @Test func averagesOverOtherSeedsAreOnNoFront() throws {
    let report = Self.report(SampleReport.report)
    #expect(SampleReport.report.ranked[3].seedsOk == 2)
    #expect(report.fronts.parameters == [true, false, false, false])
    #expect(report.fronts.multiplyAdds == [true, false, true, false])
  }

  @Test func whatTheRankingTakesForRoundingIsNoDifference() {
    let kappas = [1, 1 + 1e-13, 1 - 1e-13, 1 + 2e-13]
    let ranking = RankingReport(
      space: "even", identity: .null, seeds: [0], metrics: [SampleReport.conditionNumber],
      rankingMetrics: ["conditionNumber"],
      ranked: kappas.enumerated().map { SampleReport.ranked(1, $1, id: "\($0)", depth: $0) }, failed: [])
    #expect(Self.report(ranking).importance.isEmpty)
  }

  @Test func nothingRankedIsAPageToo() {
    let empty = RankingReport(
      space: "empty", identity: .verbatim("{}"), seeds: [0], metrics: [SampleReport.conditionNumber],
      rankingMetrics: ["conditionNumber"], ranked: [], failed: [SampleReport.failure])
    let report = Self.report(empty, status: "running")
    for text in [report.page, report.table(width: 80, top: 20), report.markdown(top: 20)] {
      #expect(text.replacing("\\", with: "").contains("rank_deficient") && !text.contains("nan"))
    }
    #expect(report.page.contains("The run is running: this is what it had found so far."))
    #expect(report.json(top: nil).contains("\"importance\": []"))
  }

  @Test func partlyFailedCandidatesHaveNoPartInTheImportance() throws {
    let report = Self.report(SampleReport.report)
    #expect(report.importance.map(\.name) == ["depth"])
    #expect(report.importance[0].groups.map(\.label) == ["1", "2", "3"])
  }
}

@Suite struct ScatterPlotTests {
  @Test func aHundredThousandPointsAreAFewThousandDots() {
    var points: [ScatterPlot.Point] = []
    for index in 0..<100_000 {
      let place = PlotPoint(Double(index % 1000 + 1), Double((index * 7919) % 997 + 1))
      points.append(ScatterPlot.Point(place, name: "p", isMarked: index < 3))
    }
    let text = ScatterPlot(
      title: "t", x: PlotAxis("x", .logarithmic), y: PlotAxis("y"), points: points, names: ("front", "all")
    ).svg(isFigure: true)
    #expect(text.components(separatedBy: "h0").count < 2100)
    #expect(text.components(separatedBy: "<circle").count == 5)
    #expect(text.utf8.count < 60_000)
  }

  @Test func pointsThatCannotBeShownAreLeftOut() {
    let points = [PlotPoint(0, 1), PlotPoint(.nan, 1), PlotPoint(1, .infinity), PlotPoint(2, 2)].map {
      ScatterPlot.Point($0, name: "<&\"", isMarked: true)
    }
    let text = ScatterPlot(
      title: "<", x: PlotAxis("x", .logarithmic), y: PlotAxis("y"), points: points, names: ("front", "all")
    ).svg(isFigure: false)
    #expect(!text.contains("nan") && !text.contains("inf"))
    #expect(text.contains("<title>&lt;&amp;&quot;</title>"))
    #expect(text.components(separatedBy: "</circle>").count == 2)
  }
}
