import Foundation
import LinearAlgebra
import Testing
import TheoryCases
import Trainability

@Suite struct TheoryOfTrainabilityTests {
  @Test func theorySpectrum() throws {
    let theory = try TheoryCase("10-spectrum")
    var checks = TheoryChecks(theory)
    let (input, expected) = (theory.input, theory.expected)
    let kernel = try input["kernel"].matrix
    let decomposed = try DecomposedKernel(kernel)
    let spectrum = decomposed.spectrum
    try checks.compare(spectrum.eigenvalues.reversed(), to: expected["eigenvalues"], "eigenvalues")
    try checks.compare(try #require(spectrum.conditionNumber.value), to: expected["kappa"], "kappa")
    try checks.compare(try #require(spectrum.lambdaMax.value), to: expected["lmax"], "lmax")
    try checks.compare(try #require(spectrum.lambdaMin.value), to: expected["lmin"], "lmin")
    let bounds = try EigenvalueBounds(kernel)
    try checks.compare(
      [bounds.smallest.lower.value, bounds.smallest.upper.value], to: expected["lmin_bounds"], "lmin_bounds")
    try checks.compare(
      [bounds.largest.lower.value, bounds.largest.upper.value], to: expected["lmax_bounds"], "lmax_bounds")
    for convention in LossConvention.allCases {
      let limits = try #require(LearningRateLimits(decomposed, convention: convention))
      try checks.compare(limits.stable, to: expected["lr"][convention.rawValue], "lr.\(convention)")
    }
    let limits = try #require(LearningRateLimits(decomposed))
    try checks.compare(limits.fastest, to: expected["lr"]["lee_critical_half_sum"], "lee_critical")
    try checks.compare(limits.monotone, to: expected["lr"]["safe_half_sum"], "safe")
    try checks.compare(limits.contraction, to: expected["lr"]["best_contraction"], "contraction")
    let complexity = try KernelRegression.complexity(kernel: kernel, targets: try input["y"].column)
    try checks.compare(complexity, to: expected["complexity"], "complexity")
    try checks.compare(
      try #require(spectrum.effectiveRank.value), to: expected["effective_rank_entropy"], "effective rank")
    try checks.compare(
      try #require(spectrum.participationRatio.value), to: expected["participation_ratio"], "participation")
    let alignment = try centredAlignment(kernel: kernel, targets: try input["Y"].matrix)
    try checks.compare(alignment, to: expected["centred_alignment"], "alignment")
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  @Test func theoryLossBounds() throws {
    let theory = try TheoryCase("12-loss-bounds")
    var checks = TheoryChecks(theory)
    let (input, expected) = (theory.input, theory.expected)
    let dynamics = try TrainingDynamics(
      kernel: try DecomposedKernel(try input["kernel"].matrix), targets: try input["y"].column)
    for (index, time) in try input["times"].numbers.enumerated() {
      let progress = TrainingProgress.gradientFlow(time: time)
      let bounds = try dynamics.bounds(at: progress)
      for (name, value) in [
        ("loss", try dynamics.loss(at: progress)), ("gronwall", bounds.labelFree),
        ("label_lower", bounds.labelAwareLower), ("label_upper", bounds.labelAwareUpper),
      ] { try checks.compare(value, to: expected[name].array[index], "\(name) at \(time)") }
    }
    let rate = try input["eta_discrete"].number
    for (index, value) in try input["steps"].numbers.enumerated() {
      let steps = try #require(Int(exactly: value))
      let norm = try dynamics.residualNorm(at: .gradientDescent(steps: steps, learningRate: rate))
      try checks.compare(norm, to: expected["arora_residual_norm"].array[index], "residual after \(steps)")
      let factor = try dynamics.overparameterizedContraction(steps: steps, learningRate: rate)
      try checks.compare(factor, to: expected["du_factor"].array[index], "du_factor after \(steps)")
    }
    for (key, value) in try expected.members {
      guard let percent = TheoryCase.number(in: key, between: "time_to_", and: "pct_loss") else { continue }
      let duration = try dynamics.time(toLossFraction: percent / 100)
      try checks.compare(try #require(duration.value), to: value, key)
    }
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  @Test func theoryTrainingCurves() throws {
    let theory = try TheoryCase("13-training-curves")
    var checks = TheoryChecks(theory)
    let (input, expected) = (theory.input, theory.expected)
    let jacobian = try input["J_train"].matrix
    let cross = try input["J_test"].matrix.multiplied(byTransposeOf: jacobian)
    let dynamics = try TrainingDynamics(
      kernel: try DecomposedKernel(try jacobian.multiplied(byTransposeOf: jacobian)),
      targets: try input["y"].column, initialOutputs: try input["f0_train"].column)
    let rate = try input["eta"].number
    let now = TrainingProgress.gradientFlow(time: try input["t"].number, learningRate: rate)
    let end = TrainingProgress.gradientFlow(time: .infinity, learningRate: rate)
    try checks.compare(try dynamics.residual(at: now).values, to: expected["residual"], "residual")
    try checks.compare(try dynamics.loss(at: now), to: expected["loss"], "loss")
    let change = try dynamics.parameterChange(at: now, jacobian: jacobian)
    try checks.compare(change, to: expected["dtheta"], "dtheta")
    try checks.compare(try dynamics.displacement(at: now), to: expected["displacement"], "displacement")
    try checks.compare(
      try dynamics.displacement(at: end), to: expected["displacement_inf"], "displacement_inf")
    let predictor = try LinearizedPredictor(
      dynamics, crossKernel: cross, initialOutputs: try input["f0_test"].column)
    try checks.compare(try predictor.predictions(at: now).values, to: expected["prediction"], "prediction")
    try checks.compare(
      try predictor.predictions(at: end).values, to: expected["prediction_inf"], "prediction_inf")
    try checks.compare(
      try predictor.initialVelocity.values.map { rate * $0 }, to: expected["initial_velocity"],
      "initial velocity")
    for (key, value) in try expected.members {
      guard let steps = TheoryCase.number(in: key, between: "gd_residual_", and: "_steps") else { continue }
      // The file leaves out the rate of these steps, one unknown: the norm gives it, every entry is then checked.
      let after = try value.numbers
      let descent = try descent(
        dynamics, steps: Int(steps), norm: after.reduce(0) { $0 + $1 * $1 }.squareRoot())
      checks.compare(try dynamics.residual(at: descent).values, to: after, key)
    }
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  /// The steps below 1/λ₁ that leave a residual of that norm, which falls as the rate grows.
  private func descent(_ dynamics: TrainingDynamics, steps: Int, norm: Double) throws -> TrainingProgress {
    var (low, high) = (0.0, 1 / dynamics.kernel.lambdaMax)
    for _ in 0..<100 {
      let progress = TrainingProgress.gradientDescent(steps: steps, learningRate: (low + high) / 2)
      if try dynamics.residualNorm(at: progress) > norm {
        low = (low + high) / 2
      } else {
        high = (low + high) / 2
      }
    }
    return .gradientDescent(steps: steps, learningRate: high)
  }

  @Test func theoryRankDeficientDynamics() throws {
    let theory = try TheoryCase("14-rank-deficient-dynamics")
    var checks = TheoryChecks(theory)
    let (input, expected) = (theory.input, theory.expected)
    let jacobian = try input["J_train"].matrix
    let dynamics = try TrainingDynamics(
      kernel: try DecomposedKernel(try jacobian.multiplied(byTransposeOf: jacobian)),
      targets: .zeros(jacobian.rows, 1), initialOutputs: try input["r0"].column)
    #expect(dynamics.kernel.rank < dynamics.kernel.order)
    let progress = TrainingProgress.gradientFlow(
      time: try input["t"].number, learningRate: try input["eta"].number)
    try checks.compare(try dynamics.residual(at: progress).values, to: expected["residual"], "residual")
    let change = try dynamics.parameterChange(at: progress, jacobian: jacobian)
    try checks.compare(change, to: expected["dtheta"], "dtheta")
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }
}
