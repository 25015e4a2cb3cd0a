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
