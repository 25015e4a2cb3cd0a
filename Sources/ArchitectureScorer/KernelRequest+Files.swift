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
    func batch(_ path: String) throws(DatasetError) -> (batch: SampleBatch, exact: [Double]) {
      let array = try NumericArray(npy: path)
      return (try SampleBatch(array, shape: file.network.inputShape, name: path), array.values)
    }
    do throws(DatasetError) {
      let first = try batch(inputsPath)
      let second = try secondInputsPath.map(batch)
      self.init(
        kind: kind, network: file.network, inputs: first.batch, secondInputs: second?.batch,
        exactInputs: first.exact, exactSecondInputs: second?.exact,
        parameters: try weightsPath.map { path throws(DatasetError) in
          .arrays(try NPZArchive(path: path).arrays())
        } ?? .drawn(seed: seed),
        settings: settings, repetitions: repetitions, resources: resources)
    } catch { throw ScorerError.dataset(error) }
  }
}
