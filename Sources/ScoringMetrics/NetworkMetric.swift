import Trainability

/// A metric of the network's structure: no kernel, the same for all seeds.
struct NetworkMetric: ScoringMetric {
  let description: MetricDescription
  let quantity: @Sendable (NetworkSize) -> Int

  func value(of measurements: Measurements) -> MetricValue {
    .value(Double(quantity(measurements.network)))
  }

  private init(
    _ name: String, title: String, unit: String, explanation: String, directionReason: String,
    quantity: @escaping @Sendable (NetworkSize) -> Int
  ) {
    description = MetricDescription(
      name: name, title: title, unit: unit, explanation: explanation, source: "counted from the network",
      direction: .lowerIsBetter, directionReason: directionReason, scale: .linear, needs: [.network])
    self.quantity = quantity
  }

  static let all: [NetworkMetric] = [
    NetworkMetric(
      "parameters", title: "parameters", unit: "parameters",
      explanation: "Trainable numbers of the network.",
      directionReason: "a cost; as a predictor of accuracy more is usually better",
      quantity: \.parameters),
    NetworkMetric(
      "multiplyAdds", title: "multiply–adds", unit: "multiply–adds",
      explanation:
        "Multiply–adds of convolutions and dense layers for one image, forward; NAS tables call it FLOPs.",
      directionReason: "a cost; as a predictor of accuracy more is usually better",
      quantity: \.multiplyAdds),
    NetworkMetric(
      "depth", title: "depth", unit: "layers",
      explanation: "Convolutions and dense layers on the path to the output that has most of them.",
      directionReason:
        "a cost, since layers on one path run one after the other; neither end is better as such",
      quantity: \.depth),
  ]
}
