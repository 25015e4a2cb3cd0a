import Foundation
import GRDB
import Testing

@Suite struct ReportTests {
  let folder: ScratchFolder
  let store: String
  let ranked: Finished

  init() throws {
    folder = try ScratchFolder()
    store = folder.file("s.sqlite")
    ranked = try Tool.run(["rank", Tool.tinySpace, "--store", store, "--format", "json"], in: folder)
    #expect(ranked.exitCode == 0)
  }

  private func report(_ more: String...) throws -> Finished {
    try Tool.run(["report", "--store", store] + more, in: folder)
  }

  @Test func theReportHoldsTheRankingAsItWas() throws {
    let result = try report("--format", "json")
    #expect(result.exitCode == 0 && result.errors.isEmpty)
    var document = try jsonObject(result.output)
    for key in ["run", "pareto", "scoreIsLogarithm", "importance", "correlations", "spectra"] {
      #expect(document.removeValue(forKey: key) != nil, "\(key)")
    }
    #expect(NSDictionary(dictionary: document) == NSDictionary(dictionary: try jsonObject(ranked.output)))
  }

  @Test func everyFormatIsWritten() throws {
    let table = try report().output
    #expect(table.hasPrefix("run 1 of tiny, finished, begun "))
    #expect(table.contains("\nWhat each choice explains\n") && table.contains("\nSpectrum of "))
    #expect(!table.contains("\u{1B}"))
    #expect(try report("--format", "markdown").output.contains("## How the scores were made\n"))
    #expect(try report("--format", "csv").output.split(separator: "\n").count == 13)
    for name in ["page.html", "table.md", "rows.csv", "all.json", "plain.txt"] {
      let result = try report("1", "--output", folder.file(name))
      #expect(result.exitCode == 0 && result.output.isEmpty)
      #expect(result.errors == "ntkscorer: run 1 written to \(folder.file(name))\n")
    }
    let page = try String(contentsOfFile: folder.file("page.html"), encoding: .utf8)
    #expect(page.hasPrefix("<!doctype html>") && page.hasSuffix("</html>\n"))
    #expect(try String(contentsOfFile: folder.file("rows.csv"), encoding: .utf8).hasPrefix("rank,id,"))
    #expect(try String(contentsOfFile: folder.file("table.md"), encoding: .utf8).hasPrefix("# run 1 of tiny"))
  }

  @Test func theSpectrumOfACandidateCanBeAskedFor() throws {
    let candidates = try #require(try jsonObject(ranked.output)["candidates"] as? [[String: Any]])
    let last = try #require(candidates.last?["id"] as? String)
    #expect(try report("--candidate", last).output.contains("\nSpectrum of \(last)\n"))
    let unknown = try report("--candidate", "123")
    #expect(unknown.exitCode == 2)
    #expect(unknown.errors.contains("run 1 ranked no candidate '123'"))
  }

  @Test func runsThatAreNotThereAreToldApart() throws {
    let missing = try report("5")
    #expect(missing.exitCode == 2)
    #expect(missing.errors.contains("the store holds no run 5; the newest that ranked a space are 1"))
    let nowhere = try Tool.run(["report", "--store", folder.file("none.sqlite")], in: folder)
    #expect(nowhere.exitCode == 1 && nowhere.errors.contains("there is no store at"))
    let folderless = try report("--output", folder.file("no/where.html"))
    #expect(folderless.exitCode == 1 && folderless.errors.contains("cannot be written"))
  }

  @Test func scoresThatDisagreeAreListedWithBothValues() throws {
    let database = try DatabaseQueue(path: store)
    try database.write {
      try $0.execute(
        sql: """
          INSERT INTO conflicts (score_id, outcome, metrics, seconds, engine_version, created)
          SELECT id, 'ok', '{"conditionNumber":1234.5}', 0, 'x', created FROM scores WHERE seed = 0 LIMIT 1;
          INSERT INTO conflicts (score_id, outcome, metrics, seconds, engine_version, created)
          SELECT id, 'non_finite', '{}', 0, 'x', created FROM scores WHERE seed = 1 LIMIT 1;
          """)
    }
    try database.close()
    let table = try Tool.run(["store", "list", "--store", store], in: folder).output
    #expect(table.contains("2 conflicts"))
    #expect(table.contains("Scores that disagree"))
    let words = table.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("and 1234.5") && words.contains("outcome ok and non_finite"))
    let json = try jsonObject(
      try Tool.run(["store", "list", "--store", store, "--format", "json"], in: folder).output)
    let pairs = try #require(json["disagreements"] as? [[String: Any]])
    #expect(pairs.count == 2)
    #expect(
      ((pairs[0]["other"] as? [String: Any])?["metrics"] as? [String: Double]) == ["conditionNumber": 1234.5])
  }
}
