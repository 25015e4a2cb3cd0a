import Datasets
import Foundation
import Testing

/// Commands on the theory of wide networks.
@Suite struct TheoryCommandTests {
  let folder: ScratchFolder
  let network: String

  init() throws {
    folder = try ScratchFolder()
    network = try folder.write(
      """
      input: [2]
      parameterization: ntk
      layers:
        - {op: dense, units: 16, weight_variance: 1.8, bias_variance: 0.2}
        - {op: relu}
        - {op: dense, units: 1, weight_variance: 1.8, bias_variance: 0.2}

      """, to: "net.yaml")
    try NumericArray(shape: [3, 2], values: [1, 0, 0.6, 0.8, -0.8, 0.6]).write(npy: folder.file("x.npy"))
    try NumericArray(shape: [3], values: [1, -1, 0.5]).write(npy: folder.file("y.npy"))
    try NumericArray(shape: [2, 2], values: [0, 1, 0.6, 0.8]).write(npy: folder.file("z.npy"))
  }

  private func run(_ arguments: String...) throws -> Finished { try Tool.run(arguments, in: folder) }

  // MARK: activation

  /// SPEC 1.1 and 1.8.
  @Test func anActivationIsDescribed() throws {
    let result = try run("activation", "relu", "--hermite", "5", "--format", "json")
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    let document = try jsonObject(result.output)
    #expect(abs(try #require(document["dual"] as? Double) - 0.3044988905) < 1e-9)
    #expect(abs(try #require(document["derivativeDual"] as? Double) - 1.0 / 3) < 1e-12)
    #expect(document["variancePreservingFactor"] as? Double == 2)
    let coefficients = try #require(document["hermiteCoefficients"] as? [Double])
    #expect(coefficients.count == 5 && abs(coefficients[1] - 0.5) < 1e-15 && coefficients[3] == 0)
    let page = try run("activation", "tanh").output
    #expect(page.contains("c_σ") && page.contains("2.536175433") && page.contains("a_7"))
  }

  /// SPEC 11.2, and T of the same correlations with what proves it positive.
  @Test func dualsOfAMatrixOfCovariances() throws {
    let covariance = folder.file("k.npy")
    try NumericArray(shape: [3, 3], values: [1, 0.5, 0, 0.5, 1, 0.2, 0, 0.2, 1]).write(npy: covariance)
    let normalized = try run(
      "activation", "relu", "--covariance", covariance, "--batch-norm", "--output", folder.file("v.npy"))
    #expect(normalized.exitCode == 0, "\(normalized.errors)")
    let values = try NumericArray(npy: folder.file("v.npy")).values
    #expect(abs(values[0] - 0.488709189) < 1e-8 && abs(values[5] - 0.049790587) < 1e-8)
    let plain = try jsonObject(
      run("activation", "relu", "--covariance", covariance, "--format", "json").output)
    let rows = try #require(plain["covarianceDual"] as? [[Double]])
    #expect(rows[0][0] == 0.5 && abs(rows[0][1] - 0.3044988905) < 1e-9 && rows[1][0] == rows[0][1])
    let bound = try #require(plain["smallestEigenvalueBound"] as? Double)
    // The smallest eigenvalue of T is at most its smallest diagonal entry less the largest entry beside it.
    #expect(bound > 0.05 && bound < 0.5 - 0.3044988905)
  }

  @Test func mistakesOfActivations() throws {
    #expect(try run("activation", "rleu").exitCode == 64)
    #expect(try run("activation", "relu", "--correlation", "1.5").errors.contains("from -1 to 1"))
    #expect(try run("activation", "relu", "--variance=-1").exitCode == 64)
    #expect(try run("activation", "relu", "--batch-norm").errors.contains("need --covariance"))
    #expect(try run("activation", "tanh", "--variance", "1e6").exitCode == 2)
    let covariance = folder.file("k.npy")
    try NumericArray(shape: [2, 2], values: [1, 0, 0, 1]).write(npy: covariance)
    #expect(
      try run("activation", "tanh", "--covariance", covariance, "--batch-norm").errors.contains("homogeneous")
    )
  }

  // MARK: convergence

  @Test func kernelsApproachTheirLimitAsTheRootOfTheWidth() throws {
    let picture = folder.file("widths.svg")
    let result = try run(
      "convergence", network, "--inputs", folder.file("x.npy"), "--factors", "2,8,32", "--seeds", "24",
      "--format", "json", "--plot", picture)
    #expect(result.exitCode == 0, "\(result.errors)")
    let document = try jsonObject(result.output)
    let exponent = try #require(document["exponent"] as? Double)
    #expect(abs(exponent + 0.5) < 0.15, "\(exponent)")
    let widths = try #require(document["widths"] as? [[String: Any]])
    #expect(widths.compactMap { $0["factor"] as? Int } == [2, 8, 32])
    #expect(widths.allSatisfy { ($0["deviations"] as? [Double])?.count == 24 })
    #expect(widths[0]["parameters"] as? Int == 32 * 4 + 1)
    // SPEC 5.8, of one hidden layer: ε⁻⁴ log(1/δ).
    let scale = try #require(document["widthScale"] as? [String: Double])
    #expect(scale["hiddenLayers"] == 1)
    #expect(abs(try #require(scale["value"]) - 1e4 * log(20)) < 1e-6)
    #expect(try String(contentsOfFile: picture, encoding: .utf8).hasPrefix("<svg "))
    let table = try run("convergence", network, "--inputs", folder.file("x.npy"), "--seeds", "2")
    #expect(table.output.contains("× 8") && table.output.contains("to the power"))
  }

  @Test func mistakesOfConvergence() throws {
    #expect(
      try run("convergence", network, "--inputs", folder.file("x.npy"), "--factors", "2").exitCode == 64)
    #expect(
      try run("convergence", network, "--inputs", folder.file("x.npy"), "--factors", "2,1").exitCode == 64)
    let skip = try folder.write(
      """
      input: [2]
      layers:
        - {name: a, op: dense, units: 2}
        - {name: b, op: add, from: [input, a]}
        - {op: dense, units: 1}

      """, to: "skip.yaml")
    let result = try run("convergence", skip, "--inputs", folder.file("x.npy"))
    #expect(result.exitCode == 2 && result.errors.contains("times as wide"), "\(result.errors)")
  }

  // MARK: regress

  /// A training input is predicted as labelled, and surely; another is not.
  @Test(arguments: ["ntk", "nngp"]) func regressionOfAWideNetwork(kind: String) throws {
    let files = ["p.npy", "c.npy", "h.npy"].map(folder.file)
    let result = try run(
      "regress", network, "--kind", kind, "--inputs", folder.file("x.npy"), "--labels", folder.file("y.npy"),
      "--test-inputs", folder.file("z.npy"), "--predictor", files[0], "--covariance", files[1],
      "--hidden-layer-kernel", files[2], "--format", "json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let document = try jsonObject(result.output)
    let predictions = try #require(document["predictions"] as? [[Double]])
    let deviations = try #require(document["deviations"] as? [Double])
    #expect(abs(predictions[1][0] + 1) < 1e-9 && deviations[1] < 1e-6 && deviations[0] > 0.05)
    // f* = P y.
    let predictor = try NumericArray(npy: files[0]).values
    let first = predictor[0] - predictor[1] + 0.5 * predictor[2]
    #expect(abs(first - predictions[0][0]) < 1e-9)
    let covariance = try NumericArray(npy: files[1]).values
    #expect(abs(covariance[0].squareRoot() - deviations[0]) < 1e-12 && covariance.count == 4)
    // SPEC 2.5.
    let limit = try NumericArray(npy: files[2]).values
    #expect(abs(limit[0] - 0.5) < 1e-12 && abs(limit[1] - 0.211449829) < 1e-8)
    let shallow = try #require(document["hiddenLayer"] as? [String: Double])
    let smallest = try #require(shallow["lambdaMin"])
    #expect(smallest > 0 && shallow["complexity"] != nil)
    // SPEC 5.8, with three samples, δ = 0.05 and ε = 0.1.
    let width = try #require(shallow["widthScale"])
    #expect(abs(width * pow(smallest, 4) * pow(0.05, 3) / 729 - 1) < 1e-9)
    let regime = try #require(shallow["kernelRegimeWidthScale"])
    #expect(abs(regime * pow(smallest, 4) * pow(0.05, 6) * pow(0.1, 4) / 6561 - 1) < 1e-9)
  }

  @Test func theoremsOnWidthsTakeTheirNumbers() throws {
    func shallow(_ more: String...) throws -> [String: Double] {
      let result = try Tool.run(
        [
          "regress", network, "--inputs", folder.file("x.npy"), "--labels", folder.file("y.npy"),
          "--test-inputs", folder.file("z.npy"), "--format", "json",
        ] + more, in: folder)
      return try #require(try jsonObject(result.output)["hiddenLayer"] as? [String: Double])
    }
    let (one, other) = (
      try shallow(), try shallow("--failure-probability", "0.1", "--accuracy", "0.05")
    )
    #expect(other["failureProbability"] == 0.1 && other["accuracy"] == 0.05)
    let (first, second) = (
      try #require(one["kernelRegimeWidthScale"]), try #require(other["kernelRegimeWidthScale"])
    )
    // δ⁻⁶ε⁻⁴.
    #expect(abs(second / first * 4 - 1) < 1e-9)
    let inputs = ["--inputs", folder.file("x.npy")]
    for wrong in [["--failure-probability", "1"], ["--accuracy", "0"]] {
      #expect(
        try Tool.run(["convergence", network] + inputs + wrong, in: folder).exitCode == 64, "\(wrong)")
    }
  }

  @Test func ridgeOfAFileOfKernels() throws {
    let (kernel, cross) = (folder.file("k.npy"), folder.file("c.npy"))
    try NumericArray(shape: [2, 2], values: [3, 1, 1, 3]).write(npy: kernel)
    try NumericArray(shape: [2, 2], values: [3, 1, 1, 2]).write(npy: cross)
    let (labels, held) = (folder.file("l.npy"), folder.file("t.npy"))
    try NumericArray(shape: [2], values: [0, 1]).write(npy: labels)
    try NumericArray(shape: [2], values: [0, 1]).write(npy: held)
    let result = try run(
      "regress", "--kernel", kernel, "--test-kernel", cross, "--labels", labels, "--one-hot", "--ridge", "1",
      "--test-labels", held, "--format", "json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let document = try jsonObject(result.output)
    // (K + I)⁻¹(½, −½) = (½, −½)/3.
    let predictions = try #require(document["predictions"] as? [[Double]])
    #expect(abs(predictions[0][0] - 1.0 / 3) < 1e-14 && abs(predictions[1][0] + 1.0 / 6) < 1e-14)
    #expect(document["accuracy"] as? Double == 1 && document["deviations"] is NSNull)
    let csv = try run(
      "regress", "--kernel", kernel, "--test-kernel", cross, "--labels", labels, "--format", "csv")
    #expect(csv.output.hasPrefix("input,prediction\n0,"))
  }

  @Test func mistakesOfRegression() throws {
    #expect(try run("regress", "--labels", folder.file("y.npy")).exitCode == 64)
    #expect(
      try run("regress", network, "--inputs", folder.file("x.npy"), "--labels", folder.file("y.npy")).exitCode
        == 64)
    #expect(
      try run(
        "regress", network, "--inputs", folder.file("x.npy"), "--labels", folder.file("z.npy"),
        "--test-inputs",
        folder.file("z.npy")
      ).exitCode == 2)
  }

  // MARK: dynamics

  /// θ − θ₀ after training for long is J⁺y.
  @Test func aJacobianSaysHowParametersMove() throws {
    let (jacobian, change) = (folder.file("j.npy"), folder.file("theta.npy"))
    try NumericArray(shape: [2, 3], values: [1, 0, 1, 0, 2, 0]).write(npy: jacobian)
    try NumericArray(shape: [2], values: [1, 4]).write(npy: folder.file("l.npy"))
    let result = try run(
      "dynamics", "--jacobian", jacobian, "--labels", folder.file("l.npy"), "--until", "100",
      "--parameter-change", change)
    #expect(result.exitCode == 0, "\(result.errors)")
    let values = try NumericArray(npy: change).values
    for (value, expected) in zip(values, [0.5, 2, 0.5]) { #expect(abs(value - expected) < 1e-12) }
    #expect(
      try run("dynamics", "--kernel", jacobian, "--labels", jacobian, "--parameter-change", "t").exitCode
        == 64)
  }

  /// Two outputs share a hidden layer: the curves of the full kernel are those of the linearised network, which an
  /// infinitesimal step of the network itself follows.
  @Test func outputsThatShareWeightsTrainTogether() throws {
    let shared = try folder.write(
      """
      input: [2]
      layers:
        - {op: dense, units: 4, weight_variance: 1.8, bias_variance: 0.2}
        - {op: tanh}
        - {op: dense, units: 2, weight_variance: 1.8, bias_variance: 0.2}

      """, to: "shared.yaml")
    try NumericArray(shape: [3, 2], values: [1, 0, -0.5, 1, 0.5, -1]).write(npy: folder.file("y2.npy"))
    let result = try run(
      "dynamics", shared, "--inputs", folder.file("x.npy"), "--labels", folder.file("y2.npy"), "--steps", "1",
      "--learning-rate", "1e-5", "--train", "--residuals", "--format", "json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let document = try jsonObject(result.output)
    #expect((document["eigenvalues"] as? [Double])?.count == 6)
    #expect(document["samples"] as? Int == 3 && document["outputs"] as? Int == 2)
    let curves = try #require(document["curves"] as? [String: Any])
    let linear = try #require(curves["residuals"] as? [[[Double]]])
    let training = try #require(document["training"] as? [String: Any])
    let trained = try #require(training["residuals"] as? [[[Double]]])
    for sample in 0..<3 {
      for output in 0..<2 {
        let moved = trained[1][sample][output] - trained[0][sample][output]
        let expected = linear[1][sample][output] - linear[0][sample][output]
        #expect(abs(moved - expected) < 1e-3 * abs(expected) + 1e-12)
      }
    }
    // The kernel hardly changes in such a step, and the scale of laziness is the network's, not the step's.
    #expect(try #require(training["kernelChange"] as? Double) < 1e-3)
    #expect(try #require(training["lazinessScale"] as? Double) > 1e-3)
    #expect(curves["overparameterizedBound"] is [Double])
  }
}
