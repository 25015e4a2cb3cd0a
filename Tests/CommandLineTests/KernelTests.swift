import Datasets
import Foundation
import Testing

@Suite struct KernelTests {
  let folder: ScratchFolder
  let network: String
  let inputs: String

  init() throws {
    folder = try ScratchFolder()
    network = try folder.write(
      """
      input: [3]
      layers:
        - {name: hidden, op: dense, units: 16}
        - {op: tanh}
        - {name: head, op: dense, units: 2}

      """, to: "net.yaml")
    inputs = folder.file("x.npy")
    try Self.write([0.5, -1, 2, 1, 0.25, -0.75, -2, 0.5, 1, 0.1, 0.2, 0.3], shape: [4, 3], to: inputs)
  }

  private static func write(_ values: [Double], shape: [Int], to path: String) throws {
    try NumericArray(shape: shape, values: values).write(npy: path, as: .float32)
  }

  private func kernel(_ more: String...) throws -> Finished {
    try Tool.run(["kernel", network, "--inputs", inputs] + more, in: folder)
  }

  @Test func printsOneDocumentWithEveryKey() throws {
    let result = try kernel()
    #expect(result.exitCode == 0)
    #expect(result.errors.isEmpty)
    let document = try jsonObject(result.output)
    let keys: Set = [
      "outcome", "precision", "samples", "outputs", "eigenvalues", "conditionNumber", "lambdaMax",
      "lambdaMin",
      "kernelTrace",
      "seconds", "secondsAll", "firstSeconds", "initializationSeconds", "cpuSeconds", "multiplyAdds",
      "peakMemoryBytes",
    ]
    #expect(Set(document.keys) == keys)
    #expect(document["outcome"] as? String == "ok")
    #expect(document["samples"] as? Int == 4)
    #expect(document["outputs"] as? Int == 2)
    let eigenvalues = try #require(document["eigenvalues"] as? [Double])
    #expect(eigenvalues.count == 4 && eigenvalues == eigenvalues.sorted(by: >))
    let kappa = try #require(document["conditionNumber"] as? Double)
    #expect(abs(kappa - eigenvalues[0] / eigenvalues[3]) < 1e-9 * kappa)
  }

  @Test func theKernelIsWrittenAndAgreesWithItsSpectrum() throws {
    let path = folder.file("k.npy")
    let document = try jsonObject(try kernel("--precision", "double", "--output", path).output)
    let matrix = try NumericArray(npy: path)
    #expect(matrix.shape == [4, 4])
    #expect(matrix.elementType == .float64)
    let trace = (0..<4).reduce(0) { $0 + matrix.values[$1 * 5] }
    let expected = try #require(document["kernelTrace"] as? Double)
    #expect(abs(trace - expected) < 1e-10 * expected)
    for row in 0..<4 {
      for column in 0..<row { #expect(matrix.values[row * 4 + column] == matrix.values[column * 4 + row]) }
    }
  }

  @Test func givenWeightsDecideTheKernel() throws {
    // A linear network without bias: the kernel of the summed outputs is 2·XXᵀ whatever the weights.
    let linear = try folder.write(
      "input: [3]\nlayers:\n  - {name: head, op: dense, units: 2, bias: false}\n", to: "linear.yaml")
    let weights = folder.file("w.npz")
    try NPZArchive.write(
      [("head.weight", NumericArray(shape: [2, 3], values: [1, 2, 3, 4, 5, 6]))], to: weights)
    let path = folder.file("k.npy")
    let result = try Tool.run(
      [
        "kernel", linear, "--inputs", inputs, "--weights", weights, "--output", path, "--precision", "double",
      ],
      in: folder)
    #expect(result.exitCode == 0)
    let matrix = try NumericArray(npy: path)
    #expect(abs(matrix.values[0] - 2 * (0.25 + 1 + 4)) < 1e-12)
    // Four samples and six parameters, but rank three.
    #expect(try jsonObject(result.output)["outcome"] as? String == "rank_deficient")
  }

  @Test func aSingularKernelIsAResult() throws {
    try Self.write([1, 2, 3, 1, 2, 3], shape: [2, 3], to: inputs)
    let result = try kernel()
    #expect(result.exitCode == 0)
    let document = try jsonObject(result.output)
    #expect(document["outcome"] as? String == "rank_deficient")
    #expect(document["conditionNumber"] is NSNull)
    #expect(document["lambdaMax"] is Double)
  }

  @Test func aKernelThatIsNotFiniteIsAResultOfNulls() throws {
    try Self.write([1, 2, .nan, 1, 2, 3], shape: [2, 3], to: inputs)
    let result = try kernel()
    #expect(result.exitCode == 0)
    let document = try jsonObject(result.output)
    #expect(document["outcome"] as? String == "non_finite")
    #expect(document["conditionNumber"] is NSNull)
  }

  @Test func betweenTwoSetsThereIsNoSpectrum() throws {
    let second = folder.file("x2.npy")
    try Self.write([1, 0, 0, 0, 1, 0], shape: [2, 3], to: second)
    let path = folder.file("k.npy")
    let document = try jsonObject(try kernel("--inputs2", second, "--output", path).output)
    #expect(document["eigenvalues"] == nil && document["conditionNumber"] == nil)
    #expect(try NumericArray(npy: path).shape == [4, 2])
  }

  @Test func fullHasARowPerSampleAndOutput() throws {
    let path = folder.file("k.npy")
    #expect(try kernel("--output-reduction", "full", "--output", path).exitCode == 0)
    #expect(try NumericArray(npy: path).shape == [8, 8])
  }

  @Test func repeatReportsEveryTime() throws {
    let document = try jsonObject(try kernel("--repeat", "3").output)
    let times = try #require(document["secondsAll"] as? [Double])
    #expect(times.count == 4)
    #expect(document["firstSeconds"] as? Double == times[0])
    #expect(document["seconds"] as? Double == times[1...].sorted()[1])
  }

  @Test func verboseTellsThePhases() throws {
    let convolutional = try folder.write(
      """
      input: [3, 16, 16]
      layers:
        - {op: conv2d, filters: 16, kernel: 3, padding: 1}
        - {op: batch_norm}
        - {op: relu}
        - {op: conv2d, filters: 16, kernel: 3, padding: 1}
        - {op: relu}
        - {op: global_average_pool}
        - {op: dense, units: 2}

      """, to: "convolutional.yaml")
    let images = folder.file("images.npy")
    try Self.write((0..<12 * 768).map { sin(Double($0 * $0)) }, shape: [12, 3, 16, 16], to: images)
    let arguments = ["kernel", convolutional, "--inputs", images, "--repeat", "3", "--threads", "2"]
    let quiet = try jsonObject(try Tool.run(arguments, in: folder).output)
    let result = try Tool.run(arguments + ["--verbose"], in: folder)
    #expect(result.exitCode == 0)
    let document = try jsonObject(result.output)
    #expect(quiet["phases"] == nil)
    #expect(document["eigenvalues"] as? [Double] == quiet["eigenvalues"] as? [Double])

    let phases = try #require(document["phases"] as? [String: Double])
    let names = ["statistics", "forward", "backward", "weightGradients", "gram", "eigenvalues"]
    #expect(Set(phases.keys) == Set(names + ["other", "total"]))
    for name in names { #expect(try #require(phases[name]) > 0, "\(name)") }
    let total = try #require(phases["total"])
    #expect(names.reduce(0) { $0 + (phases[$1] ?? 0) } <= total * (1 + 1e-9))
    #expect(try #require(phases["other"]) >= 0)
    #expect(total == document["seconds"] as? Double)
    for name in names + ["other", "total"] { #expect(result.errors.contains("\n\(name) "), "\(name)") }
  }

  @Test func verboseTellsThePhasesOfInfiniteWidth() throws {
    let result = try Tool.run(
      ["kernel", network, "--inputs", inputs, "--kind", "ntk", "--repeat", "3", "--verbose"], in: folder)
    #expect(result.exitCode == 0)
    let document = try jsonObject(result.output)
    let phases = try #require(document["phases"] as? [String: Double])
    #expect(Set(phases.keys) == ["inputs", "variances", "covariances", "eigenvalues", "other", "total"])
    #expect(try #require(phases["covariances"]) > 0)
    #expect(phases["total"] == document["seconds"] as? Double)
    // Progress is for terminals.
    #expect(!result.errors.contains("\r") && result.errors.contains("\ncovariances "))
  }

  @Test func infiniteWidthIsDoubleUnlessAskedOtherwise() throws {
    func document(_ more: String...) throws -> (precision: String?, eigenvalues: [Double]) {
      let object = try jsonObject(
        Tool.run(["kernel", network, "--inputs", inputs, "--kind", "ntk"] + more, in: folder).output)
      return (object["precision"] as? String, try #require(object["eigenvalues"] as? [Double]))
    }
    try Self.write([0.1, 0.7, -0.3, 0.9, 0.2, 0.4], shape: [2, 3], to: inputs)
    let (plain, double) = (try document(), try document("--precision", "double"))
    let single = try document("--precision", "single")
    #expect(plain.precision == "double" && double.precision == "double" && single.precision == "single")
    #expect(plain.eigenvalues == double.eigenvalues)
    #expect(single.eigenvalues != double.eigenvalues)
    #expect(zip(single.eigenvalues, double.eigenvalues).allSatisfy { abs($0 - $1) < 1e-5 * abs($1) })
    let empirical = try jsonObject(kernel().output)
    #expect(empirical["precision"] as? String == "single")
  }

  @Test func seedsAndThreadsDecideAsTheyShould() throws {
    func value(_ more: String...) throws -> [Double] {
      let result = try Tool.run(["kernel", network, "--inputs", inputs] + more, in: folder)
      return try #require(try jsonObject(result.output)["eigenvalues"] as? [Double])
    }
    #expect(try value("--seed", "1") == value("--seed", "1", "--threads", "5"))
    #expect(try value("--seed", "1") != value("--seed", "2"))
  }

  @Test func inputsOfAnotherShapeAreToldWithBothShapes() throws {
    try Self.write([1, 2, 3, 4], shape: [1, 4], to: inputs)
    let result = try kernel()
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("[4]") && result.errors.contains("[3]"))
    // As many numbers in another order are another shape.
    try Self.write([1, 2, 3], shape: [1, 1, 3], to: inputs)
    #expect(try kernel().exitCode == 2)
  }

  @Test func labelsAreCounted() throws {
    let labels = folder.file("y.npy")
    try Self.write([0, 1, 0, 1], shape: [4], to: labels)
    #expect(try kernel("--labels", labels).exitCode == 0)
    try Self.write([0, 1], shape: [2], to: labels)
    let result = try kernel("--labels", labels)
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("y.npy"))
  }

  @Test(
    arguments: [
      (["--kind", "ntk"], 0), (["--kind", "nngp", "--memory", "1K"], 1),
      (["--kind", "ntk", "--initialization", "xavier_normal"], 2), (["--batch-norm", "removed"], 0),
      (["--parameters", "kernels"], 0),
      (["--parameterization", "ntk"], 0), (["--weights", "gone.npz"], 2), (["--inputs2", "gone.npy"], 2),
      (["--memory", "1K"], 1), (["--initialization", "nonsense"], 2),
      (["--initialization", "lecun_normal"], 0), (["--initialization", "orthogonal"], 0),
      (["--initialization", "delta_orthogonal"], 0),
    ] as [([String], Int32)])
  func everyOptionHasItsExitCode(options: [String], expected: Int32) throws {
    let result = try Tool.run(["kernel", network, "--inputs", inputs] + options, in: folder)
    #expect(result.exitCode == expected)
    #expect(result.output.isEmpty == (expected != 0))
    if expected != 0 { #expect(result.errors.hasPrefix("ntkscorer: error: ")) }
  }

  @Test func anUnknownInitializationSuggestsTheNearest() throws {
    let near = try kernel("--initialization", "ortogonal")
    #expect(near.exitCode == 2)
    #expect(near.errors.contains("unknown initialization 'ortogonal'; did you mean 'orthogonal'?"))
    let far = try kernel("--initialization", "nonsense")
    #expect(far.errors.contains("expected one of default, he_normal, "))
    #expect(!far.errors.contains("did you mean"))
  }

  @Test(arguments: ["/nowhere/k.npy", "/proc/k.npy", "/dev/full"])
  func anOutputThatCannotBeWrittenIsAFailure(path: String) throws {
    let result = try kernel("--output", path)
    #expect(result.exitCode == 1)
    #expect(result.output.isEmpty)
    #expect(result.errors.hasPrefix("ntkscorer: error: \(path): cannot be written"))
  }

  @Test func aDiskThatFillsUpLeavesNoPartOfAFile() throws {
    // 100 samples are an 80 kB kernel, and files may grow to 4 kB.
    try Self.write((0..<300).map { sin(Double($0)) }, shape: [100, 3], to: inputs)
    let before = folder.contents
    let path = folder.file("k.npy")
    let result = try Tool.shell(
      "ulimit -f 8; \"$TOOL\" kernel \(network) --inputs \(inputs) --output \(path) > /dev/null",
      in: folder)
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("k.npy: cannot be written"))
    #expect(folder.contents == before)
  }
}
