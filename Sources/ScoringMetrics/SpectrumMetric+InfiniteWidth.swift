import Trainability

/// Metrics of the eigenvalues of the two kernels of infinite width: Θ, which the tangent kernel tends to, and the NNGP
/// kernel.
extension SpectrumMetric {
  static let ofInfiniteWidth = ofTheTangentKernel + ofTheGaussianProcess

  private static let ofTheTangentKernel: [SpectrumMetric] = [
    SpectrumMetric(
      "infiniteConditionNumber", title: "κ∞",
      explanation: "λ_max/λ_min of Θ, the limit of the tangent kernel at infinite width.",
      source: "Xiao et al. 2020, §3; Jacot et al. 2018",
      .lowerIsBetter, because: "the slowest direction learns κ times more slowly than the fastest",
      of: .infiniteTangentKernelSpectrum, quantity: \.conditionNumber),
    SpectrumMetric(
      "infiniteLambdaMax", title: "λ_max∞", unit: "kernel",
      explanation: "The largest eigenvalue of Θ, the limit of the tangent kernel of one output.",
      source: "Xiao et al. 2020, §3",
      .lowerIsBetter,
      because:
        "a smaller one allows a larger learning rate; it scales with the whole kernel, so compare it only "
        + "within one parameterization",
      of: .infiniteTangentKernelSpectrum, quantity: \.lambdaMax),
    SpectrumMetric(
      "infiniteLambdaMin", title: "λ_min∞", unit: "kernel",
      explanation: "The smallest eigenvalue of Θ, the limit of the tangent kernel of one output.",
      source: "Du et al. 2019; Arora et al. 2019",
      .higherIsBetter, because: "the training loss falls at least as fast as exp(−2 η λ_min t)",
      of: .infiniteTangentKernelSpectrum, quantity: smallest),
    SpectrumMetric(
      "infiniteKernelTrace", title: "tr Θ", unit: "kernel",
      explanation: "Sum of the eigenvalues of Θ, the limit of the tangent kernel of one output.",
      source: "NASI (Shu et al. 2022), at infinite width",
      .higherIsBetter,
      because:
        "NASI's convention: larger gradients move the loss faster, up to the stable learning rate; neither end "
        + "is better as such",
      of: .infiniteTangentKernelSpectrum, quantity: \.trace),
    SpectrumMetric(
      "infiniteEffectiveRank", title: "eff. rank∞",
      explanation: "exp of the entropy of the shares of Θ's eigenvalues: from 1 to n.",
      source: "Roy and Vetterli 2007",
      .higherIsBetter, because: "more directions learn at a comparable speed",
      of: .infiniteTangentKernelSpectrum, quantity: \.effectiveRank),
    SpectrumMetric(
      "infiniteParticipationRatio", title: "PR∞",
      explanation: "(Σλ)²/Σλ² over the eigenvalues of Θ: how many of them carry it, from 1 to n.",
      source: "inverse participation ratio of the spectrum",
      .higherIsBetter, because: "more directions learn at a comparable speed",
      of: .infiniteTangentKernelSpectrum, quantity: \.participationRatio),
    SpectrumMetric(
      "infiniteLargestStableLearningRate", title: "η_max∞", unit: "learning rate",
      explanation:
        "2/λ_max of Θ: an infinitely wide network diverges on the loss ½Σr² at any larger learning rate.",
      source: "Lee et al. 2019, §2.2",
      .higherIsBetter,
      because:
        "larger steps stay stable; it scales inversely with the whole kernel, so compare it only within one "
        + "parameterization",
      of: .infiniteTangentKernelSpectrum, quantity: \.largestStableLearningRate),
    SpectrumMetric(
      "infiniteStepsToOnePercent", title: "steps∞ to 1 %", unit: "steps",
      explanation:
        "Steps of full-batch gradient descent on an infinitely wide network at η = 2/(λ_max+λ_min) until the loss is "
        + "1 %, in the worst direction.",
      source: "Lee et al. 2019, §2.2",
      .lowerIsBetter, because: "fewer steps", of: .infiniteTangentKernelSpectrum,
      quantity: \.stepsToOnePercent),
    SpectrumMetric(
      "infiniteTimeToOnePercent", title: "t∞(1 %)", unit: "time",
      explanation:
        "Time of gradient flow at rate 1 on an infinitely wide network until the loss ½Σr² is 1 %, in the worst "
        + "direction: ln 100/(2 λ_min).",
      source: "Jacot et al. 2018, §5; Lee et al. 2019, equation 10",
      .lowerIsBetter,
      because:
        "faster; it scales inversely with the whole kernel, so compare it only within one parameterization",
      of: .infiniteTangentKernelSpectrum, quantity: \.timeToOnePercent),
  ]

  private static let ofTheGaussianProcess: [SpectrumMetric] = [
    SpectrumMetric(
      "nngpConditionNumber", title: "κ NNGP",
      explanation: "λ_max/λ_min of the NNGP kernel, the covariance of an infinitely wide network's outputs.",
      source: "Lee et al. 2018; Xiao et al. 2020",
      .lowerIsBetter,
      because: "the slowest direction of the last layer learns κ times more slowly than the fastest",
      of: .gaussianProcessKernelSpectrum, quantity: \.conditionNumber),
    SpectrumMetric(
      "nngpLambdaMax", title: "λ_max NNGP", unit: "kernel",
      explanation: "The largest eigenvalue of the NNGP kernel.",
      source: "Lee et al. 2018",
      .lowerIsBetter, because: "a smaller one allows a larger learning rate of the last layer",
      of: .gaussianProcessKernelSpectrum, quantity: \.lambdaMax),
    SpectrumMetric(
      "nngpKernelTrace", title: "tr NNGP", unit: "kernel",
      explanation:
        "Sum of the eigenvalues of the NNGP kernel: the variances of the outputs, summed over samples.",
      source: "Lee et al. 2018",
      .higherIsBetter,
      because: "a convention: outputs that do not vanish; neither end is better as such",
      of: .gaussianProcessKernelSpectrum, quantity: \.trace),
    SpectrumMetric(
      "nngpEffectiveRank", title: "eff. rank NNGP",
      explanation: "exp of the entropy of the shares of the NNGP kernel's eigenvalues: from 1 to n.",
      source: "Roy and Vetterli 2007",
      .higherIsBetter, because: "the features tell more samples apart",
      of: .gaussianProcessKernelSpectrum, quantity: \.effectiveRank),
  ]
}
