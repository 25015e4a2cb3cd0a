import Foundation
import Testing

/// `explain`, `schema` and shell completions.
@Suite struct ExplanationTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  @Test func aMetricIsExplained() throws {
    for name in ["effective_rank", "effectiveRank"] {
      let result = try Tool.run(["explain", name], in: folder, environment: ["COLUMNS": "80"])
      #expect(result.exitCode == 0)
      for part in [
        "effective_rank", "exp(−Σ p ln p)", "Roy and Vetterli 2007", "the highest first", "geometric mean",
      ] {
        #expect(result.output.contains(part), "\(part)")
      }
      #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
      #expect(!result.output.contains("\u{1B}"))
    }
    let document = try jsonObject(Tool.run(["explain", "depth", "--format", "json"], in: folder).output)
    #expect(document["name"] as? String == "depth")
    #expect(document["reference"] as? String == "counted from the network")
  }

  @Test func everyMetricHasAPage() throws {
    let listed = try jsonObject(Tool.run(["metrics", "list", "--format", "json"], in: folder).output)
    let names = (listed["metrics"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    #expect(names.count >= 20)
    for name in names {
      let page = try jsonObject(Tool.run(["explain", name, "--format", "json"], in: folder).output)
      for part in ["definition", "formula", "direction", "seeds", "needs", "use", "reference"] {
        #expect((page[part] as? String)?.isEmpty == false, "\(name): \(part)")
      }
    }
  }

  @Test func aMisspelledMetricSuggestsTheNearest() throws {
    let result = try Tool.run(["explain", "efective_rank"], in: folder)
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("did you mean 'effectiveRank'?"))
  }

  @Test func theSchemaNamesFamiliesMetricsAndInitializations() throws {
    let result = try Tool.run(["schema"], in: folder)
    #expect(result.exitCode == 0)
    let schema = try jsonObject(result.output)
    #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    for name in ["nas_bench_201", "effective_rank", "delta_orthogonal", "inverted_bottleneck", "expression"] {
      #expect(result.output.contains("\"\(name)\""))
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func shellsCanComplete(shell: String) throws {
    let result = try Tool.run(["--generate-completion-script", shell], in: folder)
    #expect(result.exitCode == 0)
    for word in ["rank", "explain", "dry-run", "effective_rank"] {
      #expect(result.output.contains(word), "\(word)")
    }
  }

  @Test func pipesGetNoColor() throws {
    for command in [["metrics", "list"], ["plugins", "list"], ["rank", Tool.tinySpace, "--no-store"]] {
      let result = try Tool.run(command, in: folder, environment: ["TERM": "xterm-256color"])
      #expect(!result.output.contains("\u{1B}") && !result.errors.contains("\u{1B}"))
    }
  }
}
