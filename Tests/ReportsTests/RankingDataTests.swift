import ArchitecturePlugins
import Foundation
import Reports
import Testing

@Suite struct RankingDataTests {
  private func document(_ report: RankingReport, top: Int? = nil) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(report.json(top: top).utf8))
    return try #require(object as? [String: Any])
  }

  @Test func jsonHasTheDocumentedKeys() throws {
    let document = try document(SampleReport.report)
    #expect(Set(document.keys) == ["space", "identity", "seeds", "candidates", "failed"])
    #expect(document["seeds"] as? [Int] == [0, 1, 2])
    #expect((document["identity"] as? [String: String]) == ["precision": "single"])
    let candidates = try #require(document["candidates"] as? [[String: Any]])
    #expect(candidates.count == 4)
    #expect(Set(candidates[0].keys) == ["rank", "id", "choices", "outcome", "metrics"])
    #expect(candidates.map { $0["rank"] as? Int } == [1, 2, 2, 4])
    let metrics = try #require(candidates[0]["metrics"] as? [String: [String: Any]])
    #expect(Set(metrics.keys) == ["conditionNumber", "parameters"])
    let headline = try #require(metrics["conditionNumber"])
    #expect(Set(headline.keys) == ["value", "logMean", "logStandardDeviation", "seedsOk"])
    #expect(headline["value"] as? Double == 7.5)
    #expect(metrics["parameters"]?["logMean"] is NSNull)
    let failed = try #require(document["failed"] as? [[String: Any]])
    #expect(Set(failed[0].keys) == ["id", "choices", "outcome", "message"])
    #expect(failed[0]["outcome"] as? String == "rank_deficient")
  }

  @Test func topLimitsCandidatesButNotFailures() throws {
    let document = try document(SampleReport.report, top: 2)
    #expect((document["candidates"] as? [Any])?.count == 2)
    #expect((document["failed"] as? [Any])?.count == 1)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func numbersThatJSONLacksAreNull(bad: Double) throws {
    let report = RankingReport(
      space: "s", identity: .null, seeds: [.max], metrics: [SampleReport.conditionNumber],
      rankingMetrics: ["conditionNumber"],
      ranked: [
        .init(
          rank: 1, id: "a", choices: [:], seedsOk: 1,
          values: [
            "conditionNumber": .init(value: bad, logMean: bad, logStandardDeviation: bad, seedsOk: 1)
          ])
      ], failed: [])
    let candidates = try #require(try document(report)["candidates"] as? [[String: Any]])
    let metrics = try #require(candidates[0]["metrics"] as? [String: [String: Any]])
    #expect(metrics["conditionNumber"]?["value"] is NSNull)
    #expect(report.json().contains("18446744073709551615"))
  }

  @Test func textOfAnyKindSurvivesJSON() throws {
    let text = "quote \" backslash \\ newline \n tab \t bell \u{7} delete \u{7F} κ 🙂 \u{2028}"
    let parsed = try JSONSerialization.jsonObject(
      with: Data(JSONValue.array([.text(text), .object([(text, .text(text))])]).compact.utf8))
    let array = try #require(parsed as? [Any])
    #expect(array[0] as? String == text)
    #expect((array[1] as? [String: String])?[text] == text)
  }

  @Test(arguments: [0, -0.0, 2.3e-308, 1.7976931348623157e308, 0.1, 1e16, 123456789.123])
  func numbersKeepEveryDigitInJSON(value: Double) throws {
    let parsed = try JSONSerialization.jsonObject(with: Data(JSONValue.array([.number(value)]).indented.utf8))
    #expect((parsed as? [Double]) == [value])
  }

  @Test func csvQuotesWhatNeedsIt() {
    #expect(
      CSVText.record(["plain", "a,b", "say \"no\"", "two\nlines", "", " led", "κ"])
        == "plain,\"a,b\",\"say \"\"no\"\"\",\"two\nlines\",, led,κ\n".replacingOccurrences(
          of: ", led", with: ",\" led\""))
  }

  @Test func csvHasOneRecordPerCandidateFailedOnesLast() {
    #expect(
      SampleReport.report.csv(top: 1) == """
        rank,id,outcome,activation,depth,conditionNumber,conditionNumber.logStandardDeviation,parameters,seedsOk,message
        1,aaaaaaaaaaaa,ok,relu,1,7.5,0.1,12345,3,
        ,dddddddddddd,rank_deficient,relu,9,,,,0,"λ_min does not exceed n·ε·λ_max, ""quoted"", with a comma"

        """)
  }

  @Test func markdownEscapesWhatWouldBeMarkup() {
    #expect(MarkdownText.cell("a|b_c*d\ne") == "a\\|b\\_c\\*d e")
    #expect(
      SampleReport.report.markdown(top: 1).hasPrefix(
        """
        ## sample: 4 candidates ranked by κ, lowest first

        made by hand

        | rank | id | depth | κ | spread | parameters | seeds |
        | ---: | --- | ---: | ---: | ---: | ---: | ---: |
        | 1 | aaaaaaaaaaaa | 1 | 7.500 | ×1.11 | 12.3k | 3/3 |

        """))
  }

  @Test func columnsFollowTheOrderOfTheSearchSpace() {
    let report = RankingReport(
      space: "s", identity: .null, seeds: [0], metrics: [SampleReport.conditionNumber],
      rankingMetrics: ["conditionNumber"], choiceOrder: ["width", "depth"],
      ranked: [
        .init(
          rank: 1, id: "a", choices: ["depth": .integer(1), "width": .integer(2), "bias": .boolean(true)],
          seedsOk: 1,
          values: [:])
      ], failed: [])
    #expect(report.csv().hasPrefix("rank,id,outcome,width,depth,bias,"))
  }
}
