import LinearAlgebra
import Testing
import Trainability

/// Outputs that share weights: J has a row for each sample and output.
@Suite struct CoupledOutputsTests {
  private let jacobian: Matrix
  private let other: Matrix
  private let kernel: DecomposedKernel
  private let targets: Matrix
  private let initial: Matrix
  private let samples = 4
  private let outputs = 3

  init() throws {
    var random = PseudoRandom(seed: 5)
    jacobian = random.matrix(12, 20)
    other = random.matrix(6, 20)
    kernel = try DecomposedKernel(jacobian.multiplied(byTransposeOf: jacobian))
    targets = random.matrix(4, 3)
    initial = random.matrix(4, 3)
  }

  private func dynamics() throws -> TrainingDynamics {
    try TrainingDynamics(fullKernel: kernel, targets: targets, initialOutputs: initial)
  }

  /// Gradient descent on the linear model itself, step by step.
  @Test func stepsAreThoseOfTheLinearModel() throws {
    let dynamics = try dynamics()
    let rate = 0.5 / kernel.lambdaMax
    var theta = Matrix(column: Array(repeating: 0, count: 20))
    func linear(_ rows: Matrix, _ start: Matrix) throws -> [Double] {
      let change = try rows.multiplied(by: theta)
      return zip(start.values, change.values).map { $0 + $1 }
    }
    for _ in 0..<7 {
      let residual = zip(try linear(jacobian, initial), targets.values).map { $0 - $1 }
      let gradient = try jacobian.transposeMultiplied(by: Matrix(column: residual))
      for row in 0..<20 { theta[row, 0] -= rate * gradient[row, 0] }
    }
    let progress = TrainingProgress.gradientDescent(steps: 7, learningRate: rate)
    let result = try dynamics.outputs(at: progress)
    #expect(result.rows == samples && result.columns == outputs)
    for (a, b) in zip(result.values, try linear(jacobian, initial)) { #expect(abs(a - b) < 1e-12) }
    let change = try dynamics.parameterChange(at: progress, jacobian: jacobian)
    for (a, b) in zip(change, theta.values) { #expect(abs(a - b) < 1e-12) }
    let predictor = try LinearizedPredictor(
      dynamics, crossKernel: other.multiplied(byTransposeOf: jacobian))
    let predictions = try predictor.predictions(at: progress)
    #expect(predictions.rows == 2 && predictions.columns == outputs)
    for (a, b) in zip(predictions.values, try linear(other, .zeros(2, 3))) { #expect(abs(a - b) < 1e-12) }
    #expect(try predictor.initialVelocity.rows == 2)
  }

  /// Θ ⊗ I is Θ for each output.
  @Test func outputsThatShareNothingTrainAlone() throws {
    var random = PseudoRandom(seed: 6)
    let rows = random.matrix(samples, 9)
    let single = try rows.multiplied(byTransposeOf: rows)
    let full = Matrix(rows: samples * outputs, columns: samples * outputs) {
      $0 % outputs == $1 % outputs ? single[$0 / outputs, $1 / outputs] : 0
    }
    let alone = try TrainingDynamics(
      kernel: DecomposedKernel(single), targets: targets, initialOutputs: initial)
    let coupled = try TrainingDynamics(
      fullKernel: DecomposedKernel(full), targets: targets, initialOutputs: initial)
    let progress = TrainingProgress.gradientFlow(time: 0.7)
    #expect(largestDifference(try alone.residual(at: progress), try coupled.residual(at: progress)) < 1e-12)
    #expect(abs(try alone.displacement(at: progress) - coupled.displacement(at: progress)) < 1e-12)
    #expect(largestDifference(coupled.meanKernel, single) < 1e-12)
    #expect(coupled.samples == samples && coupled.couplesOutputs && !alone.couplesOutputs)
  }

  @Test func aKernelOfAnotherShapeIsRefused() throws {
    #expect(throws: TrainabilityError.self) {
      try TrainingDynamics(fullKernel: kernel, targets: .zeros(5, 3))
    }
    #expect(throws: TrainabilityError.self) {
      try TrainingDynamics(fullKernel: kernel, targets: .zeros(2, 5))
    }
    let dynamics = try dynamics()
    #expect(throws: TrainabilityError.self) {
      try LinearizedPredictor(dynamics, crossKernel: .zeros(4, 12))
    }
  }
}
