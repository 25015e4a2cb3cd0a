import Trainability

/// A metric of the eigenvalues λ₁ ≥ … ≥ λₙ of the finite-width tangent kernel, or of a kernel measured beside it.
struct SpectrumMetric: ScoringMetric {
  let description: MetricDescription
  private let need: MetricNeed
  let quantity: @Sendable (KernelSpectrum) -> SpectralQuantity

  func value(of measurements: Measurements) -> MetricValue {
    measurements.value(of: need) { $0.spectrum.map { MetricValue(quantity($0)) } }
  }

  init(
    _ name: String, title: String, unit: String = "1", explanation: String, source: String,
    _ direction: MetricDirection, because directionReason: String, scale: MetricScale = .logarithmic,
    of need: MetricNeed = .tangentKernelSpectrum,
    quantity: @escaping @Sendable (KernelSpectrum) -> SpectralQuantity
  ) {
    description = MetricDescription(
      name: name, title: title, unit: unit, explanation: explanation, source: source, direction: direction,
      directionReason: directionReason, scale: scale, needs: [need])
    self.need = need
    self.quantity = quantity
  }

  static let all = ofTheKernel + ofItsForms + ofOtherKernels

  private static let ofTheKernel: [SpectrumMetric] = [
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
      quantity: smallest),
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
    SpectrumMetric(
      "timeToOnePercent", title: "t(1 %)", unit: "time",
      explanation:
        "Time of gradient flow at rate 1 on the loss ½Σr² until it is 1 %, in the worst direction: ln 100/(2 λ_min).",
      source: "Jacot et al. 2018, §5; Lee et al. 2019, equation 10",
      .lowerIsBetter,
      because:
        "faster; it scales inversely with the whole kernel, so compare it only within one parameterization",
      quantity: \.timeToOnePercent),
    SpectrumMetric(
      "lambdaMinOverTrace", title: "λ_min/tr K",
      explanation: "The kernel's smallest eigenvalue over the sum of all: from 0 to 1/n.",
      source: "Du et al. 2019, freed of the kernel's scale",
      .higherIsBetter, because: "the slowest direction learns at a larger share of the mean rate",
      quantity: \.lambdaMinOverTrace),
  ]

  private static let ofItsForms: [SpectrumMetric] = [
    SpectrumMetric(
      "centeredConditionNumber", title: "κ centred",
      explanation:
        "λ₁/λ_{n−1} of HKH with H = I − 11ᵀ/n, whose null vector is dropped: κ without the mean over samples.",
      source: "Xiao et al. 2020, on the centred kernel (Cortes et al. 2012)",
      .lowerIsBetter,
      because: "the slowest direction that tells samples apart learns κ times more slowly than the fastest",
      of: .centeredKernelSpectrum, quantity: \.conditionNumber),
    SpectrumMetric(
      "correlationConditionNumber", title: "κ corr.",
      explanation: "λ₁/λₙ of K_ij/√(K_ii K_jj): κ when every sample's gradient has length 1.",
      source: "Xiao et al. 2020, on the kernel of unit diagonal",
      .lowerIsBetter, because: "gradients of different samples point further apart",
      of: .correlationKernelSpectrum, quantity: \.conditionNumber),
    SpectrumMetric(
      "layerEqualizedLambdaMin", title: "λ_min equal.",
      explanation:
        "λₙ of Σ_l K_l/t_l over convolution and dense kernels, batch norm removed; t_l is the mean diagonal of K_l, "
        + "and layers of zero trace are left out.",
      source: "the project's study of NAS-Bench-201 (docs/metrics.md)",
      .higherIsBetter,
      because: "more layers, each counted alike, tell the least distinguishable samples apart",
      of: .layerEqualizedSpectrum, quantity: smallest),
    SpectrumMetric(
      "layerEqualizedLambdaMinCorrelation", title: "λ_min eq. corr.",
      explanation:
        "λₙ of Σ_l C_l over convolution and dense kernels, batch norm removed; C_l is K_l in correlation form, and "
        + "layers of zero trace are left out.",
      source: "the project's study of NAS-Bench-201 (docs/metrics.md)",
      .higherIsBetter,
      because: "more layers, each counted alike, tell the least distinguishable samples apart",
      of: .layerEqualizedCorrelationSpectrum, quantity: smallest),
  ]

  private static let ofOtherKernels: [SpectrumMetric] = [
    SpectrumMetric(
      "inputGradientMedianEigenvalue", title: "λ_med/tr G",
      explanation:
        "Median eigenvalue over trace of G_ij = ⟨∂Σf(x_i)/∂x_i, ∂Σf(x_j)/∂x_j⟩, the input-gradient kernel.",
      source: "after jacob_cov: Mellor et al. 2020 (arXiv 2006.04647v1)",
      .higherIsBetter, because: "the network reacts to different samples in different ways",
      of: .inputGradientSpectrum, quantity: \.medianOverTrace),
    SpectrumMetric(
      "inputGradientParticipationRatio", title: "PR of HGH",
      explanation: "(Σλ)²/Σλ² of the centred input-gradient kernel HGH: from 1 to n − 1.",
      source: "after jacob_cov: Mellor et al. 2020 (arXiv 2006.04647v1)",
      .higherIsBetter, because: "the network reacts to different samples in different ways",
      of: .centeredInputGradientSpectrum, quantity: \.participationRatio),
    SpectrumMetric(
      "conjugateKernelConditionNumber", title: "κ conj.",
      explanation:
        "λ₁/λₙ of the Gram matrix of the last hidden features: κ when the last layer alone is trained.",
      source: "Fan and Wang 2020; Lee et al. 2018 for its infinite-width limit",
      .lowerIsBetter,
      because: "the slowest direction of the last layer learns κ times more slowly than the fastest",
      of: .conjugateKernelSpectrum, quantity: \.conditionNumber),
  ]

  /// In a numerically singular kernel the smallest eigenvalue is rounding, not a quantity to rank by.
  @Sendable static func smallest(_ spectrum: KernelSpectrum) -> SpectralQuantity {
    spectrum.outcome == .rankDeficient ? spectrum.conditionNumber : spectrum.lambdaMin
  }
}
