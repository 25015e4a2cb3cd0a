/// How a metric is computed, and what for: what a page about it says beyond its description.
public struct MetricGuide: Hashable, Sendable {
  /// With the notation of docs/metrics.md: K the kernel of n samples, λ₁ ≥ … ≥ λ_n its eigenvalues, ε the precision of the
  /// passes, H = I − 11ᵀ/n.
  public let formula: String
  /// Continues "use it …".
  public let use: String
}

extension MetricDescription {
  /// Nil for metrics that do not ship.
  public var guide: MetricGuide? { guides[name] }
}

/// By canonical name; docs/metrics.md says the same, which a test sees to.
private let guides: [String: MetricGuide] = [
  "conditionNumber": MetricGuide(
    formula: "κ = λ₁/λ_n; `rank_deficient` when λ_n ≤ n·ε·λ₁.",
    use:
      """
      as the headline, as TE-NAS does, and for ridge-free training at a fixed learning rate. On \
      NAS-Bench-201 it ranks worse than multiply–adds; its centred form is better.
      """),
  "lambdaMax": MetricGuide(
    formula: "λ₁.",
    use:
      """
      to choose a learning rate, or to see why κ is large. Not comparable between parameterizations or \
      widths.
      """),
  "lambdaMin": MetricGuide(
    formula: "λ_n; `rank_deficient` as for κ.",
    use: "to bound how fast the loss falls. Prefer `lambda_min_over_trace` to rank by."),
  "kernelTrace": MetricGuide(
    formula: "Σλ = Σ_i K_ii.",
    use: "as NASI does, and to see scale. A weak predictor by itself."),
  "effectiveRank": MetricGuide(
    formula: "exp(−Σ p ln p), p = λ/Σλ.",
    use: "to see how many directions the kernel has. A weak predictor by itself."),
  "participationRatio": MetricGuide(
    formula: "(Σλ)²/Σλ².",
    use: "as `effective_rank`, less sensitive to the small eigenvalues."),
  "largestStableLearningRate": MetricGuide(
    formula: "2/λ₁, for the loss ½Σr².",
    use: "to set up training."),
  "stepsToOnePercent": MetricGuide(
    formula: "⌈ln 0.01 / (2 ln((κ−1)/(κ+1)))⌉.",
    use: "to put κ into a unit that means something. Ranks as κ does."),
  "timeToOnePercent": MetricGuide(
    formula: "ln 100/(2 λ_n); `rank_deficient` as for κ.",
    use:
      """
      to compare how long networks of one parameterization train at one rate. With labels, \
      `label_steps_to_one_percent` says it for them.
      """),
  "lambdaMinOverTrace": MetricGuide(
    formula: "λ_n/Σλ; `rank_deficient` as for κ.",
    use:
      """
      in the place of κ when a few large eigenvalues make κ noisy. In the study it ranked as the centred \
      κ did.
      """),
  "centeredConditionNumber": MetricGuide(
    formula:
      """
      λ₁/λ_{n−1} of HKH, computed on the complement of 1 so that no null eigenvalue has to be \
      recognised; `rank_deficient` when λ_{n−1} ≤ n·ε·λ₁(K), with the rounding that the uncentred kernel \
      has.
      """,
    use:
      """
      in the place of κ: the mean direction, which every network learns, no longer hides the others. In \
      the study .70 where κ had .62 (Spearman, NAS-Bench-201, CIFAR-10, four seeds).
      """),
  "correlationConditionNumber": MetricGuide(
    formula:
      """
      λ₁/λ_n of D^{−1/2} K D^{−1/2}, D = diag K; `rank_deficient` when a diagonal entry is zero, with \
      the samples named.
      """,
    use: "where samples differ much in the size of their gradients, and for networks without normalization."),
  "layerEqualizedLambdaMin": MetricGuide(
    formula:
      """
      λ_n(Σ_l K_l/(tr K_l/n)), l over the kernels (weights) of convolutions and dense layers; summed, \
      not averaged, so depth counts. `rank_deficient` when λ_n ≤ n·ε·λ₁ or no layer is alive. The store \
      keeps how many layers were left out.
      """,
    use:
      """
      to rank topologies; with `multiply_adds` in a rank sum it was among the best of the study. Take \
      four seeds or more: a network without normalization varies from seed to seed. It hardly sees \
      width.
      """),
  "layerEqualizedLambdaMinCorrelation": MetricGuide(
    formula:
      """
      λ_n(Σ_l D_l^{−1/2} K_l D_l^{−1/2}), D_l = diag K_l; a sample without gradient in a layer adds \
      nothing there.
      """,
    use:
      """
      as `layer_equalized_lambda_min`, of which it was the slightly better form in the study: .89 \
      against .88 with eight and four seeds.
      """),
  "inputGradientMedianEigenvalue": MetricGuide(
    formula:
      """
      Median of the eigenvalues of G over tr G, G from one backward pass that goes on to the input; \
      under the batch-norm mode of the space, and whatever the output reduction. `rank_deficient` when \
      the median does not exceed n·ε·λ₁.
      """,
    use:
      """
      beside a metric of the parameters: it adds what they do not see. In the study .81 by itself, and a \
      large partial correlation given FLOPs. Use real images: Gaussian inputs hurt it.
      """),
  "inputGradientParticipationRatio": MetricGuide(
    formula:
      """
      (Σλ)²/Σλ² over the eigenvalues of HGH; small eigenvalues hardly matter, so single precision \
      suffices.
      """,
    use: "as the third term of the study's best composite: multiply–adds, layer-equalised λ_min, and this."),
  "conjugateKernelConditionNumber": MetricGuide(
    formula:
      """
      λ₁/λ_n of ΦΦᵀ, Φ the values that the last dense layer reads (the outputs where there is none); \
      `rank_deficient` when samples outnumber features, which is not even computed.
      """,
    use: "to separate the features from the readout; for transfer with a frozen body."),
  "gradientNormRatio": MetricGuide(
    formula: "√(tr K_1/tr K_L), K_l of the weights of layer l, layers in the canonical order of the network.",
    use:
      """
      to find networks that explode or vanish before wasting a training run; as a filter rather than a \
      rank.
      """),
  "infiniteConditionNumber": MetricGuide(
    formula:
      """
      λ₁/λ_n of Θ, by the recursion of docs/infinite-width.md; `rank_deficient` when λ_n ≤ n·ε·λ₁ with ε \
      = 2⁻⁵².
      """,
    use:
      """
      beside `condition_number`: it has no noise of weights, so one seed says what many say of the \
      finite network, as far as the network is wide. docs/mean-field.md shows both across the edge of \
      chaos.
      """),
  "infiniteLambdaMax": MetricGuide(
    formula:
      """
      λ₁ of Θ. With O outputs the finite kernel of the reduction `sum` tends to O·Θ, that of `trace` to \
      Θ.
      """,
    use: "to choose a learning rate for a wide network."),
  "infiniteLambdaMin": MetricGuide(
    formula: "λ_n of Θ; `rank_deficient` as for κ∞.",
    use: "to bound how fast the loss of a wide network falls."),
  "infiniteKernelTrace": MetricGuide(
    formula: "Σ_i Θ_ii.",
    use: "to see the scale of the kernel without noise."),
  "infiniteEffectiveRank": MetricGuide(
    formula: "exp(−Σ p ln p), p = λ/Σλ of Θ.",
    use: "as `effective_rank`, without noise."),
  "infiniteParticipationRatio": MetricGuide(
    formula: "(Σλ)²/Σλ² of Θ.",
    use: "as `participation_ratio`, without noise."),
  "infiniteLargestStableLearningRate": MetricGuide(
    formula: "2/λ₁ of Θ, for the loss ½Σr²; docs/trainability.md has the factors for other losses.",
    use: "to set up training of a wide network."),
  "infiniteStepsToOnePercent": MetricGuide(
    formula: "⌈ln 0.01 / (2 ln((κ−1)/(κ+1)))⌉ with κ of Θ.",
    use: "to put κ∞ into a unit that means something. Ranks as κ∞ does."),
  "infiniteTimeToOnePercent": MetricGuide(
    formula: "ln 100/(2 λ_n) with λ_n of Θ.",
    use: "as `time_to_one_percent`, without noise."),
  "nngpConditionNumber": MetricGuide(
    formula: "λ₁/λ_n of K, K_ij = E[f(x_i) f(x_j)] over random weights of one output.",
    use:
      """
      to separate the features from the readout, without noise: the limit of \
      `conjugate_kernel_condition_number` but for the readout's variances.
      """),
  "nngpLambdaMax": MetricGuide(
    formula: "λ₁ of K.",
    use: "to choose a learning rate when the last layer alone is trained."),
  "nngpKernelTrace": MetricGuide(
    formula: "Σ_i K_ii.",
    use: "to find networks whose outputs vanish or explode."),
  "nngpEffectiveRank": MetricGuide(
    formula: "exp(−Σ p ln p), p = λ/Σλ of K.",
    use: "to see how many samples the features of a wide network tell apart."),
  "infiniteWidthDeviation": MetricGuide(
    formula:
      """
      ‖Θ̂ − Θ_∞‖_F/‖Θ_∞‖_F, Θ_∞ being O·Θ, Θ or Θ ⊗ I for the reductions `sum`, `trace` and `full`. The \
      same batch in both.
      """,
    use:
      """
      as a gate: where it is near 1 or above, metrics of infinite width say little about this network. \
      Depth over width decides it.
      """),
  "validationAccuracy": MetricGuide(
    formula:
      """
      Mean over i of [argmax_c f₋ᵢ(x_i) = y_i]; f₋ᵢ is kernel ridge regression on the other samples, \
      computed as y_i − α_i/(A⁻¹)_ii with A = K + 10⁻⁴ (tr K/n) I and α = A⁻¹Y. Needs labels.
      """,
    use:
      """
      to rank by accuracy where labels are at hand; take 100 samples or more. κ says nothing about \
      labels.
      """),
  "labelAlignment": MetricGuide(
    formula: "⟨HKH, HYYᵀH⟩/(‖HKH‖ ‖HYYᵀH‖), Y one-hot. Needs labels.",
    use: "as a cheap companion of `validation_accuracy` that is not counted in whole samples."),
  "labelComplexity": MetricGuide(
    formula:
      """
      √(2 yᵀK⁻¹y/n), summed over classes, y one-hot less 1/classes; `rank_deficient` for a singular \
      kernel. Needs labels.
      """,
    use: "within one parameterization: it measures the scale of the kernel as well."),
  "labelStepsToOnePercent": MetricGuide(
    formula:
      """
      The first step k with Σ(1 − ηλ_i)^{2k}(v_i·y)² ≤ 1 % of Σ(v_i·y)², η = 2/(λ₁+λ_r), λ_r = λ_n \
      unless K is singular. Needs labels.
      """,
    use:
      """
      in the place of `steps_to_one_percent` where labels are at hand: labels seldom lie along the \
      slowest direction.
      """),
  "labelDisplacement": MetricGuide(
    formula: "√(yᵀK⁺y), K⁺ the pseudo-inverse, y one-hot less 1/classes. Needs labels.",
    use: "to compare how far networks of one parameterization have to move."),
  "relativeDisplacement": MetricGuide(
    formula: "√(yᵀK⁺y)/√E‖θ₀‖², over the parameters of the kernel's filter. Needs labels.",
    use: "as a gate: where it is not small, the network leaves the regime that kernels describe."),
  "infiniteValidationAccuracy": MetricGuide(
    formula: "As `validation_accuracy`, with Θ. Needs labels.",
    use:
      """
      to rank by accuracy without noise of weights: in the project's experiments the best single \
      predictor across activations and variances.
      """),
  "infiniteLabelAlignment": MetricGuide(
    formula: "As `label_alignment`, with Θ. Needs labels.",
    use: "as `label_alignment`, without noise."),
  "infiniteLabelComplexity": MetricGuide(
    formula: "As `label_complexity`, with Θ. Needs labels.",
    use: "as `label_complexity`, without noise."),
  "infiniteLabelStepsToOnePercent": MetricGuide(
    formula: "As `label_steps_to_one_percent`, with Θ. Needs labels.",
    use: "as `label_steps_to_one_percent`, without noise."),
  "nngpValidationAccuracy": MetricGuide(
    formula: "As `validation_accuracy`, with the NNGP kernel. Needs labels.",
    use: "as Park et al. do: cheaper than Θ by half, and nearly as telling."),
  "nngpLabelAlignment": MetricGuide(
    formula: "As `label_alignment`, with the NNGP kernel. Needs labels.",
    use: "as `label_alignment`, for the features of a wide network."),
  "propagationPhase": MetricGuide(
    formula: "The sign of χ₁ − 1; critical within 10⁻⁷.",
    use: "to see at a glance on which side of the edge of chaos a candidate is."),
  "gradientGain": MetricGuide(
    formula: "σ_w² E[φ′(u)²], u ~ N(0, q*); where variances grow without bound, its limit.",
    use: "to see whether gradients vanish or explode: by χ₁ˡ."),
  "distanceToCriticality": MetricGuide(
    formula: "|σ_w²/σ_c² − 1| with χ₁ = 1 at (σ_c², σ_b²).",
    use: "to rank by trainability of deep networks when depth is not yet chosen."),
  "varianceFixedPoint": MetricGuide(
    formula:
      """
      The stable q = σ_w² E[φ(√q z)²] + σ_b² that inputs of mean square 1 flow to; `not_applicable` \
      where there is none.
      """,
    use: "to find activations that saturate, and networks whose variance has no fixed point."),
  "correlationFixedPoint": MetricGuide(
    formula: "The stable c = (σ_w² E[φ(u)φ(v)] + σ_b²)/q*.",
    use: "to see how unlike a chaotic network makes inputs."),
  "gradientDepthScale": MetricGuide(
    formula: "1/|log χ₁|; `not_applicable` at criticality, where it is infinite.",
    use: "to see how many layers gradients reach through."),
  "correlationDepthScale": MetricGuide(
    formula: "−1/log χ_c*, χ_c* = σ_w² E[φ′(u)φ′(v)] at q*, c*.",
    use: "to see how many layers inputs can be told apart through."),
  "varianceDepthScale": MetricGuide(
    formula: "−1/log|χ₁ + σ_w² E[φ″φ]|.",
    use: "to see how long the length of an input matters."),
  "trainableDepth": MetricGuide(
    formula: "C ξ₁ with C = 8; `not_applicable` in the other phases, which train at any depth.",
    use: "to choose depth. To rank, `trainable_depth_use` has a value in every phase."),
  "trainableDepthUse": MetricGuide(
    formula: "l/(C ξ₁), l counting dense layers and convolutions; 0 unless ordered.",
    use: "as a gate: above 1 a network hardly trains."),
  "generalisingDepth": MetricGuide(
    formula: "C ξ_* with C = 8; `not_applicable` outside the chaotic phase.",
    use: "to choose depth in the chaotic phase. To rank, use `generalising_depth_use`."),
  "generalisingDepthUse": MetricGuide(
    formula: "l/(C ξ_*); 0 unless chaotic.",
    use: "as a gate beside κ, which is smallest where networks memorise."),
  "asymptoticConditionNumber": MetricGuide(
    formula:
      """
      Ordered d m p*/(l χ₁ˡ), critical (md + 2)/2 (with kinks (md + 3)/3), chaotic 1 + m d p_ab* (χ₁ − \
      1)/(q*(χ₁ˡ − 1)); m samples, d pooled positions.
      """,
    use: "to see which law a space follows; `infinite_condition_number` has the number itself."),
  "meanPredictorScale": MetricGuide(
    formula: "Ordered 1, critical d/l, chaotic d l (χ_c*/χ₁)ˡ.",
    use: "to compare depths within one phase; constants between phases are left out."),
  "higherDegreeShare": MetricGuide(
    formula: "μ_k is the eigenvalue of the C(d, k) monomials of degree k, Φ(1) = Σ_k C(d, k) μ_k.",
    use:
      "to see what depth and activation make of a dense network: `meanfield --boolean-cube` has every degree."
  ),
  "populationLearningRate": MetricGuide(
    formula: "2/maxₖ μ_k, nearly always 2/μ₀ or, for odd activations without biases, 2/μ₁.",
    use: "where batches are large and inputs many; `largest_stable_learning_rate` is of the batch at hand."),
  "parameters": MetricGuide(
    formula: "Of the canonical network, batch norm's γ and β included.",
    use: "as the baseline that a score must beat, and where width differs."),
  "multiplyAdds": MetricGuide(
    formula: "Σ over convolutions and dense layers.",
    use: "as the baseline that a score must beat."),
  "depth": MetricGuide(
    formula: "The longest chain.",
    use: "as a cost, or to break ties."),
]
