import LinearAlgebra
import Testing
import Trainability

private let times = [0, 1e-9, 0.01, 0.1, 0.5, 2, 10, 1e3, 1e9, Double.infinity]

@Suite struct TrainingDynamicsTests {
  private func dynamics(_ problem: RandomProblem) throws -> TrainingDynamics {
    try TrainingDynamics(
      kernel: try DecomposedKernel(problem.kernel), targets: problem.targets, initialOutputs: problem.initial)
  }

  /// n above and below P: of full rank and rank deficient; one output and three.
  static let shapes = [(5, 12, 1), (8, 8, 2), (9, 4, 1), (12, 5, 3), (1, 1, 1)]

  @Test(arguments: shapes)
  func lossesFallAndStayWithinTheirBounds(samples: Int, parameters: Int, outputs: Int) throws {
    for seed in 0..<10 {
      let problem = try RandomProblem(
        seed: UInt64(seed), samples: samples, parameters: parameters, outputs: outputs)
      let dynamics = try dynamics(problem)
      var last = (loss: Double.infinity, displacement: -1.0)
      for time in times {
        let progress = TrainingProgress.gradientFlow(time: time)
        let loss = try dynamics.loss(at: progress)
        let bounds = try dynamics.bounds(at: progress)
        #expect(loss <= last.loss && loss <= bounds.labelFree * (1 + 1e-12))
        #expect(bounds.labelAwareLower <= loss * (1 + 1e-12))
        #expect(loss <= bounds.labelAwareUpper * (1 + 1e-12))
        let norm = try dynamics.residualNorm(at: progress)
        #expect(abs(norm * norm / 2 - loss) <= 1e-12 * dynamics.initialLoss)
        #expect(abs(try dynamics.residual(at: progress).frobeniusNorm - norm) <= 1e-12 * (1 + norm))
        let displacement = try dynamics.displacement(at: progress)
        #expect(displacement >= last.displacement * (1 - 1e-12))
        last = (loss, displacement)
      }
      #expect(abs(try dynamics.loss(at: .gradientFlow(time: 0)) - dynamics.initialLoss) <= 1e-12)
    }
  }

  /// Steps of gradient descent carried out one after the other on parameters, no eigenvalue in sight.
  @Test(arguments: [(5, 12), (9, 4)]) func stepsAreThoseOfGradientDescent(samples: Int, parameters: Int)
    throws
  {
    let problem = try RandomProblem(seed: 3, samples: samples, parameters: parameters)
    let dynamics = try dynamics(problem)
    let predictor = try LinearizedPredictor(dynamics, crossKernel: problem.cross)
    let rate = 1.7 / dynamics.kernel.lambdaMax
    var change = Matrix.zeros(parameters, 1)
    for step in 0...25 {
      let progress = TrainingProgress.gradientDescent(steps: step, learningRate: rate)
      let outputs = try problem.initial.combined(with: try problem.jacobian.multiplied(by: change), +)
      #expect(largestDifference(outputs, try dynamics.outputs(at: progress)) < 1e-11)
      let others = try problem.testJacobian.multiplied(by: change)
      #expect(largestDifference(others, try predictor.predictions(at: progress)) < 1e-11)
      let moved = try dynamics.parameterChange(at: progress, jacobian: problem.jacobian)
      #expect(largestDifference(change, Matrix(column: moved)) < 1e-11)
      #expect(abs(change.frobeniusNorm - (try dynamics.displacement(at: progress))) < 1e-11)
      let residual = try outputs.combined(with: problem.targets, -)
      let gradient = try problem.jacobian.transposeMultiplied(by: residual)
      change = try change.combined(with: gradient) { $0 - rate * $1 }
    }
  }

  @Test(arguments: shapes)
  func smallStepsTendToTheFlow(samples: Int, parameters: Int, outputs: Int) throws {
    let problem = try RandomProblem(seed: 5, samples: samples, parameters: parameters, outputs: outputs)
    let dynamics = try dynamics(problem)
    let predictor = try LinearizedPredictor(dynamics, crossKernel: problem.cross)
    let flow = try predictor.predictions(at: .gradientFlow(time: 1))
    var last = Double.infinity
    for steps in [100, 1000, 10_000, 100_000] {
      let progress = TrainingProgress.gradientDescent(steps: steps, learningRate: 1 / Double(steps))
      let gap = largestDifference(flow, try predictor.predictions(at: progress))
      // Euler's method is of first order: a tenth of the step, a tenth of the error.
      #expect(gap < last / 5 || gap < 1e-12)
      last = gap
    }
    #expect(last < 1e-3)
  }

  /// Zero eigenvalues change nothing but what the kernel does not see: the same as training on the range alone.
  @Test func rankDeficiencyIsTheProjectionOntoTheRange() throws {
    for seed in 0..<10 {
      let problem = try RandomProblem(seed: UInt64(seed), samples: 9, parameters: 4)
      let dynamics = try dynamics(problem)
      #expect(dynamics.kernel.rank == 4)
      // J (JᵀJ)⁻¹ Jᵀ, by Cholesky.
      let normal = try CholeskyFactor(try problem.jacobian.transposeMultiplied(by: problem.jacobian))
      let residual = try problem.initial.combined(with: problem.targets, -)
      let solution = try normal.solve(try problem.jacobian.transposeMultiplied(by: residual))
      let seen = try problem.jacobian.multiplied(by: solution)
      let unseen = try residual.combined(with: seen, -)
      let end = TrainingProgress.gradientFlow(time: .infinity)
      #expect(largestDifference(unseen, try dynamics.residual(at: end)) < 1e-11)
      let predictor = try LinearizedPredictor(dynamics, crossKernel: problem.cross)
      let expected = try problem.testJacobian.multiplied(by: solution)
      for late in [1e6, 1e12, 1e20, 1e300, Double.infinity] {
        let predictions = try predictor.predictions(at: .gradientFlow(time: late))
        #expect(largestDifference(predictions, Matrix(rows: 3, columns: 1) { -expected[$0, $1] }) < 1e-9)
        #expect(abs(try dynamics.displacement(at: .gradientFlow(time: late)) - solution.frobeniusNorm) < 1e-9)
      }
      let floor = try #require(floor(of: try dynamics.time(toLossFraction: 1e-12)))
      #expect(abs(floor - unseen.frobeniusNorm * unseen.frobeniusNorm / 2 / dynamics.initialLoss) < 1e-12)
    }
  }

  private func floor(of duration: TrainingDuration) -> Double? {
    if case .unreachable(let floor) = duration { floor } else { nil }
  }

  @Test func durationsAreTheFirstOfTheirKind() throws {
    for seed in 0..<20 {
      let problem = try RandomProblem(seed: UInt64(seed), samples: 6, parameters: 10)
      let dynamics = try dynamics(problem)
      for fraction in [0.9, 0.5, 0.01, 1e-6, 1e-12] {
        let time = try #require(try dynamics.time(toLossFraction: fraction).value)
        let loss = try dynamics.loss(at: .gradientFlow(time: time)) / dynamics.initialLoss
        #expect(abs(loss / fraction - 1) < 1e-10)
        let half = try #require(try dynamics.time(toLossFraction: fraction, learningRate: 2).value)
        #expect(abs(2 * half / time - 1) < 1e-12)
        let rate = 1.5 / dynamics.kernel.lambdaMax
        let steps = try #require(try dynamics.steps(toLossFraction: fraction, learningRate: rate).value)
        let (now, before) = (
          try dynamics.loss(at: .gradientDescent(steps: Int(steps), learningRate: rate)),
          try dynamics.loss(at: .gradientDescent(steps: Int(steps) - 1, learningRate: rate))
        )
        #expect(now <= fraction * dynamics.initialLoss && before > fraction * dynamics.initialLoss)
      }
      let rate = 2.01 / dynamics.kernel.lambdaMax
      #expect(try dynamics.steps(toLossFraction: 0.5, learningRate: rate) == .diverges)
    }
  }

  /// log1p and expm1 carry the digits that 1 − (1 − x)ᵏ would lose; values with fifty digits.
  @Test(arguments: [
    (1e-18, 1000, 1e-15), (0.5, 3, 0.875), (1.0, 4, 1), (1.5, 3, 1.125), (1.5, 2, 0.75), (2.0, 2, 0),
    (2.0, 3, 2),
    (1e-10, 7, 6.9999999979e-10), (1.9999999999, 2, 1.9999999999e-10 + 1.0e-20), (0.0, 7, 0),
  ])
  func responsesKeepTheirDigits(product: Double, steps: Int, expected: Double) {
    let progress = TrainingProgress.gradientDescent(steps: steps, learningRate: product)
    let learnt = product == 0 ? 0 : progress.response(1)
    #expect(abs(learnt - expected) <= 2e-7 * abs(expected))
    #expect(abs(learnt - (1 - progress.residualFactor(1))) < 1e-15)
  }

  @Test func mistakesAreTyped() throws {
    let problem = try RandomProblem(seed: 1, samples: 4, parameters: 6)
    let kernel = try DecomposedKernel(problem.kernel)
    #expect(throws: TrainabilityError.self) { try TrainingDynamics(kernel: kernel, targets: .zeros(3, 1)) }
    #expect(throws: TrainabilityError.self) { try TrainingDynamics(kernel: kernel, targets: .zeros(4, 0)) }
    #expect(throws: TrainabilityError.self) {
      try TrainingDynamics(kernel: kernel, targets: problem.targets, initialOutputs: .zeros(4, 2))
    }
    #expect(throws: TrainabilityError.nonFinite("an entry of the labels")) {
      try TrainingDynamics(kernel: kernel, targets: Matrix(column: [1, .nan, 0, 0]))
    }
    let dynamics = try dynamics(problem)
    #expect(throws: TrainabilityError.self) { try dynamics.loss(at: .gradientFlow(time: -1)) }
    #expect(throws: TrainabilityError.self) { try dynamics.loss(at: .gradientFlow(time: .nan)) }
    #expect(throws: TrainabilityError.self) { try dynamics.loss(at: .gradientFlow(time: 1, learningRate: 0)) }
    #expect(throws: TrainabilityError.self) { try dynamics.time(toLossFraction: 1) }
    #expect(throws: TrainabilityError.self) { try LinearizedPredictor(dynamics, crossKernel: .zeros(2, 3)) }
    let diverging = TrainingProgress.gradientDescent(steps: 1_000_000, learningRate: 1e3)
    #expect(throws: TrainabilityError.self) { try dynamics.residual(at: diverging) }
    #expect(try dynamics.loss(at: diverging) == .infinity)
  }

  @Test func kernelsThatAreNoneAreRefused() throws {
    #expect(throws: TrainabilityError.asymmetric(row: 1, column: 0, entry: 3, mirrored: 2)) {
      try DecomposedKernel(try Matrix(rows: 2, columns: 2, values: [4, 2, 3, 4]))
    }
    #expect(throws: TrainabilityError.nonFinite("the kernel")) {
      try DecomposedKernel(try Matrix(rows: 1, columns: 1, values: [.infinity]))
    }
    #expect(throws: TrainabilityError.self) {
      try DecomposedKernel(try Matrix(rows: 2, columns: 2, values: [0, 1, 1, 0]))
    }
    #expect(throws: TrainabilityError.self) { try DecomposedKernel(.zeros(2, 3)) }
    #expect(throws: TrainabilityError.self) { try DecomposedKernel(.zeros(0, 0)) }
    // A zero kernel is one: nothing is learnt.
    let zero = try DecomposedKernel(.zeros(3, 3))
    #expect(zero.rank == 0 && zero.spectrum.outcome == .rankDeficient)
    #expect(LearningRateLimits(zero) == nil)
    let dynamics = try TrainingDynamics(kernel: zero, targets: Matrix(column: [1, 2, 3]))
    #expect(try dynamics.loss(at: .gradientFlow(time: 1e9)) == 7)
    #expect(try dynamics.displacement(at: .gradientFlow(time: .infinity)) == 0)
    #expect(try dynamics.time(toLossFraction: 0.5) == .unreachable(floor: 1))
  }
}
