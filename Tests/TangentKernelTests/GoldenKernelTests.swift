import Datasets
import Foundation
import NetworkGraph
import TangentKernel
import Testing
import YAMLDocuments

/// Kernels of fixed networks, weights and inputs against references that PyTorch and neural-tangents computed in
/// float64. `NTKSCORER_GOLDEN` points the test at another folder of the same layout.
@Test func goldenKernelsOfOutsideReferencesAreReproduced() throws {
  let folder = GoldenCase.folder
  let cases = try GoldenCase.all(in: folder)
  var compared = 0
  var skipped: [String] = []
  for golden in cases {
    for (key, reference) in golden.expected.sorted(by: { $0.key < $1.key }) {
      guard let (mode, reduction, filter) = golden.settings(ofKey: key) else { continue }
      for precision in Precision.allCases {
        let settings = KernelSettings(
          outputReduction: reduction, normalizationMode: mode, parameterFilter: filter,
          parameterization: golden.file.parameterization ?? .standard, precision: precision)
        guard
          let result = try evaluate(
            golden, settings, reasonAgainst: { skipped.append("\(golden.name) \(key): \($0)") })
        else { continue }
        let tolerance = precision == .double ? 1e-9 : 1e-5
        let error = relativeFrobeniusError(result.kernel.values, reference.values)
        #expect(error <= tolerance, "\(golden.name) \(key) \(precision): \(error)")
        let outputsKey = (key.contains("/") ? "\(mode.rawValue)/" : "") + "outputs"
        if let outputs = golden.expected[outputsKey] {
          let outputError = relativeFrobeniusError(result.outputs, outputs.values)
          #expect(outputError <= tolerance, "\(golden.name) \(outputsKey) \(precision): \(outputError)")
        }
        compared += 1
      }
    }
  }
  print("golden: compared \(compared) kernels of \(cases.count) networks in \(folder.path)")
  #expect(skipped.isEmpty, "not run: \(skipped.joined(separator: "; "))")
  #expect(compared > 0, "no golden kernel was compared in \(folder.path)")
}

@Test func goldenFolderThatIsMissingIsAnError() {
  #expect(throws: (any Error).self) {
    try GoldenCase.all(in: URL(fileURLWithPath: "/nonexistent/golden"))
  }
}

/// Nil, with the engine's reason, when it has no pass for something in the network under these settings.
private func evaluate(
  _ golden: GoldenCase, _ settings: KernelSettings, reasonAgainst: (String) -> Void
) throws -> KernelEvaluation? {
  do {
    return try TangentKernelEngine().evaluate(
      golden.network, parameters: golden.parameters, inputs: golden.inputs, settings: settings)
  } catch let error {
    guard case .unsupported(_, let reason) = error else { throw error }
    reasonAgainst(reason)
    return nil
  }
}

/// ‖a − b‖_F / ‖b‖_F; infinite when sizes differ.
func relativeFrobeniusError(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  let difference = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  return (difference / b.reduce(0) { $0 + $1 * $1 }).squareRoot()
}

/// One folder of reference kernels.
struct GoldenCase {
  let name: String
  let file: NetworkFile
  let network: CanonicalNetwork
  let parameters: ParameterSource
  let inputs: SampleBatch
  let expected: [String: NumericArray]

  static var folder: URL {
    if let path = ProcessInfo.processInfo.environment["NTKSCORER_GOLDEN"] {
      return URL(fileURLWithPath: path)
    }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/golden").standardizedFileURL
  }

  static func all(in folder: URL) throws -> [GoldenCase] {
    let empirical = folder.appendingPathComponent("empirical")
    return try FileManager.default.contentsOfDirectory(atPath: empirical.path).sorted()
      .filter { !$0.hasPrefix(".") }
      .map { try GoldenCase(empirical.appendingPathComponent($0)) }
  }

  init(_ folder: URL) throws {
    name = folder.lastPathComponent
    let path = folder.appendingPathComponent("network.yaml").path
    file = try NetworkFile.read(SourceText(contentsOfFile: path))
    network = try CanonicalNetwork(file.network)
    parameters = try .checked(
      NPZArchive(path: folder.appendingPathComponent("weights.npz").path).arrays(), for: file.network)
    let array = try NumericArray(npy: folder.appendingPathComponent("inputs.npy").path)
    inputs = try SampleBatch(array, shape: file.network.inputShape, name: "inputs.npy")
    expected = try NPZArchive(path: folder.appendingPathComponent("expected.npz").path).arrays()
  }

  /// What a key of `expected.npz` stands for; nil for outputs.
  func settings(ofKey key: String) -> (NormalizationMode, OutputReduction, ParameterFilter)? {
    let parts = key.split(separator: "/").map(String.init)
    let mode = parts.count == 2 ? NormalizationMode(rawValue: parts[0]) : .frozen
    guard let mode, let kind = parts.last else { return nil }
    switch kind {
    case "sum": return (mode, .sum, .all)
    case "trace": return (mode, .trace, .all)
    case "full": return (mode, .full, .all)
    case "sum_weights": return (mode, .sum, .weights)
    case "sum_kernels": return (mode, .sum, .kernels)
    default: return nil
    }
  }
}
