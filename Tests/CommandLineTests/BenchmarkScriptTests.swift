import Foundation
import Testing

private let benchmarks = Tool.repository.appendingPathComponent("Benchmarks").path
private let hasPython =
  (try? Tool.shell("python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))'", in: ScratchFolder()))?
  .exitCode
  == 0

@Suite(.enabled(if: hasPython, "needs python3")) struct BenchmarkScriptTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private func script(_ arguments: String) throws -> Finished {
    try Tool.shell("PYTHONDONTWRITEBYTECODE=1 '\(benchmarks)'/\(arguments)", in: folder)
  }

  /// The scripts' networks are the family's, to the canonical hash.
  @Test(arguments: [
    (
      "light", "|skip_connect~0|+|nor_conv_1x1~0|none~1|+|avg_pool_3x3~0|none~1|skip_connect~2|"
    ),
    (
      "mid",
      "|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_3x3~1|nor_conv_1x1~2|"
    ),
    (
      "heavy",
      "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
    ),
  ])
  func cellNetworksAreTheFamilys(name: String, cell: String) throws {
    let network = folder.file("\(name).yaml")
    let written = try Tool.shell(
      """
      PYTHONDONTWRITEBYTECODE=1 PYTHONPATH='\(benchmarks)' python3 -c \
      'import networks; print(networks.nas_bench_201("\(name)", 4, 2, side=8))' > \(network)
      """, in: folder)
    #expect(written.exitCode == 0, "\(written.errors)")
    let space = try folder.write(
      """
      family: nas_bench_201
      input: {shape: [3, 8, 8], outputs: 10, samples: 4}
      scoring: {seeds: 1}
      fixed: {architecture: "\(cell)", channels: 4, cells_per_stage: 2}

      """, to: "\(name)-space.yaml")
    let hashes = try [network, space].map { path in
      let result = try Tool.run(["score", path, "--no-store", "--format", "json"], in: folder)
      return try #require(try jsonObject(result.output)["networkHash"] as? String)
    }
    #expect(hashes[0] == hashes[1])
  }

  @Test func costGrowthFitsAnExponentForEachSweep() throws {
    let result = try script(
      "cost-growth --ntkscorer \"$TOOL\" --samples 4,8 --channels 2,4 --cells 1,2 --base 4,2,1 --side 8 --repeat 1 "
        + "--output '\(folder.file("results"))'")
    #expect(result.exitCode == 0, "\(result.errors)")
    for title in ["## Samples n", "## Channels C", "## Cells N", "| n | C | N | seconds |"] {
      #expect(result.output.contains(title), "\(title)")
    }
    let text = try String(contentsOfFile: folder.file("results/cost-growth.json"), encoding: .utf8)
    let document = try jsonObject(text)
    let sweeps = try #require(document["sweeps"] as? [[String: Any]])
    #expect(sweeps.count == 3)
    for (sweep, key) in zip(sweeps, ["samples", "channels", "cells"]) {
      let results = try #require(sweep["results"] as? [[String: Any]])
      #expect(results.count == 2)
      let exponents = try #require(sweep["exponents"] as? [String: Double])
      let (counts, sizes) = (
        results.compactMap { $0["multiplyAdds"] as? Double }, results.compactMap { $0[key] as? Double }
      )
      let slope = log(counts[1] / counts[0]) / log(sizes[1] / sizes[0])
      #expect(abs(try #require(exponents["multiplyAdds"]) - slope) < 1e-9)
      #expect(exponents["seconds"] != nil)
      for result in results {
        #expect((result["peakMemoryBytes"] as? Int ?? 0) > 1 << 20)
        #expect((result["shareOfPeak"] as? Double ?? 0) > 0)
      }
    }
  }

  /// Without the peers everything of ours runs, and what is missing is said.
  @Test func againstPeersSkipsPeersThatAreMissing() throws {
    let result = try script(
      "against-peers --smoke --ntkscorer \"$TOOL\" --torch /nowhere/python --peers /nowhere")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.errors.contains("torch peers are skipped: /nowhere/python: No such file or directory"))
    #expect(result.errors.contains("jax peers are skipped: no --jax"))
    let rows = result.output.split(separator: "\n").dropFirst(2)
    #expect(rows.count >= 15)
    #expect(rows.allSatisfy { $0.contains("| skipped |") })
    #expect(rows.contains { $0.hasPrefix("| tenas-c3n1 | 1 | batch |") })
  }

  /// A peer's result is read, and the ratio is of its seconds and ours.
  @Test func againstPeersReadsWhatAPeerPrints() throws {
    _ = try folder.write("", to: "torch.py")
    _ = try folder.write(
      "print('RESULT {\"sec\": 1000.0, \"extra\": {}}')\n", to: "torch_func_ntk.py")
    let result = try Tool.shell(
      "PYTHONPATH='\(folder.path)' PYTHONDONTWRITEBYTECODE=1 '\(benchmarks)'/against-peers --smoke "
        + "--ntkscorer \"$TOOL\" --torch python3 --peers '\(folder.path)' --only nb201-heavy "
        + "--output '\(folder.file("numbers.json"))'",
      in: folder)
    #expect(result.exitCode == 0, "\(result.errors)")
    let data = try #require(FileManager.default.contents(atPath: folder.file("numbers.json")))
    let numbers = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    #expect(numbers.compactMap { $0["case"] as? String } == ["nb201-heavy", "nb201-heavy-2threads"])
    for number in numbers {
      let own = try #require((number["oursSeconds"] as? [Double])?.first)
      #expect(number["peerSeconds"] as? [Double] == [1000])
      #expect(abs(try #require(number["ratio"] as? Double) * own / 1000 - 1) < 1e-9)
    }
  }

  @Test func unknownCasesAreNamed() throws {
    let result = try script("against-peers --ntkscorer \"$TOOL\" --only nonsense")
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("no case 'nonsense'; known are nb201-heavy, "))
  }
}
