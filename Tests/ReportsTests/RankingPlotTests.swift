import ArchitecturePlugins
import Reports
import ScoringMetrics
import Testing

/// A ranking of `values` over depth and width; nil for a candidate without a rank.
private func report(_ values: [(depth: Int, width: Int, value: Double?)]) -> RankingReport {
  func choices(_ depth: Int, _ width: Int) -> Choices {
    ["depth": .integer(depth), "width": .integer(width), "activation": .text("relu")]
  }
  return RankingReport(
    space: "sample", identity: .null, seeds: [0],
    metrics: [SampleReport.conditionNumber, SampleReport.parameters],
    rankingMetrics: ["conditionNumber"], choiceOrder: ["depth", "width"],
    ranked: values.compactMap { entry in
      entry.value.map {
        .init(
          rank: 1, id: "a", choices: choices(entry.depth, entry.width), seedsOk: 1,
          values: ["conditionNumber": SampleReport.value($0, seedsOk: 1)])
      }
    },
    failed: values.filter { $0.value == nil }.map {
      .init(id: "b", choices: choices($0.depth, $0.width), outcome: .rankDeficient, message: "singular")
    })
}

private let grid = report([(3, 16, 9), (1, 8, 2), (1, 16, 3), (2, 8, nil), (3, 8, 8), (2, 16, 5)])

@Test func aPictureHasALineForEachCombinationOfTheOtherChoices() throws {
  let plot = try grid.plot()
  // Depth has more values than width.
  #expect(plot.x.label == "depth")
  #expect(plot.series.map(\.name) == ["width 8", "width 16"])
  #expect(plot.series[1].points == [PlotPoint(1, 3), PlotPoint(2, 5), PlotPoint(3, 9)])
  // What has no rank interrupts its line.
  #expect(plot.series[0].points.map(\.x) == [1, 2, 3])
  #expect(plot.series[0].points[1].y.isNaN && plot.series[0].points[2].y == 8)
}

@Test func metricsOfOneLineShareItsColour() throws {
  let plot = try grid.plot(over: "width", metrics: ["conditionNumber", "parameters"])
  #expect(plot.series.map(\.name).prefix(2) == ["depth 1: κ", "depth 1: parameters"])
  #expect(plot.series.map(\.color) == [0, 0, 1, 1, 2, 2])
  #expect(plot.series[0].stroke == .solid && plot.series[1].stroke == .dashed)
}

@Test func whatCannotBeDrawnIsSaid() {
  #expect(throws: RankingPlotError.notNumeric(parameter: "activation", known: ["depth", "width"])) {
    try grid.plot(over: "activation")
  }
  #expect(
    throws: RankingPlotError.unknownMetric(name: "lambdaMax", known: ["condition_number", "parameters"])
  ) {
    try grid.plot(metrics: ["lambdaMax"])
  }
  #expect(throws: RankingPlotError.nothingVaries) { try report([(1, 8, 2)]).plot() }
  let many = report((1...9).map { (1, $0, 1) } + (1...9).map { (2, $0, 1) })
  #expect(throws: RankingPlotError.tooManyCombinations(9, choices: ["width"], most: 8)) {
    try many.plot(over: "depth")
  }
  #expect(throws: RankingPlotError.tooManyMetrics(4, most: 3)) {
    try grid.plot(metrics: .init(repeating: "conditionNumber", count: 4))
  }
}
