import Trainability

/// Whether gradients grow or shrink on their way from the output to the input.
struct GradientNormRatio: ScoringMetric {
  let description = MetricDescription(
    name: "gradientNormRatio", title: "‖g₁‖/‖g_L‖", unit: "1",
    explanation:
      "Gradient norm of the first convolution or dense kernel over that of the last, each the root mean square over "
      + "samples.",
    source: "Glorot and Bengio 2010; Hanin 2018",
    direction: .lowerIsBetter,
    directionReason:
      "a convention, against exploding gradients; far below 1 they vanish instead, and neither end is better as such",
    scale: .logarithmic, needs: [.layerGradientNorms])

  func value(of measurements: Measurements) -> MetricValue {
    measurements.value(of: .layerGradientNorms) {
      if case .gradientNorms(let first, let last) = $0 { MetricValue(finite: first / last) } else { nil }
    }
  }
}
