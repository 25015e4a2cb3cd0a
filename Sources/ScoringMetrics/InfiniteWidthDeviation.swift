/// How lazily a finite network can train: how near its kernel is to the limit.
struct InfiniteWidthDeviation: ScoringMetric {
  let description = MetricDescription(
    name: "infiniteWidthDeviation", title: "‖Θ̂−Θ‖/‖Θ‖", unit: "1",
    explanation:
      "Relative Frobenius distance of the finite-width tangent kernel from its limit of infinite width, under the "
      + "space's output reduction.",
    source: "Jacot et al. 2018, theorem 1; Arora et al. 2019, theorem 3.1",
    direction: .lowerIsBetter,
    directionReason:
      "the theory of infinite width holds better; it falls as one over the square root of the width",
    scale: .logarithmic, needs: [.infiniteWidthDeviation])

  func value(of measurements: Measurements) -> MetricValue {
    measurements.value(of: .infiniteWidthDeviation) {
      if case .relativeDeviation(let value) = $0 { MetricValue(finite: value) } else { nil }
    }
  }
}
