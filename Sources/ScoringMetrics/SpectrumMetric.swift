import Trainability

/// A metric of the eigenvalues λ₁ ≥ … ≥ λₙ of the finite-width tangent kernel.
struct SpectrumMetric: ScoringMetric {
  let description: MetricDescription
  let quantity: @Sendable (KernelSpectrum) -> SpectralQuantity

  func value(of measurements: Measurements) -> MetricValue {
    switch measurements.tangentKernelSpectrum {
    case .spectrum(let spectrum): MetricValue(quantity(spectrum))
    case .failure(let outcome, let message): .failure(outcome, message: message)
    case nil: .failure(.cancelled, message: "the kernel was not computed")
    }
  }

  private init(
    _ name: String, title: String, unit: String = "1", explanation: String, source: String,
    _ direction: MetricDirection, because directionReason: String, scale: MetricScale = .logarithmic,
    quantity: @escaping @Sendable (KernelSpectrum) -> SpectralQuantity
  ) {
    description = MetricDescription(
      name: name, title: title, unit: unit, explanation: explanation, source: source, direction: direction,
      directionReason: directionReason, scale: scale, needs: [.tangentKernelSpectrum])
    self.quantity = quantity
  }

  static let all: [SpectrumMetric] = [
    SpectrumMetric(
      "conditionNumber", title: "κ",
      explanation: "Ratio of the kernel's largest to its smallest eigenvalue, λ_max/λ_min.",
      source: "Xiao et al. 2020; TE-NAS (Chen et al. 2021), §3.1",
      .lowerIsBetter, because: "the slowest direction learns κ times more slowly than the fastest",
      quantity: \.conditionNumber),
    SpectrumMetric(
      "lambdaMax", title: "λ_max", unit: "kernel",
      explanation: "The kernel's largest eigenvalue.",
      source: "Xiao et al. 2020",
      .lowerIsBetter,
      because:
        "a smaller one allows a larger learning rate; it scales with the whole kernel, so compare it only "
        + "within one parameterization",
      quantity: \.lambdaMax),
    SpectrumMetric(
      "lambdaMin", title: "λ_min", unit: "kernel",
      explanation: "The kernel's smallest eigenvalue.",
      source: "Du et al. 2019",
      .higherIsBetter,
      because: "the training loss falls at least as fast as exp(−2 η λ_min t)",
      quantity: { spectrum in
        // In a numerically singular kernel the smallest eigenvalue is rounding, not a quantity to rank by.
        spectrum.outcome == .rankDeficient ? spectrum.conditionNumber : spectrum.lambdaMin
      }),
    SpectrumMetric(
      "kernelTrace", title: "tr K", unit: "kernel",
      explanation: "Sum of the kernel's eigenvalues: the squared gradients summed over samples.",
      source: "NASI (Shu et al. 2022)",
      .higherIsBetter,
      because:
        "NASI's convention: larger gradients move the loss faster, up to the stable learning rate; neither end "
        + "is better as such",
      quantity: \.trace),
    SpectrumMetric(
      "effectiveRank", title: "effective rank",
      explanation: "exp of the entropy of the eigenvalues' shares of their sum: from 1 to n.",
      source: "Roy and Vetterli 2007",
      .higherIsBetter, because: "more directions learn at a comparable speed", quantity: \.effectiveRank),
    SpectrumMetric(
      "participationRatio", title: "participation ratio",
      explanation: "(Σλ)²/Σλ²: how many eigenvalues carry the kernel, from 1 to n.",
      source: "inverse participation ratio of the spectrum",
      .higherIsBetter, because: "more directions learn at a comparable speed", quantity: \.participationRatio),
    SpectrumMetric(
      "largestStableLearningRate", title: "η_max", unit: "learning rate",
      explanation: "2/λ_max: gradient descent on the loss ½Σr² diverges at any larger learning rate.",
      source: "Lee et al. 2019, §2.2",
      .higherIsBetter,
      because:
        "larger steps stay stable; it scales inversely with the whole kernel, so compare it only within one "
        + "parameterization",
      quantity: \.largestStableLearningRate),
    SpectrumMetric(
      "stepsToOnePercent", title: "steps to 1 %", unit: "steps",
      explanation:
        "Steps of full-batch gradient descent at η = 2/(λ_max+λ_min) until the loss is 1 %, in the worst "
        + "direction: ⌈ln 0.01 / (2 ln((κ−1)/(κ+1)))⌉.",
      source: "Lee et al. 2019, §2.2",
      .lowerIsBetter, because: "fewer steps", quantity: \.stepsToOnePercent),
  ]
}
