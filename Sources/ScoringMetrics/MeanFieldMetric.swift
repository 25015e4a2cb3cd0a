import Trainability

/// A metric of mean-field theory: of depth, activation, σ_w² and σ_b² alone.
struct MeanFieldMetric: ScoringMetric {
  let description: MetricDescription
  private let quantity: MeanFieldQuantity

  func value(of measurements: Measurements) -> MetricValue {
    measurements.value(of: .meanField) {
      if case .meanField(let quantities) = $0 { quantities[quantity] } else { nil }
    }
  }

  private init(
    _ quantity: MeanFieldQuantity, title: String, unit: String = "1", explanation: String, source: String,
    _ direction: MetricDirection, because directionReason: String, scale: MetricScale = .logarithmic
  ) {
    description = MetricDescription(
      name: quantity.rawValue, title: title, unit: unit, explanation: explanation, source: source,
      direction: direction, directionReason: directionReason, scale: scale, needs: [.meanField])
    self.quantity = quantity
  }

  static let all: [MeanFieldMetric] = ofFixedPoints + ofDepthScales + ofLaws + ofBooleanCube

  private static let neither = "a convention; neither end is better as such"

  private static let ofFixedPoints: [MeanFieldMetric] = [
    MeanFieldMetric(
      .propagationPhase, title: "phase", unit: "−1, 0 or 1",
      explanation: "−1 for a network in the ordered phase, 0 for a critical one, 1 in the chaotic phase.",
      source: "Poole et al. 2016; Schoenholz et al. 2017",
      .higherIsBetter,
      because: "a convention: ordered networks do not train beyond some depth, the others do", scale: .linear),
    MeanFieldMetric(
      .gradientGain, title: "χ₁",
      explanation: "σ_w² E[φ′²] at the variance's fixed point: growth of squared gradients a layer.",
      source: "Schoenholz et al. 2017, equation 5",
      .lowerIsBetter,
      because: "a convention, against exploding gradients; 1 is critical, and below it gradients vanish"),
    MeanFieldMetric(
      .distanceToCriticality, title: "|σ_w²/σ_c²−1|",
      explanation: "Relative distance of σ_w² from the critical line at the network's σ_b² and activation.",
      source: "Schoenholz et al. 2017, §3",
      .lowerIsBetter, because: "signals and gradients reach further through a network nearer to criticality",
      scale: .linear),
    MeanFieldMetric(
      .varianceFixedPoint, title: "q*",
      explanation: "Where the variance of pre-activations settles in a deep network.",
      source: "Poole et al. 2016, equation 3", .lowerIsBetter, because: neither, scale: .linear),
    MeanFieldMetric(
      .correlationFixedPoint, title: "c*",
      explanation: "The correlation that any two inputs end at in a deep network: 1 unless it is chaotic.",
      source: "Poole et al. 2016, equation 5",
      .lowerIsBetter, because: "a convention: deep networks still tell inputs apart", scale: .linear),
  ]

  private static let ofDepthScales: [MeanFieldMetric] = [
    MeanFieldMetric(
      .gradientDepthScale, title: "ξ₁", unit: "layers",
      explanation: "1/|log χ₁|: layers over which squared gradients change e-fold.",
      source: "Schoenholz et al. 2017, §4",
      .higherIsBetter, because: "gradients reach further; it is infinite at criticality"),
    MeanFieldMetric(
      .correlationDepthScale, title: "ξ_c", unit: "layers",
      explanation: "−1/log χ_c*: layers over which correlations come e times nearer to c*.",
      source: "Schoenholz et al. 2017, equation 9",
      .higherIsBetter, because: "differences between inputs reach further; it is infinite at criticality"),
    MeanFieldMetric(
      .varianceDepthScale, title: "ξ_q", unit: "layers",
      explanation: "−1/log(χ₁ + σ_w² E[φ″φ]): layers over which variances come e times nearer to q*.",
      source: "Schoenholz et al. 2017, equation 7",
      .higherIsBetter, because: "inputs of different length stay different for longer"),
    MeanFieldMetric(
      .trainableDepth, title: "8 ξ₁", unit: "layers",
      explanation:
        "About the deepest network that trains with the candidate's φ, σ_w² and σ_b²; ordered phase only.",
      source: "Xiao et al. 2020, §5 and table 1, with C = 8",
      .higherIsBetter, because: "deeper networks train"),
    MeanFieldMetric(
      .trainableDepthUse, title: "l/(8 ξ₁)",
      explanation:
        "The candidate's depth over the deepest that trains: it trains below 1; 0 where every depth does.",
      source: "Xiao et al. 2020, §5 and table 1, with C = 8",
      .lowerIsBetter, because: "further from the depth at which training stops", scale: .linear),
    MeanFieldMetric(
      .generalisingDepth, title: "8 ξ_*", unit: "layers",
      explanation:
        "About the deepest network that generalises, ξ_* = 1/(log χ₁ − log χ_c*); chaotic phase only.",
      source: "Xiao et al. 2020, §4 and table 1, with C = 8",
      .higherIsBetter, because: "deeper networks generalise"),
    MeanFieldMetric(
      .generalisingDepthUse, title: "l/(8 ξ_*)",
      explanation:
        "The candidate's depth over the deepest that generalises: it memorises above 1; 0 where the theory sets no "
        + "limit.",
      source: "Xiao et al. 2020, §4 and table 1, with C = 8",
      .lowerIsBetter, because: "further from the depth at which generalisation stops", scale: .linear),
  ]

  private static let ofLaws: [MeanFieldMetric] = [
    MeanFieldMetric(
      .asymptoticConditionNumber, title: "κ by law",
      explanation:
        "κ of the tangent kernel of the batch's size by its law for deep networks, at the candidate's depth; in the "
        + "ordered phase up to a factor that depends on the inputs.",
      source: "Xiao et al. 2020, table 1",
      .lowerIsBetter, because: "the slowest direction learns κ times more slowly than the fastest"),
    MeanFieldMetric(
      .meanPredictorScale, title: "ΔP by law",
      explanation:
        "How much of the trained network's mean prediction depends on the input at the candidate's depth, by its law, "
        + "constants left out: 1, d/l, or d l (χ_c*/χ₁)^l.",
      source: "Xiao et al. 2020, §4 and table 1",
      .higherIsBetter, because: "predictions that do not depend on the input do not generalise"),
  ]

  private static let ofBooleanCube: [MeanFieldMetric] = [
    MeanFieldMetric(
      .higherDegreeShare, title: "Σ_{k≥2} C(d,k)μ_k/Φ(1)",
      explanation:
        "The share of degrees above 1 in random functions drawn from the tangent kernel on {±1}ᵈ, d = "
        + "\(MeanFieldQuantity.cubeDimension): 0 for a network that learns linear functions alone.",
      source: "Yang and Salman 2019, §4",
      .higherIsBetter,
      because: "a convention: functions that are not linear are learnt more readily; simple ones less so",
      scale: .linear),
    MeanFieldMetric(
      .populationLearningRate, title: "2/max μ_k",
      explanation:
        "The largest stable learning rate of gradient descent on the population loss ½E(f−y)², in the NTK "
        + "parameterization, inputs uniform on {±1}ᵈ, d = \(MeanFieldQuantity.cubeDimension).",
      source: "Yang and Salman 2019, §6",
      .higherIsBetter, because: "larger steps are stable"),
  ]
}
