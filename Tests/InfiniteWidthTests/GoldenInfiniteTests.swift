import Datasets
import Foundation
import InfiniteWidth
import NetworkGraph
import Testing
import YAMLDocuments

/// Kernels that neural-tangents computed in float64. `NTKSCORER_GOLDEN` points the test at another folder of the same
/// layout.
@Test func goldenKernelsOfInfiniteWidthAreReproduced() throws {
  let folder = goldenFolder()
  var compared = 0
  let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  for name in names where !name.hasPrefix(".") {
    let golden = try GoldenInfiniteCase(folder.appendingPathComponent(name))
    let kernels = try InfiniteWidthEngine(threads: 2).evaluate(
      golden.network, inputs: golden.inputs, secondInputs: golden.secondInputs,
      settings: .init(parameterization: golden.parameterization))
    // With ReLU the reference has the usual error of arccos near 1, and inputs that are collinear.
    let tolerance = golden.isSmooth ? 1e-10 : 2e-7
    for (key, kernel) in [("nngp", kernels.nngp), ("ntk", kernels.ntk)] {
      guard let reference = golden.expected[key], let kernel else { continue }
      #expect(kernel.values.count == reference.values.count, "\(name) \(key)")
      let scale = reference.values.reduce(0) { max($0, abs($1)) }
      let error = zip(kernel.values, reference.values).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
      #expect(error <= tolerance, "\(name) \(key): \(error)")
      compared += 1
    }
  }
  print("golden: compared \(compared) kernels of infinite width in \(folder.path)")
  #expect(compared > 0, "no golden kernel was compared in \(folder.path)")
}

private func goldenFolder() -> URL {
  let root =
    if let path = ProcessInfo.processInfo.environment["NTKSCORER_GOLDEN"] {
      URL(fileURLWithPath: path)
    } else {
      URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../Fixtures/golden").standardizedFileURL
    }
  return root.appendingPathComponent("infinite")
}

private struct GoldenInfiniteCase {
  let network: CanonicalNetwork
  let parameterization: Parameterization
  let inputs: [Double]
  let secondInputs: [Double]?
  let expected: [String: NumericArray]
  let isSmooth: Bool

  init(_ folder: URL) throws {
    let path = { (name: String) in folder.appendingPathComponent(name).path }
    let file = try NetworkFile.read(SourceText(contentsOfFile: path("network.yaml")))
    network = try CanonicalNetwork(file.network)
    parameterization = file.parameterization ?? .standard
    inputs = try NumericArray(npy: path("inputs.npy")).values
    let second = path("inputs2.npy")
    secondInputs =
      FileManager.default.fileExists(atPath: second) ? try NumericArray(npy: second).values : nil
    expected = try NPZArchive(path: path("expected.npz")).arrays()
    isSmooth = !file.network.nodes.contains { $0.operation == .activation(.relu) }
  }
}
