import LinearAlgebra
import Testing
import Trainability

private let samples = 12
private let labels = (0..<samples).map { $0 % 3 * 5 }

/// A Gaussian kernel over points of three clusters, one for each class.
private func clusters(spread: Double = 0.8) -> Matrix {
  let points = (0..<samples).map { index -> (Double, Double) in
    let angle = Double(index % 3) * 2.1 + spread * Double(index / 3)
    return (Double(index % 3) + 0.3 * angle, angle * 0.5 - Double(index % 4) * spread)
  }
  return Matrix(rows: samples, columns: samples) {
    let (a, b) = (points[$0], points[$1])
    let square = (a.0 - b.0) * (a.0 - b.0) + (a.1 - b.1) * (a.1 - b.1)
    return (1 / (1 + square)) + ($0 == $1 ? 0.01 : 0)
  }
}

private func targets() -> Matrix {
  Matrix(rows: samples, columns: 3) { (labels[$0] == $1 * 5 ? 1 : 0) - 1.0 / 3 }
}

private func submatrix(_ matrix: Matrix, _ rows: [Int], _ columns: [Int]) -> Matrix {
  Matrix(rows: rows.count, columns: columns.count) { matrix[rows[$0], columns[$1]] }
}

@Test func leavingOneOutByFormulaIsLeavingOneOut() throws {
  let kernel = clusters()
  let ridge = 0.05
  let predictions = try KernelRegression.leaveOneOutPredictions(
    kernel: try DecomposedKernel(kernel), targets: targets(), ridge: ridge)
  for sample in 0..<samples {
    let others = (0..<samples).filter { $0 != sample }
    let expected = try KernelRegression.predictions(
      kernel: submatrix(kernel, others, others), crossKernel: submatrix(kernel, [sample], others),
      targets: submatrix(targets(), others, [0, 1, 2]), ridge: ridge)
    for output in 0..<3 { #expect(abs(predictions[sample, output] - expected[0, output]) < 1e-10) }
  }
}

@Test func theFitOfLabelsAgreesWithEachFormulaAlone() throws {
  let kernel = clusters()
  let decomposed = try DecomposedKernel(kernel)
  let fit = try LabelFit(kernel: decomposed, labels: labels)
  let complexity = try KernelRegression.complexity(kernel: kernel, targets: targets())
  #expect(abs(try #require(fit.complexity) - complexity) < 1e-10 * complexity)
  #expect(fit.alignment == (try centredAlignment(kernel: decomposed.matrix, targets: targets())))
  let dynamics = try TrainingDynamics(kernel: decomposed, targets: targets())
  let rate = try #require(LearningRateLimits(decomposed)).fastest
  let steps = try #require(fit.stepsToOnePercent)
  let fraction = { (steps: Double) in
    try dynamics.loss(at: .gradientDescent(steps: Int(steps), learningRate: rate)) / dynamics.initialLoss
  }
  #expect(try fraction(steps) <= 0.01 && fraction(steps - 1) > 0.01)
  #expect(fit.displacement == (try dynamics.displacement(at: .gradientFlow(time: .infinity))))
  let hits = try (0..<samples).count { sample in
    let others = (0..<samples).filter { $0 != sample }
    // The ridge is in units of the whole kernel's mean diagonal, which is 1.01 everywhere.
    let score = try ValidationScore(
      kernel: submatrix(kernel, others, others), crossKernel: submatrix(kernel, [sample], others),
      labels: others.map { labels[$0] / 5 }, validationLabels: [labels[sample] / 5], classes: 3,
      relativeRidge: LabelFit.relativeRidge)
    return score.accuracy == 1
  }
  #expect(fit.validationAccuracy == Double(hits) / Double(samples))
}

/// A sample that is there twice makes the kernel singular, and takes nothing from how fast the others are learnt.
@Test func aDuplicateDoesNotKeepAKernelFromLearning() throws {
  let kernel = clusters()
  let twice = Matrix(rows: samples + 1, columns: samples + 1) { kernel[$0 % samples, $1 % samples] }
  let decomposed = try DecomposedKernel(twice)
  #expect(decomposed.rank == samples)
  let limits = try #require(LearningRateLimits(decomposed))
  #expect(limits.fastest < 0.999 * limits.stable && limits.contraction == 1)
  let fit = try LabelFit(kernel: decomposed, labels: labels + [labels[0]])
  #expect(try #require(fit.stepsToOnePercent) < 1e4)
}

@Test func kernelsThatKnowTheClassesClassifyAndThoseThatDoNotGuess() throws {
  let knowing = Matrix(rows: samples, columns: samples) {
    (labels[$0] == labels[$1] ? 1 : 0) + ($0 == $1 ? 0.1 : 0)
  }
  let fit = try LabelFit(kernel: try DecomposedKernel(knowing), labels: labels)
  #expect(fit.validationAccuracy == 1)
  #expect(try #require(fit.alignment) > 0.9)
  let blind = Matrix(rows: samples, columns: samples) { $0 == $1 ? 1 : 0 }
  let guess = try LabelFit(kernel: try DecomposedKernel(blind), labels: labels)
  #expect(guess.validationAccuracy <= 0.5)
  #expect(try #require(guess.alignment) < #require(fit.alignment))
}

@Test func aSingularKernelHasNoComplexityAndStillPredicts() throws {
  // Samples 0 and 3, of one class, are the same to the kernel.
  let base = clusters()
  let twin = { (index: Int) in index == 3 ? 0 : index }
  let kernel = Matrix(rows: samples, columns: samples) { base[twin($0), twin($1)] }
  let fit = try LabelFit(kernel: try DecomposedKernel(kernel), labels: labels)
  #expect(fit.complexity == nil)
  #expect(try #require(fit.stepsToOnePercent) < 100)
  #expect(fit.displacement.isFinite && fit.displacement > 0)
  #expect(fit.validationAccuracy > 0)
}

@Test func labelsOfOneClassOrOfAnotherNumberAreRefused() throws {
  let kernel = try DecomposedKernel(clusters())
  #expect(throws: TrainabilityError.self) {
    try LabelFit(kernel: kernel, labels: .init(repeating: 1, count: samples))
  }
  #expect(throws: TrainabilityError.self) { try LabelFit(kernel: kernel, labels: [1, 2]) }
}

@Test func theSlowestDirectionDecidesTheTimeWithoutLabels() throws {
  let spectrum = try KernelSpectrum(eigenvalues: [8, 2, 0.5], epsilon: 0x1p-52)
  let time = try #require(spectrum.timeToOnePercent.value)
  // Labels along the slowest eigenvector take just so long.
  let kernel = try DecomposedKernel(Matrix(rows: 3, columns: 3) { $0 == $1 ? [8, 2, 0.5][$0] : 0 })
  let dynamics = try TrainingDynamics(kernel: kernel, targets: Matrix(column: [0, 0, 1]))
  #expect(abs(try #require(dynamics.time(toLossFraction: 0.01).value) - time) < 1e-9 * time)
  let singular = try KernelSpectrum(eigenvalues: [8, 0], epsilon: 0x1p-52)
  #expect(singular.timeToOnePercent.outcome == .rankDeficient)
}
