import Foundation
import LinearAlgebra
import Trainability

/// What closed forms say of training one network: the numbers that decide it, curves, and their pictures.
package struct TrainingReport: Sendable {
  /// Where the kernel comes from, in a few words.
  package let source: String
  package let dynamics: TrainingDynamics
  package let curves: TrainingCurves
  package let convention: LossConvention
  /// As the user gives it, in the loss's own convention.
  package let learningRate: Double
  /// Steps of gradient descent, else gradient flow.
  package let isDiscrete: Bool
  /// The network itself, trained as the closed forms say; nil when it was not asked for.
  package let trained: TrainedNetwork?

  /// ∂f*/∂t of the other inputs at t = 0 and η = 1 of ½Σr², m × O; nil without other inputs.
  let initialVelocity: Matrix?

  package init(
    source: String, dynamics: TrainingDynamics, curves: TrainingCurves, convention: LossConvention,
    learningRate: Double, isDiscrete: Bool, initialVelocity: Matrix? = nil, trained: TrainedNetwork? = nil
  ) {
    self.source = source
    self.dynamics = dynamics
    self.curves = curves
    self.convention = convention
    self.learningRate = learningRate
    self.isDiscrete = isDiscrete
    self.initialVelocity = initialVelocity
    self.trained = trained
  }

  /// Fractions of the first loss whose times are told.
  static let fractions = [0.5, 0.1, 0.01, 0.001]

  var kernel: DecomposedKernel { dynamics.kernel }
  var factor: Double { convention.rateFactor(samples: dynamics.samples) }
  var limits: LearningRateLimits? {
    LearningRateLimits(kernel, convention: convention, samples: dynamics.samples)
  }

  func duration(to fraction: Double) -> TrainingDuration? {
    isDiscrete
      ? try? dynamics.steps(toLossFraction: fraction, learningRate: factor * learningRate)
      : try? dynamics.time(toLossFraction: fraction, learningRate: factor * learningRate)
  }

  /// Where the extreme eigenvalues lie, proven without a decomposition.
  var bounds: EigenvalueBounds? { try? EigenvalueBounds(kernel.matrix) }

  /// Nil when the kernel or the labels are the same for all samples.
  var alignment: Double? { try? centredAlignment(kernel: dynamics.meanKernel, targets: dynamics.targets) }

  /// Nil for a singular kernel, for which it is infinite unless the labels avoid its null space.
  var complexity: Double? {
    // Sums over outputs are over samples and outputs of a kernel that couples them, and n stays the samples' number.
    let rows = dynamics.couplesOutputs ? Matrix(column: dynamics.targets.values) : dynamics.targets
    let complexity = try? KernelRegression.complexity(
      kernel: kernel.matrix, targets: rows, epsilon: kernel.spectrum.epsilon)
    return complexity.map { $0 * (Double(kernel.order) / Double(max(1, dynamics.samples))).squareRoot() }
  }

  /// ‖θ_∞ − θ₀‖.
  var finalDisplacement: Double? { try? dynamics.displacement(at: .gradientFlow(time: .infinity)) }

  /// The loss that no training takes away, of the first.
  var floor: Double {
    let total = dynamics.energies.reduce(0, +)
    let left = zip(kernel.resolvedEigenvalues, dynamics.energies).reduce(0) { $1.0 > 0 ? $0 : $0 + $1.1 }
    return total > 0 ? left / total : 0
  }

  // MARK: Text

  /// For a terminal: a summary, and a row for about every tenth moment.
  package func page(width: Int?, style: TerminalStyle) -> String {
    let number = { (value: Double?) in NumberText.significant(value) }
    var lines = [
      style(source, .strong),
      "\(NumberText.counted(dynamics.samples, "sample")), \(NumberText.counted(dynamics.targets.columns, "output")); "
        + "\(isDiscrete ? "gradient descent" : "gradient flow") on \(convention.formula), "
        + "learning rate \(NumberText.short(learningRate))",
      "",
      "λ_max \(number(kernel.spectrum.lambdaMax.value)), λ_min \(number(kernel.spectrum.lambdaMin.value)), "
        + "κ \(kernel.spectrum.conditionNumber.value.map { number($0) } ?? "none: \(kernel.spectrum.outcome.rawValue)"), "
        + "rank \(kernel.rank), effective rank \(number(kernel.spectrum.effectiveRank.value))",
    ]
    if let limits {
      lines.append(
        "learning rates: stable below \(number(limits.stable)), fastest \(number(limits.fastest)), "
          + "without oscillation up to \(number(limits.monotone))")
    }
    lines.append(durationText)
    // Less is what rounding leaves of a loss that the kernel sees all of.
    if floor > 1e-20 {
      lines.append("\(number(100 * floor)) % of the loss lies where the kernel has no gradient, and stays")
    }
    if let finalDisplacement { lines.append("parameters move by \(number(finalDisplacement)) in all") }
    if let bounds { lines.append(Self.text(bounds)) }
    if let alignment {
      lines.append(
        "labels: centred alignment \(number(alignment)), complexity √(2yᵀΘ⁻¹y/n) \(number(complexity))")
    }
    if let trained { lines += ["", trained.summary(factor: factor)] }
    let unit = isDiscrete ? "step" : "time"
    let titles = ["loss", "label-free bound", "residual", "displacement"]
    let columns = (titles + (trained == nil ? [] : TrainedNetwork.titles)).map {
      TextTable.Column($0, .right, importance: 2)
    }
    let every = max(1, curves.points.count / 12)
    let rows = curves.points.enumerated().filter {
      $0.offset % every == 0 || $0.offset == curves.points.count - 1
    }
    .map { index, point in
      [
        isDiscrete ? "\(Int(point.position))" : number(point.position), number(factor * point.loss),
        number(factor * point.bounds.labelFree), number(point.residualNorm), number(point.displacement),
      ] + (trained?.numbers(index, factor: factor).map(number) ?? [])
    }
    let table = TextTable([.init(unit, .right, importance: 3, isEssential: true)] + columns, rows: rows)
    return (lines + [""] + table.rendered(width: width, style: style).lines).joined(separator: "\n") + "\n"
  }

  private static func text(_ bounds: EigenvalueBounds) -> String {
    func text(_ name: String, _ interval: EigenvalueBounds.Interval) -> String {
      let (lower, upper) = (interval.lower, interval.upper)
      return "\(name) in [\(NumberText.significant(lower.value)), \(NumberText.significant(upper.value))] "
        + "(\(lower.reason), \(upper.reason))"
    }
    return
      "certified without decomposition: \(text("λ_max", bounds.largest)), \(text("λ_min", bounds.smallest))"
  }

  /// How long it takes until the loss is down to several fractions.
  private var durationText: String {
    let reached = Self.fractions.map { fraction -> String in
      let name = "\(NumberText.significant(100 * fraction, digits: 1)) %"
      guard let value = duration(to: fraction)?.value else { return "\(name) never" }
      return "\(name) \(isDiscrete ? "\(Int(value))" : NumberText.significant(value))"
    }
    if duration(to: Self.fractions[0]) == .diverges {
      return "the loss diverges: the learning rate is too large"
    }
    return "\(isDiscrete ? "steps" : "time") until the loss is down to \(reached.joined(separator: ", "))"
  }
}
