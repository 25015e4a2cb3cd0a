import Foundation
import Testing

@Suite struct RankTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private var store: String { folder.file("scores.sqlite") }

  private func rank(_ more: String..., environment: [String: String] = [:]) throws -> Finished {
    try Tool.run(["rank", Tool.tinySpace, "--store", store] + more, in: folder, environment: environment)
  }

  @Test func tableHasAllCandidatesAndASummaryOnStandardError() throws {
    let result = try rank()
    #expect(result.exitCode == 0)
    #expect(result.output.hasPrefix("tiny: 12 candidates ranked by κ, lowest first\n"))
    #expect(result.output.contains("\nrank  id            depth  width      κ  spread"))
    #expect(result.errors.contains("12 candidates in "))
    #expect(result.errors.contains("computed 12, from store 0, failed 0"))
    // Neither progress nor colour where no terminal is.
    #expect(!(result.output + result.errors).contains("\u{1B}"))
    #expect(!result.errors.contains("\r"))
  }

  @Test func jsonHasTheDocumentedForm() throws {
    let result = try rank("--format", "json")
    #expect(result.exitCode == 0)
    let document = try jsonObject(result.output)
    #expect(Set(document.keys) == ["space", "identity", "seeds", "candidates", "failed"])
    #expect(document["space"] as? String == "tiny")
    #expect(document["seeds"] as? [Int] == [0, 1, 2])
    let candidates = try #require(document["candidates"] as? [[String: Any]])
    #expect(candidates.count == 12)
    #expect(candidates.compactMap { $0["rank"] as? Int } == Array(1...12))
    #expect(Set(candidates[0].keys) == ["rank", "id", "choices", "outcome", "metrics"])
    #expect(Set((candidates[0]["choices"] as? [String: Any] ?? [:]).keys) == ["depth", "width"])
    let metrics = try #require(candidates[0]["metrics"] as? [String: [String: Any]])
    #expect(Set(metrics.keys) == ["conditionNumber", "lambdaMax", "effectiveRank"])
    let headline = try #require(metrics["conditionNumber"])
    #expect(Set(headline.keys) == ["value", "logMean", "logStandardDeviation", "seedsOk"])
    let value = try #require(headline["value"] as? Double)
    let logMean = try #require(headline["logMean"] as? Double)
    #expect(abs(log(value) - logMean) < 1e-12)
    #expect(headline["seedsOk"] as? Int == 3)
    let values = candidates.compactMap { candidate in
      (candidate["metrics"] as? [String: [String: Any]])?["conditionNumber"]?["value"] as? Double
    }
    #expect(values == values.sorted() && values.count == 12)
  }

  @Test func csvAndMarkdownHoldTheSameCandidates() throws {
    let csv = try rank("--format", "csv").output.split(separator: "\n")
    #expect(csv.count == 13)
    #expect(csv[0].hasPrefix("rank,id,outcome,depth,width,conditionNumber,"))
    let markdown = try rank("--format", "markdown", "--top", "3").output
    #expect(markdown.hasPrefix("## tiny: 12 candidates"))
    let bestID = try #require(csv[1].split(separator: ",").dropFirst().first)
    #expect(markdown.contains("| 1 | \(bestID) |"))
  }

  @Test func secondRunComputesNothingAndPrintsTheSame() throws {
    let first = try rank("--format", "json")
    let second = try rank("--format", "json")
    #expect(second.output == first.output)
    #expect(second.errors.contains("all 12 from the store, nothing computed"))
  }

  @Test func scoresDoNotDependOnThreadsOrTheStore() throws {
    let one = try rank("--format", "json", "--threads", "1")
    let many = try Tool.run(
      ["rank", Tool.tinySpace, "--no-store", "--format", "json", "--threads", "7"], in: folder)
    #expect(one.output == many.output)
  }

  @Test func picturesAreDrawnOverAChoice() throws {
    let picture = folder.file("kappa.svg")
    let result = try rank(
      "--plot", picture, "--plot-over", "depth", "--plot-metrics", "condition_number,lambda_max")
    #expect(result.exitCode == 0)
    let text = try String(contentsOfFile: picture, encoding: .utf8)
    #expect(text.hasPrefix("<svg") && text.contains("width 64: κ") && text.contains("width 128: λ"))
    let fourMetrics = [String](repeating: "condition_number", count: 4).joined(separator: ",")
    for (arguments, message) in [
      (["--plot", picture, "--plot-over", "dpth"], "'dpth' is no number"),
      (
        ["--plot", picture, "--plot-metrics", fourMetrics],
        "a picture of 4 metrics, and it tells 3 apart"
      ),
      (["--plot", picture, "--plot-metrics", "kernel_trace"], "'tiny' does not compute 'kernel_trace'"),
      (["--plot", folder.file("nowhere/a.svg")], "there is no folder"),
    ] {
      let wrong = try Tool.run(["rank", Tool.tinySpace, "--no-store"] + arguments, in: folder)
      #expect(wrong.exitCode != 0 && wrong.output.isEmpty, "\(arguments)")
      #expect(wrong.errors.contains(message), "\(wrong.errors)")
    }
    #expect(try rank("--plot-over", "depth").exitCode == 64)
  }

  @Test func picturesThatCannotBeDrawnAreRefusedBeforeOrCostNothingElse() throws {
    let space = try folder.write(
      """
      name: waves
      family: fully_connected
      input: {shape: [4], outputs: 1, samples: 2}
      fixed: {depth: 1}
      choices: {activation: [tanh, erf, relu, gelu, silu, sin, elu, softplus, sigmoid], width: [4, 8]}
      scoring: {seeds: 1}

      """, to: "waves.yaml")
    func draw(over choice: String) throws -> Finished {
      try Tool.run(
        ["rank", space, "--no-store", "--plot", folder.file("a.svg"), "--plot-over", choice], in: folder)
    }
    let word = try draw(over: "activation")
    #expect(word.exitCode == 2 && word.output.isEmpty)
    #expect(
      word.errors.contains("'activation' is no number that varies between candidates; expected one of width"))
    let many = try draw(over: "width")
    #expect(many.exitCode == 2 && many.output.contains("waves: 18 candidates"))
    #expect(many.errors.contains("ntkscorer: 18 candidates in "))
    #expect(many.errors.contains("9 combinations of activation, each with a colour of its own"))
  }

  @Test func aSampleThatCannotBeFoundSaysWhatWasMet() throws {
    let space = try folder.write(
      """
      name: rare
      family: fully_connected
      input: {shape: [4], outputs: 1, samples: 2}
      fixed: {depth: 2}
      choices:
        width: [[4, 4], [4, 4, 4]]
        weight_variance: {from: 1, to: 2, count: 10000}
      constraints: {parameters: {at_most: 1}}
      scoring: {seeds: 1}

      """, to: "rare.yaml")
    let result = try Tool.run(["rank", space, "--no-store", "--limit", "3"], in: folder)
    #expect(result.exitCode == 1)
    let met = try #require(
      result.errors.firstMatch(
        of: #/in a row, ([0-9,]+) were outside the budgets and ([0-9,]+) were without a network/#))
    let counts = [met.1, met.2].compactMap { Int($0.replacing(",", with: "")) }
    #expect(counts.reduce(0, +) == 10_000 && counts.allSatisfy { $0 > 4000 })
  }

  @Test func estimatesIncludeInfiniteWidth() throws {
    let space = try folder.write(
      """
      family: fully_connected
      input: {shape: [8], outputs: 2, samples: 6, batch: fixed}
      fixed: {width: 16}
      choices: {depth: [1, 2, 3], normalization: [none, layer_norm]}
      scoring: {seeds: 4, metrics: [infinite_condition_number]}

      """, to: "space.yaml")
    let result = try Tool.run(["rank", space, "--dry-run", "--format", "json"], in: folder)
    let estimate = try jsonObject(result.output)
    #expect(estimate["kernels"] as? Int == 24)
    // One for each candidate: all seeds share the batch.
    #expect(estimate["infiniteWidthEvaluations"] as? Int == 6)
    #expect(try #require(estimate["covariancesPerEvaluation"] as? Double) > 0)
    #expect(try #require(estimate["seconds"] as? Double) > 0)
    let table = try Tool.run(["rank", space, "--dry-run"], in: folder)
    #expect(table.output.contains("kernels of infinite width"))
    let without = try Tool.run(["rank", Tool.tinySpace, "--dry-run"], in: folder)
    #expect(!without.output.contains("infinite width"))
  }

  @Test(arguments: [40, 60, 100])
  func tableFitsTheTerminal(width: Int) throws {
    let lines = try rank(environment: ["COLUMNS": "\(width)"]).output.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= width })
  }

  @Test func quietSaysNothingButTheDocument() throws {
    let result = try rank("--quiet")
    #expect(result.errors.isEmpty)
    #expect(!result.output.isEmpty)
  }

  @Test func limitDrawsTheSameSampleForTheSameSeed() throws {
    func sample(_ seed: String) throws -> Set<String> {
      let document = try jsonObject(try rank("--limit", "5", "--seed", seed, "--format", "json").output)
      return Set((document["candidates"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String })
    }
    let first = try sample("1")
    #expect(first.count == 5)
    #expect(try sample("1") == first)
    let others = try (2...6).map { try sample("\($0)") }
    #expect(others.contains { $0 != first })
  }

  @Test func topLimitsWhatIsPrintedNotWhatIsRanked() throws {
    let result = try rank("--top", "2")
    #expect(result.output.contains("the best 2 of 12 are shown"))
    #expect(result.errors.contains("12 candidates"))
  }

  @Test func seedsReplaceThoseOfTheFile() throws {
    let document = try jsonObject(try rank("--seeds", "4,9", "--format", "json").output)
    #expect(document["seeds"] as? [Int] == [4, 9])
  }

  @Test func dryRunEstimatesAndComputesNothing() throws {
    let result = try rank("--dry-run")
    #expect(result.exitCode == 0)
    #expect(result.output.contains("candidates                 12\n"))
    #expect(folder.contents == [])
    let json = try jsonObject(try rank("--dry-run", "--format", "json").output)
    #expect(json["kernels"] as? Int == 36)
  }

  @Test func theDefaultStoreLiesWhereDataBelongs() throws {
    let plain = try Tool.run(["rank", Tool.tinySpace], in: folder)
    #expect(plain.exitCode == 0)
    #expect(FileManager.default.fileExists(atPath: folder.file(".local/share/ntkscorer/scores.sqlite")))
    let moved = try Tool.run(
      ["rank", Tool.tinySpace], in: folder, environment: ["XDG_DATA_HOME": folder.file("data")])
    #expect(moved.exitCode == 0)
    #expect(FileManager.default.fileExists(atPath: folder.file("data/ntkscorer/scores.sqlite")))
  }

  @Test func withoutAStoreNothingIsWritten() throws {
    let result = try Tool.run(["rank", Tool.tinySpace, "--no-store"], in: folder)
    #expect(result.exitCode == 0)
    #expect(folder.contents == [])
  }

  @Test func nothingRankedExitsWith1AndStillSaysWhy() throws {
    // One sample more than parameters: every kernel is singular.
    let path = try folder.write(
      "family: fully_connected\ninput: {shape: [1], outputs: 1, samples: 8}\nfixed: {depth: 0}\n",
      to: "space.yaml")
    let result = try Tool.run(["rank", path, "--no-store", "--format", "json"], in: folder)
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("ntkscorer: error: nothing could be ranked"))
    let failed = try #require(try jsonObject(result.output)["failed"] as? [[String: Any]])
    #expect(failed.map { $0["outcome"] as? String } == ["rank_deficient"])
  }

  @Test(arguments: ["/proc/scores.sqlite", "/nowhere/at/all/scores.sqlite", "/dev/null"])
  func aStoreThatCannotBeMadeIsAnErrorWithItsPath(path: String) throws {
    let result = try Tool.run(["rank", Tool.tinySpace, "--store", path], in: folder)
    #expect(result.exitCode == 1)
    #expect(result.errors.hasPrefix("ntkscorer: error: store \(path): "))
  }

  @Test(.enabled(if: geteuid() != 0, "the superuser may write everywhere"))
  func aReadOnlyFolderIsAnErrorWithItsPath() throws {
    try FileManager.default.createDirectory(atPath: folder.file("locked"), withIntermediateDirectories: false)
    chmod(folder.file("locked"), 0o500)
    let result = try Tool.run(
      ["rank", Tool.tinySpace, "--store", folder.file("locked/s.sqlite")], in: folder)
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("locked/s.sqlite"))
  }

  @Test func anotherFileIsNotTakenForAStore() throws {
    let path = try folder.write("these are my notes, keep them\n", to: "notes.txt")
    let result = try Tool.run(["rank", Tool.tinySpace, "--store", path], in: folder)
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("notes.txt: not a store of ntkscorer"))
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "these are my notes, keep them\n")
  }
}
