import ArchitecturePlugins
import Reports
import ScoringMetrics
import Trainability

/// A small ranking with everything that a report has to show: a tie, a partly failed candidate and failures.
enum SampleReport {
  static let conditionNumber = metric("conditionNumber", "κ", .logarithmic)
  static let parameters = metric("parameters", "parameters", .linear)

  static func metric(_ name: String, _ title: String, _ scale: MetricScale) -> MetricDescription {
    MetricDescription(
      name: name, title: title, unit: "1", explanation: "What \(title) is.", source: "",
      direction: .lowerIsBetter,
      directionReason: "", scale: scale, needs: [.network])
  }

  static func value(_ kappa: Double, deviation: Double = 0.1, seedsOk: Int = 3) -> RankingReport.Value {
    .init(value: kappa, logMean: 1, logStandardDeviation: deviation, seedsOk: seedsOk)
  }

  static func ranked(
    _ rank: Int, _ kappa: Double, id: String, depth: Int, tied: Bool = false, seedsOk: Int = 3
  ) -> RankingReport.Ranked {
    .init(
      rank: rank, isTied: tied, id: id, choices: ["depth": .integer(depth), "activation": .text("relu")],
      outcome: seedsOk < 3 ? .nonFinite : .ok, seedsOk: seedsOk,
      values: [
        "conditionNumber": value(kappa, seedsOk: seedsOk),
        "parameters": .init(value: 12_345, logMean: nil, logStandardDeviation: nil, seedsOk: 3),
      ])
  }

  static let failure = RankingReport.Failed(
    id: "dddddddddddd", choices: ["depth": .integer(9), "activation": .text("relu")], outcome: .rankDeficient,
    message: "λ_min does not exceed n·ε·λ_max, \"quoted\", with a comma")

  static let report = RankingReport(
    space: "sample", identity: .verbatim("{\"precision\":\"single\"}"), seeds: [0, 1, 2],
    metrics: [conditionNumber, parameters], rankingMetrics: ["conditionNumber"], context: "made by hand",
    ranked: [
      ranked(1, 7.5, id: "aaaaaaaaaaaa", depth: 1),
      ranked(2, 12.25, id: "bbbbbbbbbbbb", depth: 2, tied: true),
      ranked(2, 12.25, id: "cccccccccccc", depth: 3, tied: true),
      ranked(4, 1.5, id: "eeeeeeeeeeee", depth: 4, seedsOk: 2),
    ], failed: [failure])
}
