import Datasets
import NetworkGraph
import TangentKernel
import YAMLDocuments

extension KernelRequest {
  /// A request whose network, inputs and weights stand in files.
  ///
  /// - Parameters:
  ///   - networkPath: a network file, YAML or JSON.
  ///   - inputsPath: an NPY array, samples first.
  ///   - weightsPath: an NPZ archive keyed by node (`stem.weight`); without it parameters are drawn from `seed`.
  ///   - parameterization: in place of the file's; the file's, else standard, when nil.
  /// - Throws: `InvalidDocument` for the network, `ScorerError.dataset` for arrays.
  public init(
    kind: KernelKind = .empirical, networkPath: String, inputsPath: String, secondInputsPath: String? = nil,
    weightsPath: String? = nil, seed: UInt64 = 0, parameterization: Parameterization? = nil,
    settings: KernelSettings = KernelSettings(), repetitions: Int = 0, resources: Resources = Resources()
  ) throws {
    let file = try NetworkFile.read(SourceText(contentsOfFile: networkPath))
    var settings = settings
    settings.parameterization = parameterization ?? file.parameterization ?? .standard
    func batch(_ path: String) throws(DatasetError) -> SampleBatch {
      try SampleBatch(try NumericArray(npy: path), shape: file.network.inputShape, name: path)
    }
    do throws(DatasetError) {
      self.init(
        kind: kind, network: file.network, inputs: try batch(inputsPath),
        secondInputs: try secondInputsPath.map(batch),
        parameters: try weightsPath.map { path throws(DatasetError) in
          .arrays(try NPZArchive(path: path).arrays())
        } ?? .drawn(seed: seed),
        settings: settings, repetitions: repetitions, resources: resources)
    } catch { throw ScorerError.dataset(error) }
  }
}
