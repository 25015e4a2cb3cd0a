import Datasets
import Foundation
import Testing

@Suite struct DynamicsTests {
  let folder: ScratchFolder
  let kernel: String
  let labels: String

  init() throws {
    folder = try ScratchFolder()
    kernel = folder.file("k.npy")
    labels = folder.file("y.npy")
    try NumericArray(shape: [2, 2], values: [3, 1, 1, 3]).write(npy: kernel)
    try NumericArray(shape: [2], values: [1, 0]).write(npy: labels)
  }

  private func dynamics(_ more: String...) throws -> Finished {
    try Tool.run(["dynamics", "--kernel", kernel, "--labels", labels] + more, in: folder)
  }

  /// Eigenvalues 4 and 2 along (1, 1)/√2 and (1, −1)/√2; the residual has −1/√2 of each.
  @Test func curvesAreThoseOfTheClosedForm() throws {
    let result = try dynamics("--format", "json", "--until", "3", "--points", "7")
    #expect(result.exitCode == 0 && result.errors.isEmpty)
    let document = try jsonObject(result.output)
    #expect(document["outcome"] as? String == "ok")
    #expect(document["rank"] as? Int == 2)
    let rates = try #require(document["learningRates"] as? [String: Double])
    #expect(abs(try #require(rates["stable"]) - 0.5) < 1e-12)
    #expect(abs(try #require(rates["fastest"]) - 1.0 / 3) < 1e-12)
    let curves = try #require(document["curves"] as? [String: [Double]])
    let (times, losses) = (try #require(curves["time"]), try #require(curves["loss"]))
    #expect(times.count == 7 && times[0] == 0 && times[6] == 3)
    for (time, loss) in zip(times, losses) {
      #expect(abs(loss - (exp(-8 * time) + exp(-4 * time)) / 4) < 1e-14)
    }
  }

  @Test func csvHasARowForEachMomentAndAColumnForEachPrediction() throws {
    let cross = folder.file("cross.npy")
    try NumericArray(shape: [1, 2], values: [1, 1]).write(npy: cross)
    let result = try dynamics(
      "--format", "csv", "--steps", "4", "--learning-rate", "0.1", "--test-kernel", cross)
    #expect(result.exitCode == 0)
    let rows = result.output.split(separator: "\n").map { $0.split(separator: ",") }
    #expect(
      rows[0] == [
        "step", "loss", "label_free_bound", "label_aware_lower_bound", "label_aware_upper_bound",
        "residual_norm",
        "displacement", "f0",
      ])
    #expect(rows.dropFirst().map { $0[0] } == ["0.0", "1.0", "2.0", "3.0", "4.0"])
    // f* = (1, 1)·K⁻¹(1 − (1 − ηK)ᵏ) y = (1 − 0.6ᵏ)/4.
    for (step, row) in rows.dropFirst().enumerated() {
      let prediction = try #require(Double(row[7]))
      #expect(abs(prediction - (1 - pow(0.6, Double(step))) / 4) < 1e-14)
    }
  }

  @Test func picturesAreWritten() throws {
    let cross = folder.file("cross.npy")
    try NumericArray(shape: [1, 2], values: [1, 1]).write(npy: cross)
    let paths = ["loss.svg", "predictions.svg", "displacement.svg"].map(folder.file)
    let result = try dynamics(
      "--test-kernel", cross, "--plot", paths[0], "--plot-predictions", paths[1], "--plot-displacement",
      paths[2])
    #expect(result.exitCode == 0)
    for path in paths {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.hasPrefix("<svg ") && text.contains("<path d=\"M") && text.count < 30_000)
    }
  }

  @Test func aSingularKernelIsAResult() throws {
    try NumericArray(shape: [2, 2], values: [1, 1, 1, 1]).write(npy: kernel)
    let document = try jsonObject(try dynamics("--format", "json").output)
    #expect(document["outcome"] as? String == "rank_deficient")
    #expect(document["conditionNumber"] is NSNull)
    #expect(abs(try #require(document["lossFloor"] as? Double) - 0.5) < 1e-12)
    #expect(try dynamics().output.contains("50.00 % of the loss lies where the kernel has no gradient"))
  }

  /// Rounding of single precision is no asymmetry, and eigenvalues of its size are none.
  @Test func aFileOfSinglePrecisionIsTakenAsSuch() throws {
    let third = 1.0 / 3
    try NumericArray(shape: [2, 2], values: [third, third, third * (1 + 1e-7), third]).write(
      npy: kernel, as: .float32)
    let document = try jsonObject(try dynamics("--format", "json").output)
    #expect(document["outcome"] as? String == "rank_deficient" && document["rank"] as? Int == 1)
  }

  @Test func aNetworkTrainsFromItsOwnOutputs() throws {
    let network = try folder.write(
      "input: [2]\nlayers:\n  - {op: dense, units: 8}\n  - {op: tanh}\n  - {op: dense, units: 1}\n",
      to: "net.yaml")
    let inputs = folder.file("x.npy")
    try NumericArray(shape: [2, 2], values: [1, 0, 0, 1]).write(npy: inputs)
    func predictions(_ more: String...) throws -> [[[Double]]] {
      let result = try Tool.run(
        [
          "dynamics", network, "--inputs", inputs, "--labels", labels, "--test-inputs", inputs, "--format",
          "json",
        ] + more, in: folder)
      let document = try jsonObject(result.output)
      return try #require((document["curves"] as? [String: Any])?["predictions"] as? [[[Double]]])
    }
    let own = try predictions()
    // The training inputs themselves end at their labels, from wherever they start.
    let last = try #require(own.last)
    #expect(abs(last[0][0] - 1) < 0.01 && abs(last[1][0]) < 0.01)
    #expect(own[0][0][0] != 0)
    #expect(try predictions("--centred")[0] == [[0], [0]])
    #expect(try predictions("--centred")[0] != own[0])
  }

  @Test func residualsAreToldWhenAskedFor() throws {
    let path = folder.file("residuals.svg")
    let result = try dynamics(
      "--format", "csv", "--steps", "3", "--learning-rate", "0.1", "--residuals", "--plot-residuals", path)
    #expect(result.exitCode == 0, "\(result.errors)")
    let rows = result.output.split(separator: "\n").map { $0.split(separator: ",") }
    #expect(rows[0].suffix(2) == ["r0", "r1"])
    // −(0.6ᵏ ± 0.8ᵏ)/2.
    for (step, row) in rows.dropFirst().enumerated() {
      let (fast, slow) = (pow(0.6, Double(step)), pow(0.8, Double(step)))
      #expect(abs(try #require(Double(row[row.count - 2])) + (fast + slow) / 2) < 1e-14)
      #expect(abs(try #require(Double(row[row.count - 1])) + (fast - slow) / 2) < 1e-14)
    }
    let picture = try String(contentsOfFile: path, encoding: .utf8)
    #expect(picture.contains(">r0<") && picture.contains(">r1<"))
  }

  @Test func certificatesAndWhatTheLabelsSayAreTold() throws {
    let document = try jsonObject(try dynamics("--format", "json").output)
    let bounds = try #require(document["eigenvalueBounds"] as? [String: [String: Any]])
    // Of [[3, 1], [1, 3]] every certificate is tight.
    for (name, value) in [("lambdaMax", 4.0), ("lambdaMin", 2.0)] {
      for side in ["lower", "upper"] {
        #expect(abs(try #require(bounds[name]?[side] as? Double) - value) < 1e-14)
        #expect(bounds[name]?["\(side)Reason"] is String)
      }
    }
    // y = (1, 0): HKH is along HYYᵀH, and yᵀK⁻¹y = 3/8.
    #expect(abs(try #require(document["alignment"] as? Double) - 1) < 1e-14)
    #expect(abs(try #require(document["complexity"] as? Double) - (3.0 / 8).squareRoot()) < 1e-14)
    #expect(try dynamics().output.contains("certified without decomposition: λ_max in [4.000, 4.000]"))
  }

  /// One hidden layer, whose limits are known in closed form.
  private func erfNetwork() throws -> String {
    try folder.write(
      """
      parameterization: ntk
      input: [2]
      layers:
        - {op: dense, units: 8, weight_variance: 2, bias_variance: 0.5}
        - {op: erf}
        - {op: dense, units: 1, weight_variance: 3}

      """, to: "net.yaml")
  }

  /// Other inputs that are training inputs: what is unsure at first is known in the end.
  @Test(arguments: ["ntk", "nngp"]) func deviationsOfTheEnsembleFade(kind: String) throws {
    let network = try erfNetwork()
    let inputs = folder.file("x.npy")
    try NumericArray(shape: [2, 2], values: [1, 0, 0, 1]).write(npy: inputs)
    let arguments = [
      "dynamics", network, "--inputs", inputs, "--labels", labels, "--test-inputs", inputs, "--deviations",
    ]
    let picture = folder.file("predictions.svg")
    let result = try Tool.run(
      arguments + ["--kind", kind, "--until", "1e9", "--format", "json", "--plot-predictions", picture],
      in: folder)
    #expect(result.exitCode == 0, "\(result.errors)")
    let curves = try #require(try jsonObject(result.output)["curves"] as? [String: Any])
    let deviations = try #require(curves["deviations"] as? [[Double]])
    // q = 2/2 + 0.5, and the variance of the output is 3·(2/π) asin(2q/(1 + 2q)).
    let prior = 6 / Double.pi * asin(3.0 / 4)
    #expect(deviations[0].allSatisfy { abs($0 * $0 - prior) < 1e-12 })
    #expect(try #require(deviations.last).allSatisfy { $0 < 1e-6 })
    #expect(try String(contentsOfFile: picture, encoding: .utf8).contains("± 2 deviations"))
    #expect(try Tool.run(arguments, in: folder).exitCode == 64)
  }

  /// Between the moments at which it is known: the prior's at first, and none of training inputs in the end.
  @Test(arguments: ["ntk", "nngp"]) func covarianceOfTheEnsembleAtAMoment(kind: String) throws {
    let network = try erfNetwork()
    let (inputs, others) = (folder.file("x.npy"), folder.file("z.npy"))
    try NumericArray(shape: [2, 2], values: [1, 0, 0, 1]).write(npy: inputs)
    try NumericArray(shape: [3, 2], values: [1, 0, 0.6, 0.8, -0.3, 0.2]).write(npy: others)
    let (file, prior) = (folder.file("c.npy"), folder.file("k.npy"))
    func covariance(_ more: String...) throws -> (values: [Double], deviations: [Double]) {
      let result = try Tool.run(
        [
          "dynamics", network, "--inputs", inputs, "--labels", labels, "--test-inputs", others,
          "--kind", kind, "--covariance", file, "--deviations", "--format", "json",
        ] + more, in: folder)
      #expect(result.exitCode == 0, "\(result.errors)")
      let curves = try #require(try jsonObject(result.output)["curves"] as? [String: Any])
      let deviations = try #require(curves["deviations"] as? [[Double]])
      let matrix = try NumericArray(npy: file)
      #expect(matrix.shape == [3, 3])
      return (matrix.values, try #require(deviations.last))
    }
    #expect(
      try Tool.run(["kernel", network, "--inputs", others, "--kind", "nngp", "--output", prior], in: folder)
        .exitCode == 0)
    let start = try NumericArray(npy: prior).values
    let (first, middle, last) = (
      try covariance("--until", "1e-12"), try covariance("--until", "0.3"), try covariance("--until", "1e9")
    )
    for (value, expected) in zip(first.values, start) { #expect(abs(value - expected) < 1e-9) }
    for row in 0..<3 {
      for column in 0..<3 {
        #expect(middle.values[row * 3 + column] == middle.values[column * 3 + row])
      }
      let variance = middle.values[row * 4]
      #expect(abs(variance - middle.deviations[row] * middle.deviations[row]) < 1e-12)
      #expect(variance < start[row * 4] && variance > last.values[row * 4] - 1e-12)
    }
    // Predictions start as fast as they move at first.
    let beginning = try Tool.run(
      [
        "dynamics", network, "--inputs", inputs, "--labels", labels, "--test-inputs", others, "--kind", kind,
        "--until", "1e-6", "--format", "json", "--learning-rate", "0.5", "--loss", "mean",
      ], in: folder)
    let document = try jsonObject(beginning.output)
    let velocities = try #require(document["initialVelocities"] as? [[Double]])
    let early = try #require(document["curves"] as? [String: Any])
    let (times, predictions) = (
      try #require(early["time"] as? [Double]), try #require(early["predictions"] as? [[[Double]]])
    )
    for row in 0..<3 {
      let change = (predictions[predictions.count - 1][row][0] - predictions[0][row][0])
      let expected = velocities[row][0] * (times[times.count - 1] - times[0])
      #expect(abs(change - expected) < 1e-4 * abs(expected))
    }
    // The first of the others is a training input.
    for column in 0..<3 { #expect(abs(last.values[column]) < 1e-8) }
    #expect(try covariance("--steps", "3").values != middle.values)
    let mistake = try Tool.run(
      ["dynamics", network, "--inputs", inputs, "--labels", labels, "--covariance", file], in: folder)
    #expect(mistake.exitCode == 64 && mistake.errors.contains("--test-inputs"))
  }

  @Test(arguments: ["labels", "kernel", "asymmetric", "indefinite", "missing"])
  func wrongFilesAreInvalidInput(kind: String) throws {
    switch kind {
    case "labels": try NumericArray(shape: [3], values: [1, 2, 3]).write(npy: labels)
    case "kernel": try NumericArray(shape: [1, 2], values: [1, 2]).write(npy: kernel)
    case "asymmetric": try NumericArray(shape: [2, 2], values: [1, 2, 3, 4]).write(npy: kernel)
    case "indefinite": try NumericArray(shape: [2, 2], values: [0, 1, 1, 0]).write(npy: kernel)
    default: try FileManager.default.removeItem(atPath: kernel)
    }
    let result = try dynamics()
    #expect(result.exitCode == 2 && result.output.isEmpty)
    #expect(result.errors.hasPrefix("ntkscorer: error: "))
  }
}

@Suite struct MeanFieldCommandTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private func meanField(_ arguments: String...) throws -> Finished {
    try Tool.run(["meanfield"] + arguments, in: folder)
  }

  @Test func phasesAreTold() throws {
    for (variance, phase) in [("1.5", "ordered"), ("2.5", "chaotic")] {
      let result = try meanField(
        "--activation", "tanh", "--weight-variance", variance, "--bias-variance", "0.05")
      #expect(result.exitCode == 0)
      #expect(result.output.hasPrefix("tanh, σ_w² = \(variance), σ_b² = 0.05: \(phase)\n"))
    }
  }

  @Test func jsonHasNullsWhereAQuantityDoesNotExist() throws {
    let result = try meanField(
      "--activation", "relu", "--weight-variance", "2.5", "--bias-variance", "0.1", "--format", "json",
      "--depth",
      "3")
    let document = try jsonObject(result.output)
    #expect(document["phase"] as? String == "chaotic")
    #expect(document["varianceFixedPoint"] is NSNull && document["correlationFixedPoint"] is NSNull)
    #expect(document["varianceGrowth"] as? Double == 1.25)
    let layer = try #require(document["layer"] as? [String: Any])
    // q: 1 → 1.25 + 0.1 → 1.35·1.25 + 0.1.
    #expect(abs(try #require(layer["variance"] as? Double) - 1.7875) < 1e-12)
  }

  /// Yang and Salman's example: two hidden ReLU layers, σ_w² = σ_b² = 2, d = 7.
  @Test func theBooleanCubeIsToldByDegree() throws {
    let arguments = [
      "--activation", "relu", "--weight-variance", "2", "--bias-variance", "2", "--boolean-cube", "7",
    ]
    let result = try Tool.run(["meanfield"] + arguments + ["--depth", "3", "--format", "json"], in: folder)
    #expect(result.exitCode == 0, "\(result.errors)")
    let cube = try #require(try jsonObject(result.output)["booleanCube"] as? [String: Any])
    func shares(_ name: String) throws -> [Double] {
      try #require(cube[name] as? [[String: Any]]).compactMap { $0["fractionalVariance"] as? Double }
    }
    for (name, first) in [("conjugateKernel", 0.838782), ("tangentKernel", 0.626913)] {
      let shares = try shares(name)
      #expect(shares.count == 8 && abs(shares[0] - first) < 1e-6)
      #expect(abs(shares.reduce(0, +) - 1) < 1e-12)
    }
    #expect((cube["optimalDepths"] as? [Any])?.count == 8)
    let page = try Tool.run(["meanfield"] + arguments + ["--depth", "3"], in: folder)
    #expect(page.output.contains("Boolean cube {±1}^7, 2 hidden layers") && page.output.contains("0.8388"))
    #expect(try Tool.run(["meanfield"] + arguments, in: folder).exitCode == 64)
  }

  @Test func diagramsAreDrawnForEveryActivationWithClosedForms() throws {
    for activation in ["relu", "erf", "gelu", "leaky_relu:0.3", "sin"] {
      let path = folder.file("diagram.svg")
      let result = try meanField("--activation", activation, "--diagram", path, "--resolution", "12")
      #expect(result.exitCode == 0 && result.output.isEmpty)
      let text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.contains("Order and chaos of \(activation) networks"))
      #expect(text.contains(">ordered</text>"))
    }
  }

  @Test func parametersOutOfRangeAreInvalidInput() throws {
    for arguments in [
      ["--weight-variance=-1"], ["--weight-variance", "1", "--bias-variance=-1"],
      ["--weight-variance", "1", "--depth", "0"], ["--weight-variance", "1", "--correlation", "2"],
    ] {
      let result = try Tool.run(["meanfield", "--activation", "tanh"] + arguments, in: folder)
      #expect(result.exitCode == 2 && result.errors.hasPrefix("ntkscorer: error: "), "\(arguments)")
    }
  }
}

@Suite struct TrainedNetworkTests {
  let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    try NumericArray(shape: [3, 1], values: [-1, 0.5, 2]).write(npy: folder.file("x.npy"))
    try NumericArray(shape: [3], values: [1, -0.5, 0.5]).write(npy: folder.file("y.npy"))
    try NumericArray(shape: [5, 1], values: [-2, -1, 0, 1, 3]).write(npy: folder.file("z.npy"))
  }

  private func train(_ network: String, _ more: String...) throws -> Finished {
    let path = try folder.write(network, to: "net.yaml")
    return try Tool.run(
      ["dynamics", path, "--inputs", folder.file("x.npy"), "--labels", folder.file("y.npy"), "--train"]
        + more,
      in: folder)
  }

  private let shallow = """
    parameterization: ntk
    input: [1]
    layers:
      - {op: dense, units: 4000, weight_variance: 2, bias_variance: 0.5}
      - {op: relu}
      - {op: dense, units: 1, weight_variance: 2, bias_variance: 0.5}

    """

  /// What a step changes beyond first order vanishes with the step, also where outputs share weights.
  @Test func severalOutputsAreLinearisedTogether() throws {
    let network = """
      parameterization: ntk
      input: [1]
      layers:
        - {op: dense, units: 16, weight_variance: 2, bias_variance: 0.5}
        - {op: tanh}
        - {op: dense, units: 2, weight_variance: 2, bias_variance: 0.5}

      """
    try NumericArray(shape: [3, 2], values: [1, 0, -0.5, 1, 0.5, -1]).write(npy: folder.file("y.npy"))
    var errors: [Double] = []
    for rate in ["1e-2", "1e-4", "1e-6"] {
      let result = try train(network, "--steps", "1", "--learning-rate", rate, "--format", "json")
      #expect(result.exitCode == 0, "\(result.errors)")
      let training = try #require(try jsonObject(result.output)["training"] as? [String: Any])
      errors.append(try #require(training["linearisationError"] as? Double))
    }
    #expect(errors[1] < 0.02 * errors[0] && errors[2] < 0.02 * errors[1], "\(errors)")
  }

  @Test func theNetworkFollowsItsLinearisationAndItsLimit() throws {
    let pictures = ["loss.svg", "function.svg", "displacement.svg", "residuals.svg"].map(folder.file)
    let result = try train(
      shallow, "--steps", "300", "--test-inputs", folder.file("z.npy"), "--format", "json", "--residuals",
      "--plot", pictures[0], "--plot-function", pictures[1], "--plot-displacement", pictures[2],
      "--plot-residuals", pictures[3])
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    let document = try jsonObject(result.output)
    let training = try #require(document["training"] as? [String: Any])
    let curves = try #require(document["curves"] as? [String: Any])
    let trained = try #require(training["loss"] as? [Double])
    let linearised = try #require(curves["loss"] as? [Double])
    #expect(trained.count == linearised.count && trained.count > 10)
    for (a, b) in zip(trained, linearised) { #expect(abs(a - b) < 0.05 * trained[0]) }
    #expect(abs(trained[0] - linearised[0]) < 1e-9 * trained[0])
    #expect(try #require(training["linearisationError"] as? Double) < 0.1)
    let residuals = try #require(training["residuals"] as? [[[Double]]])
    for (residual, loss) in zip(residuals, trained) {
      #expect(abs(residual.reduce(0) { $0 + $1[0] * $1[0] } / 2 - loss) < 1e-12 * trained[0])
    }
    let limit = try #require(training["infiniteWidth"] as? [String: Any])
    let deviations = try #require(limit["testDeviation"] as? [Double])
    #expect(deviations.count == 5 && deviations.allSatisfy { $0 >= 0 })
    let means = try #require(limit["testMean"] as? [[Double]])
    let outputs = try #require(training["testOutputs"] as? [[Double]])
    // A sample of the ensemble, as its deviations say.
    for index in 0..<5 { #expect(abs(outputs[index][0] - means[index][0]) < 5 * deviations[index] + 0.1) }
    for path in pictures {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.hasPrefix("<svg ") && text.contains("its linearisation"))
    }
    #expect(try String(contentsOfFile: pictures[1], encoding: .utf8).contains("<circle"))
  }

  @Test func withoutALimitTheRestIsStillTold() throws {
    let result = try train(
      """
      input: [1]
      layers:
        - {name: a, op: dense, units: 8}
        - {name: b, op: relu}
        - {name: c, op: add, from: [a, b]}
        - {op: dense, units: 1}

      """, "--steps", "5", "--format", "csv")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("step,") && result.output.contains("trained_loss"))
    let table = try train(shallow, "--steps", "5")
    #expect(table.output.contains("the network itself"))
  }

  @Test func mistakesOfTraining() throws {
    #expect(try train(shallow).errors.contains("--train needs --steps"))
    #expect(try train(shallow, "--steps", "9", "--plot-function", "f.svg").exitCode == 64)
  }
}
