import ArchitectureScorer
import Foundation
import Reports

/// What is said of a run on standard error when it ends.
struct RunSummary {
  let result: RankingResult
  /// Nil when nothing was kept.
  let storePath: String?

  init(_ result: RankingResult, storePath: String?) {
    self.result = result
    self.storePath = storePath
  }

  /// `12 candidates in 0.8 s: computed 12, from store 0, failed 0; kept in scores.sqlite`.
  var text: String {
    let counts = result.counts
    let seconds = NumberText.duration(seconds: result.wallSeconds)
    let inapplicable =
      counts.inapplicable > 0
      ? "; \(counts.inapplicable) without a rank, since a metric does not apply" : ""
    let failed = (counts.failed > 0 ? "; \(counts.failed) failed" : "") + inapplicable
    if counts.candidates > 0, counts.computed == 0, counts.fromStore == counts.candidates {
      return "all \(counts.candidates) from the store, nothing computed (\(seconds))\(failed)"
    }
    var text =
      "\(NumberText.counted(counts.candidates, "candidate")) in \(seconds): computed \(counts.computed), "
      + "from store \(counts.fromStore), failed \(counts.failed)"
      + inapplicable
    if counts.isomorphicDuplicates > 0 {
      text += "; \(counts.isomorphicDuplicates) share the network of another"
    }
    if counts.excluded > 0 { text += "; \(counts.excluded) outside the budgets left out" }
    if counts.promotedScores > 0 {
      text += "; \(NumberText.counted(counts.promotedScores, "score")) computed in double precision"
    }
    if let storePath { text += "; kept in \(storePath)" }
    return text
  }

  /// What the user should look into.
  var warnings: [String] {
    var warnings: [String] = []
    if case .rejectionLimit(let overBudget, let failed) = result.ending {
      let reasons = [(overBudget, "outside the budgets"), (failed, "without a network")].filter { $0.0 > 0 }
      warnings.append(
        "sampling stopped at \(NumberText.counted(result.counts.candidates, "candidate")): in a row, "
          + reasons.map { "\(NumberText.grouped($0.0)) were \($0.1)" }.joined(separator: " and "))
    }
    if result.counts.conflicts > 0 {
      warnings.append(
        "\(NumberText.counted(result.counts.conflicts, "score")) differ from those in the store under the "
          + "same identity; both are kept, see `ntkscorer store list`")
    }
    return warnings
  }

  /// How to go on.
  var interruption: String {
    let finished = result.counts.computed + result.counts.fromStore
    guard let storePath else {
      return "interrupted after \(NumberText.counted(finished, "candidate")); without a store nothing is kept"
    }
    return "interrupted: \(NumberText.counted(finished, "candidate")) finished and kept in \(storePath); "
      + "resume with the same command:\n  \(TypedCommand.text)"
  }
}

/// The command line, as it can be typed again.
enum TypedCommand {
  static var text: String {
    CommandLine.arguments.map(quoted).joined(separator: " ")
  }

  private static func quoted(_ argument: String) -> String {
    let isPlain =
      !argument.isEmpty
      && argument.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || ("0"..."9").contains($0) || "/._-=,:+@%".unicodeScalars.contains($0)
      }
    return isPlain ? argument : "'" + argument.replacing("'", with: "'\\''") + "'"
  }
}
