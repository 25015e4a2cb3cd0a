import ArchitectureScorer
import Reports

/// What `--dry-run` prints.
enum EstimateText {
  static func text(_ estimate: RunEstimate, as format: OutputFormat) -> String {
    switch format {
    case .json: json(estimate)
    case .csv: CSVText.record(["quantity", "value"]) + rows(estimate).map(CSVText.record).joined()
    case .table: lines(estimate)
    case .markdown:
      MarkdownText.table(
        [.init("quantity", .left, importance: 0), .init("value", .left, importance: 0)], rows(estimate))
    }
  }

  private static func rows(_ estimate: RunEstimate) -> [[String]] {
    let infinite =
      estimate.infiniteWidthEvaluations == 0
      ? []
      : [
        [
          "kernels of infinite width",
          estimate.infiniteWidthEvaluations.map(String.init) ?? NumberText.missing,
        ],
        ["covariances of one", NumberText.count(estimate.covariancesPerEvaluation)],
      ]
    return [
      ["candidates", estimate.candidates],
      ["seeds", "\(estimate.seeds)"],
      ["kernels", estimate.kernels.map(String.init) ?? NumberText.missing],
      ["multiply–adds of a kernel", NumberText.count(estimate.multiplyAddsPerKernel)],
    ] + infinite + [
      ["time", estimate.seconds.map(time) ?? NumberText.missing],
      ["memory", "at most about \(NumberText.bytes(memory(estimate)))"],
      ["largest candidate", NumberText.bytes(estimate.largestCandidateBytes)],
    ]
  }

  private static func time(_ seconds: Double) -> String {
    seconds < 1 ? "less than a second" : "about \(NumberText.duration(seconds: seconds))"
  }

  private static func memory(_ estimate: RunEstimate) -> Int { estimate.peakBytes + estimate.processBytes }

  private static func lines(_ estimate: RunEstimate) -> String {
    let rows = rows(estimate)
    let width = rows.map { TextWidth.of($0[0]) }.max() ?? 0
    let text = rows.map { TextWidth.padded($0[0], to: width, alignment: .left) + "  " + $0[1] + "\n" }
      .joined()
    let rejected =
      estimate.rejected > 0
      ? "; \(estimate.rejected) of them "
        + (estimate.rejected == 1 ? "is outside the budgets or makes" : "are outside the budgets or make")
        + " no network" : ""
    let note =
      "estimated from \(NumberText.counted(estimate.sampled, "candidate"))\(rejected); "
      + "nothing was computed, and what the store holds was not taken into account"
    return text + TextWidth.wrapped(note, to: Terminal.outputWidth ?? .max).joined(separator: "\n") + "\n"
  }

  private static func json(_ estimate: RunEstimate) -> String {
    JSONValue.object([
      ("candidates", .text(estimate.candidates)),
      ("seeds", .integer(estimate.seeds)),
      ("kernels", estimate.kernels.map(JSONValue.integer) ?? .null),
      ("seconds", estimate.seconds.map(JSONValue.number) ?? .null),
      ("peakMemoryBytes", .integer(memory(estimate))),
      ("processBytes", .integer(estimate.processBytes)),
      ("largestCandidateBytes", .integer(estimate.largestCandidateBytes)),
      ("multiplyAddsPerKernel", .number(estimate.multiplyAddsPerKernel)),
      ("multiplyAddsPerSecond", .number(estimate.multiplyAddsPerSecond)),
      ("infiniteWidthEvaluations", estimate.infiniteWidthEvaluations.map(JSONValue.integer) ?? .null),
      ("covariancesPerEvaluation", .number(estimate.covariancesPerEvaluation)),
      ("covariancesPerSecond", .number(estimate.covariancesPerSecond)),
      ("sampled", .integer(estimate.sampled)),
      ("rejected", .integer(estimate.rejected)),
    ]).indented + "\n"
  }
}
