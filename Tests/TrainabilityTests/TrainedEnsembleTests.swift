import LinearAlgebra
import Testing
import Trainability

@Suite struct TrainedEnsembleTests {
  private func variances(
    _ kernel: DecomposedKernel, _ cross: Matrix, _ prior: GaussianPrior, at progress: TrainingProgress
  ) throws -> [Double] {
    try TrainedEnsemble(tangentKernel: kernel, tangentCross: cross, prior: prior).variances(at: progress)
  }

  /// The tangent kernel and the prior are different kernels, of full rank and not.
  @Test(arguments: [(6, 9), (9, 4)]) func variancesAreThoseOfTheWholePosterior(samples: Int, parameters: Int)
    throws
  {
    let problem = try RandomProblem(seed: 5, samples: samples, parameters: parameters)
    let other = try RandomProblem(seed: 6, samples: samples, parameters: samples + 2)
    let prior = try GaussianPrior(
      training: other.kernel, cross: other.cross,
      test: other.testJacobian.multiplied(byTransposeOf: other.testJacobian))
    let kernel = try DecomposedKernel(problem.kernel)
    for progress in [
      .gradientFlow(time: 0), .gradientFlow(time: 0.7, learningRate: 0.3), .gradientFlow(time: .infinity),
      .gradientDescent(steps: 20, learningRate: 0.5 / kernel.lambdaMax),
    ] as [TrainingProgress] {
      let whole = try GaussianProcess.trained(
        tangentKernel: kernel, tangentCross: problem.cross, prior: prior, targets: problem.targets,
        at: progress)
      let scale = whole.variances.reduce(1, max)
      for (a, b) in zip(try variances(kernel, problem.cross, prior, at: progress), whole.variances) {
        #expect(abs(a - b) < 1e-11 * scale, "\(progress)")
      }
    }
    #expect(try variances(kernel, problem.cross, prior, at: .gradientFlow(time: 0)) == prior.test.diagonal)
  }

  @Test func thePriorAsTangentKernelIsTheLastLayerTrained() throws {
    let problem = try RandomProblem(seed: 7, samples: 5, parameters: 8)
    let prior = try GaussianPrior(
      training: problem.kernel, cross: problem.cross,
      test: problem.testJacobian.multiplied(byTransposeOf: problem.testJacobian))
    let kernel = try DecomposedKernel(problem.kernel)
    for time in [0.01, 0.5, 20] {
      let last = try GaussianProcess.lastLayerTrained(
        kernel: kernel, prior: prior, targets: problem.targets, time: time)
      let variances = try variances(kernel, problem.cross, prior, at: .gradientFlow(time: time))
      for (a, b) in zip(variances, last.variances) { #expect(abs(a - b) < 1e-11 * prior.test.diagonal[0]) }
    }
  }

  @Test func mistakesAreTyped() throws {
    let problem = try RandomProblem(seed: 8, samples: 4, parameters: 6)
    let prior = try GaussianPrior(
      training: problem.kernel, cross: problem.cross, test: Matrix(rows: 3, columns: 3) { $0 == $1 ? 1 : 0 })
    let kernel = try DecomposedKernel(problem.kernel)
    #expect(throws: TrainabilityError.self) {
      try TrainedEnsemble(tangentKernel: kernel, tangentCross: problem.kernel, prior: prior)
    }
    // Twice the stable rate for long: the variance overflows and is no number.
    #expect(throws: TrainabilityError.self) {
      try variances(
        kernel, problem.cross, prior,
        at: .gradientDescent(steps: 100_000, learningRate: 4 / kernel.lambdaMax))
    }
  }
}
