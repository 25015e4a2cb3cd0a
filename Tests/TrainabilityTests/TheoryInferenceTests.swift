import LinearAlgebra
import Testing
import TheoryCases
import Trainability

@Suite struct TheoryOfInferenceTests {
  @Test func theorySingularKernel() throws {
    let theory = try TheoryCase("11-singular-kernel")
    var checks = TheoryChecks(theory)
    let inputs = try theory.input["X"].matrix
    let kernel = try DecomposedKernel(
      try WideNetwork(theory.input, inputs: inputs.columns).kernels(inputs).tangent)
    let isSingular = try theory.expected["status"].text == "singular"
    checks.check(
      (kernel.spectrum.outcome == .rankDeficient) == isSingular, "outcome \(kernel.spectrum.outcome)")
    // An unbounded condition number is none, not a number.
    try checks.compare(
      kernel.spectrum.conditionNumber.value ?? .infinity, to: theory.expected["kappa"], "kappa")
    try checks.compare(try #require(kernel.spectrum.lambdaMax.value), to: theory.expected["lmax"], "lmax")
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  @Test func theoryGaussianProcessesAndRegression() throws {
    let theory = try TheoryCase("15-gp-and-regression")
    var checks = TheoryChecks(theory)
    let input = theory.input
    let (inputs, others) = (try input["X"].matrix, try input["X_test"].matrix)
    let network = try WideNetwork(input, inputs: inputs.columns)
    let training = try network.kernels(inputs)
    let cross = try network.kernels(others, inputs)
    let test = try network.kernels(others)
    let prior = try GaussianPrior(training: training.nngp, cross: cross.nngp, test: test.nngp)
    let tangent = try DecomposedKernel(training.tangent)
    let conjugate = try DecomposedKernel(training.nngp)
    let targets = try input["y"].column
    let rate = try input["eta"].number

    // Keys carry a parameter: `ntk_gp_t=0.5`, `kernel_regression_ridge_0.1`.
    for (key, expected) in try theory.expected.members {
      func parameter(after prefix: String) -> Double? { TheoryCase.number(in: key, between: prefix) }
      if let time = parameter(after: "ntk_gp_t=") {
        let posterior = try GaussianProcess.trained(
          tangentKernel: tangent, tangentCross: cross.tangent, prior: prior, targets: targets,
          at: .gradientFlow(time: time, learningRate: rate))
        try compare(posterior, to: expected, key, &checks)
      } else if let noise = parameter(after: "nngp_posterior_noise=") {
        let posterior = try GaussianProcess.bayesian(
          kernel: conjugate, prior: prior, targets: targets, noiseVariance: noise)
        try compare(posterior, to: expected, key, &checks)
      } else if let time = parameter(after: "nngp_gd_t=") {
        let posterior = try GaussianProcess.lastLayerTrained(
          kernel: conjugate, prior: prior, targets: targets, time: time, learningRate: rate)
        try compare(posterior, to: expected, key, &checks)
      } else if key.hasPrefix("kernel_regression") {
        let predictions = try KernelRegression.predictions(
          kernel: training.tangent, crossKernel: cross.tangent, targets: targets,
          ridge: parameter(after: "kernel_regression_ridge_") ?? 0)
        try checks.compare(predictions.values, to: expected, key)
      } else if key == "mean_predictor" {
        let predictor = try KernelRegression.meanPredictor(
          kernel: training.tangent, crossKernel: cross.tangent)
        try checks.compare(predictor.values, to: expected, key)
      } else {
        Issue.record("the case has a key '\(key)' that is not computed")
      }
    }
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  private func compare(
    _ posterior: GaussianPosterior, to expected: TheoryValue, _ name: String, _ checks: inout TheoryChecks
  ) throws {
    try checks.compare(posterior.mean.values, to: expected["mean"], "\(name).mean")
    try checks.compare(posterior.covariance.values, to: expected["cov"], "\(name).cov")
  }

  @Test func theoryShallowReLUKernels() throws {
    let theory = try TheoryCase("06-shallow-relu-empirical")
    var checks = TheoryChecks(theory)
    let inputs = try theory.input["X"].matrix
    let kernel = try ShallowReLUKernels.tangentKernel(
      inputs: inputs, hiddenWeights: try theory.input["W0"].matrix,
      readoutWeights: try theory.input["w1"].numbers)
    try checks.compare(kernel.values, to: theory.expected["ntk"], "ntk")
    let limit = try ShallowReLUKernels.hiddenLayerLimit(inputs: inputs)
    try checks.compare(limit.values, to: theory.expected["H_inf"], "H_inf")
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  @Test func theoryValidationAccuracy() throws {
    let theory = try TheoryCase("22-nngp-nas")
    var checks = TheoryChecks(theory)
    let input = theory.input
    let inputs = try input["X"].matrix
    let labels = try input["labels"].array.map { try $0.integer }
    let count = try input["train"].integer
    let kernel = try WideNetwork(input, inputs: inputs.columns).kernels(inputs).nngp
    let score = try ValidationScore(
      kernel: Matrix(rows: count, columns: count) { kernel[$0, $1] },
      crossKernel: Matrix(rows: inputs.rows - count, columns: count) { kernel[count + $0, $1] },
      labels: Array(labels[..<count]), validationLabels: Array(labels[count...]),
      classes: try input["classes"].integer, relativeRidge: try input["eps"].number)
    try checks.compare(score.accuracy, to: theory.expected["accuracy"], "accuracy")
    try checks.compare(score.scores.values, to: theory.expected["scores"], "scores")
    let features = try input["features"].array.map { try $0.matrix }
    let sampled = try MonteCarloConjugateKernel.kernel(features: features)
    try checks.compare(sampled.values, to: theory.expected["mc_nngp"], "mc_nngp")
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }
}
