import ArchitectureScorer
import Datasets
import Foundation
import NetworkGraph
import TangentKernel
import Testing
import YAMLDocuments

/// A folder of its own for one test, with the files of a kernel in it.
private func folder() throws -> URL {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kernel-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  try Data(
    """
    input: [2]
    parameterization: ntk
    layers:
      - {name: hidden, op: dense, units: 2, bias: false}
      - {name: head, op: dense, units: 1, bias: false}
    """.utf8
  ).write(to: folder.appendingPathComponent("network.yaml"))
  try NumericArray(shape: [2, 2], values: [1, 0, 0, 2])
    .write(npy: folder.appendingPathComponent("inputs.npy").path)
  try NPZArchive.write(
    [
      ("hidden.weight", try NumericArray(shape: [2, 2], values: [1, 0, 0, 1])),
      ("head.weight", try NumericArray(shape: [1, 2], values: [1, 1])),
    ], to: folder.appendingPathComponent("weights.npz").path)
  return folder
}

@Test func aKernelIsComputedFromFiles() throws {
  let folder = try folder()
  defer { try? FileManager.default.removeItem(at: folder) }
  let path = { (name: String) in folder.appendingPathComponent(name).path }
  let request = try KernelRequest(
    networkPath: path("network.yaml"), inputsPath: path("inputs.npy"), weightsPath: path("weights.npz"),
    parameterization: .standard, settings: .init(precision: .double))
  // f = v·Wx: ⟨∂f/∂W⟩ = |v|² x·x′ and ⟨∂f/∂v⟩ = Wx·Wx′, here 2 x·x′ + x·x′.
  #expect(try Scorer().kernel(request).kernel.values == [3, 0, 0, 12])
}

@Test func theFilesParameterizationIsTheDefault() throws {
  let folder = try folder()
  defer { try? FileManager.default.removeItem(at: folder) }
  let path = { (name: String) in folder.appendingPathComponent(name).path }
  let request = try KernelRequest(
    networkPath: path("network.yaml"), inputsPath: path("inputs.npy"), weightsPath: path("weights.npz"),
    settings: .init(precision: .double))
  #expect(request.settings.parameterization == .ntk)
  // Every layer scales by σ_w/√fan_in = 1, so each gradient is as in the standard parameterization.
  let values = try Scorer().kernel(request).kernel.values
  #expect(zip(values, [3, 0, 0, 12]).allSatisfy { abs($0 - $1) < 1e-12 })
}

@Test func inputsOfAnotherShapeAreNamed() throws {
  let folder = try folder()
  defer { try? FileManager.default.removeItem(at: folder) }
  let path = { (name: String) in folder.appendingPathComponent(name).path }
  try NumericArray(shape: [2, 3], values: .init(repeating: 1, count: 6)).write(npy: path("wide.npy"))
  let error = try #require(throws: ScorerError.self) {
    try KernelRequest(networkPath: path("network.yaml"), inputsPath: path("wide.npy"))
  }
  #expect("\(error)".contains("wide.npy"))
  #expect("\(error)".contains("[3]"))
}
