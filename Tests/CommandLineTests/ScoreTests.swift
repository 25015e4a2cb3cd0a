import Foundation
import Testing

@Suite struct ScoreTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private func kappa(_ candidate: [String: Any]) -> Double? {
    (candidate["metrics"] as? [String: [String: Any]])?["conditionNumber"]?["value"] as? Double
  }

  @Test func aCandidateScoresAsInItsRankingAndSharesTheStore() throws {
    let store = folder.file("s.sqlite")
    let ranking = try jsonObject(
      try Tool.run(["rank", Tool.tinySpace, "--store", store, "--format", "json"], in: folder).output)
    let best = try #require((ranking["candidates"] as? [[String: Any]])?.first)
    let id = try #require(best["id"] as? String)
    let scored = try Tool.run(
      ["score", Tool.tinySpace, "--candidate", id, "--store", store, "--format", "json"], in: folder)
    #expect(kappa(try jsonObject(scored.output)) == kappa(best))
    let again = try Tool.run(["score", Tool.tinySpace, "--candidate", id, "--store", store], in: folder)
    #expect(again.exitCode == 0)
    #expect(again.errors.contains("from the store, nothing computed"))
  }

  @Test func choicesNameACandidate() throws {
    let result = try Tool.run(
      ["score", Tool.tinySpace, "--choices", "depth=2, width=64", "--no-store", "--format", "json"],
      in: folder)
    let document = try jsonObject(result.output)
    #expect((document["choices"] as? [String: Int]) == ["depth": 2, "width": 64])
    #expect((document["eigenvalues"] as? [[Double]])?.map(\.count) == [16, 16, 16])
  }

  @Test(arguments: [
    ("dpth=2,width=64", "did you mean 'depth'?"), ("depth=2,width=65", "did you mean '64'?"),
    ("depth=2", "--choices gives no 'width'"), ("depth", "is not name=value"),
  ])
  func wrongChoicesAreExplained(choices: String, expected: String) throws {
    let result = try Tool.run(["score", Tool.tinySpace, "--choices", choices, "--no-store"], in: folder)
    #expect(result.exitCode == 2)
    #expect(result.errors.contains(expected))
  }

  @Test func aSpaceNeedsToSayWhichCandidate() throws {
    let result = try Tool.run(["score", Tool.tinySpace, "--no-store"], in: folder)
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("--choices depth=1,width=32"))
    let unknown = try Tool.run(
      ["score", Tool.tinySpace, "--candidate", "0123456789ab", "--no-store"], in: folder)
    #expect(unknown.exitCode == 2)
  }

  @Test func aNetworkFileIsScoredOnEveryMetric() throws {
    let network = try folder.write(
      "input: [6]\nlayers:\n  - {op: dense, units: 32}\n  - {op: relu}\n  - {op: dense, units: 3}\n",
      to: "net.yaml")
    let result = try Tool.run(
      ["score", network, "--samples", "8", "--seeds", "2", "--no-store", "--format", "json"], in: folder)
    #expect(result.exitCode == 0)
    let document = try jsonObject(result.output)
    #expect(document["seeds"] as? [Int] == [0, 1])
    let metrics = try #require(document["metrics"] as? [String: [String: Any]])
    #expect(metrics["parameters"]?["value"] as? Double == Double(6 * 32 + 32 + 32 * 3 + 3))
    #expect(metrics["conditionNumber"]?["seedsOk"] as? Int == 2)
    // Infinite width when it is named alone; labels when there are any; theory always.
    #expect(metrics["infiniteConditionNumber"] == nil && metrics["validationAccuracy"] == nil)
    #expect(metrics["gradientGain"]?["value"] as? Double == 1)
    let some = try Tool.run(
      ["score", network, "--samples", "8", "--metrics", "effective_rank", "--no-store", "--format", "csv"],
      in: folder)
    #expect(
      some.output.split(separator: "\n").map { $0.prefix { $0 != "," } } == [
        "metric", "conditionNumber", "effectiveRank",
      ])
    let unknown = try Tool.run(["score", network, "--metrics", "effectiv_rank", "--no-store"], in: folder)
    #expect(unknown.exitCode == 2)
    #expect(unknown.errors.contains("did you mean 'effectiveRank'?"))
  }

  @Test func aMetricThatDoesNotApplySaysWhyAndExitsWithZero() throws {
    let network = try folder.write(
      "input: [1, 4, 4]\nlayers:\n  - {op: conv2d, filters: 8, kernel: 3, padding: 1}\n  - {op: relu}\n"
        + "  - {name: pool, op: max_pool, kernel: 2}\n  - {op: flatten}\n  - {op: dense, units: 3}\n",
      to: "net.yaml")
    let result = try Tool.run(
      [
        "score", network, "--samples", "6", "--metrics",
        "infinite_condition_number,gradient_gain,effective_rank",
        "--no-store",
      ], in: folder)
    #expect(result.exitCode == 0)
    #expect(result.output.contains("unsupported_at_infinite_width: node 'pool' (max_pool)"))
    #expect(result.output.contains("not_applicable: node 'pool' (max_pool)"))
  }
}

@Suite struct StoreTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  @Test func listAndExportShowWhatARunLeft() throws {
    let store = folder.file("s.sqlite")
    #expect(try Tool.run(["rank", Tool.tinySpace, "--store", store], in: folder).exitCode == 0)
    let list = try jsonObject(
      try Tool.run(["store", "list", "--store", store, "--format", "json"], in: folder).output)
    #expect(list["scores"] as? Int == 36)
    let runs = try #require(list["runs"] as? [[String: Any]])
    #expect(runs.map { $0["status"] as? String } == ["finished"])
    #expect(runs[0]["space"] as? String == "tiny")

    let lines = try Tool.run(["store", "export", "--store", store, "--format", "json"], in: folder).output
      .split(separator: "\n").map { try jsonObject(String($0)) }
    #expect(lines.count == 36)
    #expect(lines.allSatisfy { $0["outcome"] as? String == "ok" && $0["identity"] is [String: Any] })
    let csv = try Tool.run(["store", "export", "--store", store], in: folder).output.split(separator: "\n")
    #expect(csv.count == 37)
    #expect(csv[0].hasPrefix("networkHash,seed,outcome,conditionNumber,"))
  }

  @Test(arguments: ["list", "export"])
  func askingDoesNotMakeAStore(command: String) throws {
    let result = try Tool.run(["store", command, "--store", folder.file("s.sqlite")], in: folder)
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("there is no store at"))
    #expect(folder.contents == [])
  }
}
