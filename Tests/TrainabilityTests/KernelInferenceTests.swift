import Foundation
import LinearAlgebra
import Testing
import Trainability

@Suite struct KernelInferenceTests {
  @Test(arguments: [(6, 9), (9, 4)]) func boundsOfEigenvaluesHold(samples: Int, parameters: Int) throws {
    for seed in 0..<50 {
      let problem = try RandomProblem(seed: UInt64(seed), samples: samples, parameters: parameters)
      // A diagonal that dominates makes Gershgorin's bound say something.
      let kernel = Matrix(rows: samples, columns: samples) {
        problem.kernel[$0, $1] + ($0 == $1 ? Double(seed) : 0)
      }
      let bounds = try EigenvalueBounds(kernel)
      let eigenvalues = try DecomposedKernel(kernel).spectrum.eigenvalues
      let rounding = 1e-12 * eigenvalues[0]
      #expect(bounds.smallest.lower.value <= eigenvalues[samples - 1] + rounding)
      #expect(eigenvalues[samples - 1] <= bounds.smallest.upper.value + rounding)
      #expect(bounds.largest.lower.value <= eigenvalues[0] + rounding)
      #expect(eigenvalues[0] <= bounds.largest.upper.value + rounding)
    }
  }

  /// The kernel of a ReLU layer on unit inputs, ρ ↦ (√(1 − ρ²) + (π − arccos ρ)ρ)/2π, against its Hermite series.
  @Test(arguments: [[0.3, 1.1, 2.0, 3.4, 4.6], [0, 1.4]]) func hermiteBoundIsBelow(angles: [Double]) throws {
    let count = angles.count
    let correlations = Matrix(rows: count, columns: count) { cos(angles[$0] - angles[$1]) }
    let kernel = Matrix(rows: count, columns: count) { i, j in
      let rho = min(1, max(-1, correlations[i, j]))
      return ((1 - rho * rho).squareRoot() + (Double.pi - acos(rho)) * rho) / (2 * Double.pi)
    }
    let smallest = try #require(try DecomposedKernel(kernel).spectrum.lambdaMin.value)
    var coefficients = [1 / (2 * Double.pi), 0.25]
    for degree in 2...60 {
      // a_r² of the ReLU: ((r − 3)!!)²/(2π r!) for even r, else 0.
      var value = degree % 2 == 0 ? 1 / (2 * Double.pi) : 0
      for factor in stride(from: degree - 3, to: 0, by: -2) { value *= Double(factor * factor) }
      for factor in 1...degree { value /= Double(factor) }
      coefficients.append(value)
    }
    var last = 0.0
    for count in [2, 3, 5, 11, 61] {
      let bound = try EigenvalueBounds.hermiteLowerBound(
        squaredCoefficients: Array(coefficients.prefix(count)), correlations: correlations)
      #expect(bound >= last && bound <= smallest * (1 + 1e-12))
      last = bound
    }
    // Two inputs with ρ > 0: every term has the same eigenvectors, so the series is the eigenvalue.
    #expect(count > 2 ? last > 0 : last > 0.999 * smallest)
  }

  @Test(arguments: [(6, 9), (9, 4)]) func posteriorsAgreeAtTheEnds(samples: Int, parameters: Int) throws {
    let problem = try RandomProblem(seed: 11, samples: samples, parameters: parameters)
    let kernel = try DecomposedKernel(problem.kernel)
    let test = try problem.testJacobian.multiplied(byTransposeOf: problem.testJacobian)
    let prior = try GaussianPrior(training: problem.kernel, cross: problem.cross, test: test)
    let start = try GaussianProcess.lastLayerTrained(
      kernel: kernel, prior: prior, targets: problem.targets, time: 0)
    #expect(
      largestDifference(start.mean, .zeros(3, 1)) == 0 && largestDifference(start.covariance, test) < 1e-12)
    // With Θ = K all layers trained for ever are Bayes' rule without noise.
    let forever = TrainingProgress.gradientFlow(time: .infinity)
    let trained = try GaussianProcess.trained(
      tangentKernel: kernel, tangentCross: problem.cross, prior: prior, targets: problem.targets, at: forever)
    let bayesian = try GaussianProcess.bayesian(kernel: kernel, prior: prior, targets: problem.targets)
    let last = try GaussianProcess.lastLayerTrained(
      kernel: kernel, prior: prior, targets: problem.targets, time: .infinity)
    for posterior in [bayesian, last] {
      #expect(largestDifference(trained.mean, posterior.mean) < 1e-9)
      #expect(largestDifference(trained.covariance, posterior.covariance) < 1e-9)
    }
    let regression = try KernelRegression.predictions(
      kernel: problem.kernel, crossKernel: problem.cross, targets: problem.targets)
    #expect(largestDifference(trained.mean, regression) < 1e-9)
    let predictor = try KernelRegression.meanPredictor(kernel: problem.kernel, crossKernel: problem.cross)
    #expect(largestDifference(try predictor.multiplied(by: problem.targets), regression) < 1e-9)
    // Variances fall while training and never below zero.
    var variances = test.diagonal
    for time in [0.01, 0.1, 1, 10, 1e6] {
      let posterior = try GaussianProcess.lastLayerTrained(
        kernel: kernel, prior: prior, targets: problem.targets, time: time)
      for (now, before) in zip(posterior.variances, variances) { #expect(now >= 0 && now <= before + 1e-12) }
      variances = posterior.variances
    }
  }

  @Test func ridgesTendToNoRidge() throws {
    let problem = try RandomProblem(seed: 2, samples: 7, parameters: 3, outputs: 2)
    let limit = try KernelRegression.predictions(
      kernel: problem.kernel, crossKernel: problem.cross, targets: problem.targets)
    var last = Double.infinity
    for ridge in [1, 1e-2, 1e-4, 1e-6, 1e-8] {
      let predictions = try KernelRegression.predictions(
        kernel: problem.kernel, crossKernel: problem.cross, targets: problem.targets, ridge: ridge)
      let gap = largestDifference(predictions, limit)
      #expect(gap < last)
      last = gap
    }
    #expect(last < 1e-6)
    #expect(throws: TrainabilityError.linearAlgebra(.notPositiveDefinite(order: 7))) {
      try KernelRegression.complexity(kernel: problem.kernel, targets: problem.targets)
    }
  }

  @Test func separableClassesAreClassified() throws {
    var random = PseudoRandom(seed: 4)
    let labels = (0..<20).map { $0 % 2 }
    let inputs = Matrix(rows: 20, columns: 3) { row, column in
      (column == 0 ? Double(2 * labels[row] - 1) : 0) + 0.1 * random.next()
    }
    let kernel = try inputs.multiplied(byTransposeOf: inputs)
    let train = Matrix(rows: 12, columns: 12) { kernel[$0, $1] }
    let cross = Matrix(rows: 8, columns: 12) { kernel[12 + $0, $1] }
    let score = try ValidationScore(
      kernel: train, crossKernel: cross, labels: Array(labels[..<12]), validationLabels: Array(labels[12...]),
      classes: 2, relativeRidge: 1e-3)
    #expect(score.accuracy == 1)
    let wrong = try ValidationScore(
      kernel: train, crossKernel: cross, labels: Array(labels[..<12]),
      validationLabels: labels[12...].map { 1 - $0 }, classes: 2, relativeRidge: 1e-3)
    #expect(wrong.accuracy == 0)
    #expect(throws: TrainabilityError.self) {
      try ValidationScore(
        kernel: train, crossKernel: cross, labels: Array(labels[..<12]),
        validationLabels: [Int](repeating: 2, count: 8),
        classes: 2, relativeRidge: 1e-3)
    }
  }

  @Test func alignmentIsOneForTheLabelsOwnKernelAndIgnoresConstants() throws {
    var random = PseudoRandom(seed: 8)
    let targets = random.matrix(6, 2)
    let own = try targets.multiplied(byTransposeOf: targets)
    let shifted = Matrix(rows: 6, columns: 6) { 3 * own[$0, $1] + 5 }
    #expect(abs(try centredAlignment(kernel: shifted, targets: targets) - 1) < 1e-12)
    let other = try RandomProblem(seed: 9, samples: 6, parameters: 8)
    let alignment = try centredAlignment(kernel: other.kernel, targets: targets)
    #expect(alignment >= 0 && alignment < 1)
    #expect(throws: TrainabilityError.self) {
      try centredAlignment(kernel: other.kernel, targets: Matrix(rows: 6, columns: 1) { _, _ in 2 })
    }
  }

  @Test func widthExponentsAreRecovered() throws {
    let widths = [64.0, 256, 1024, 4096]
    let fit = try WidthConvergence(widths: widths, deviations: widths.map { 3 / $0.squareRoot() })
    #expect(abs(fit.exponent + 0.5) < 1e-12 && abs(fit.prefactor - 3) < 1e-11)
    #expect(try #require(fit.standardError) < 1e-9)
    #expect(try WidthConvergence(widths: [1, 2], deviations: [1, 2]).standardError == nil)
    #expect(throws: TrainabilityError.self) { try WidthConvergence(widths: [5, 5], deviations: [1, 2]) }
    #expect(throws: TrainabilityError.self) { try WidthConvergence(widths: [5, 6], deviations: [1, 0]) }
    let scaling = WidthRequirement.kernelConvergence(hiddenLayers: 2, accuracy: 0.1, failureProbability: 0.05)
    #expect(abs(scaling - 2.3609e6) < 50)
  }

  @Test func lazinessIsRelative() throws {
    let problem = try RandomProblem(seed: 21, samples: 4, parameters: 9)
    let doubled = Matrix(rows: 4, columns: 4) { 2 * problem.kernel[$0, $1] }
    #expect(abs(try Laziness.relativeChange(of: doubled, from: problem.kernel) - 1) < 1e-15)
    #expect(throws: TrainabilityError.self) { try Laziness.relativeChange(of: doubled, from: .zeros(4, 4)) }
    let dynamics = try TrainingDynamics(
      kernel: try DecomposedKernel(problem.kernel), targets: problem.targets)
    let end = TrainingProgress.gradientFlow(time: .infinity)
    #expect(
      abs(
        try Laziness.relativeDisplacement(dynamics, at: end, parameterNorm: 2) * 2
          - dynamics.displacement(at: end))
        < 1e-15)
    // Scaling the outputs by α multiplies the residual and the second derivative by α, and ‖Df‖² by α².
    let scale = try Laziness.chizatScale(dynamics, secondDerivativeNorm: 1)
    let expected = problem.targets.frobeniusNorm / dynamics.kernel.lambdaMax
    #expect(abs(scale - expected) < 1e-14 * expected)
  }
}

/// Two rows that are one input have one angle to everything, and none between them.
@Test func equalInputsHaveEqualLimits() throws {
  let row = (0..<7).map { sin(Double($0 * $0 + 1)) }
  let inputs = Matrix(rows: 3, columns: 7) { $0 < 2 ? row[$1] : -3 * row[$1] }
  let limit = try ShallowReLUKernels.hiddenLayerLimit(inputs: inputs)
  #expect(limit[0, 1] == limit[0, 0] && abs(limit[0, 2]) < 1e-15)
}
