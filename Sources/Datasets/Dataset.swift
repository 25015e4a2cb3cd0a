import NetworkGraph
import RandomStreams

/// Where samples come from.
public enum DatasetSource: Hashable, Sendable {
  /// Independent N(0, 1) numbers drawn from the seed; no file and no labels.
  case gaussian(shape: TensorShape)
  /// An n × … array: n × features, n × height × width (one channel) or n × channels × height × width; labels,
  /// if any, in another NPY file.
  case npy(path: String, labels: String? = nil)
  /// The same from an archive. Without `inputs`, the archive's only array besides `labels`.
  case npz(path: String, inputs: String? = nil, labels: String? = nil)
  /// CIFAR-10's binary version: one file, or a folder of `data_batch_*.bin`.
  case cifar10(path: String)
  /// MNIST's IDX files, plain or gzipped: an image file and, if wanted, a label file; or a folder holding
  /// `train-images-idx3-ubyte` and perhaps `train-labels-idx1-ubyte`.
  case mnist(path: String, labels: String? = nil)
}

/// How values are shifted and scaled, after 8-bit images were brought to [0, 1].
public enum Standardization: String, Codable, Hashable, Sendable, CaseIterable {
  case none
  /// Each channel of maps (each feature of vectors) minus its mean, divided by its standard deviation
  /// (divisor n), both computed over the whole dataset. A constant channel is only shifted.
  case perChannel = "per_channel"
}

/// A set of samples of one shape from which batches are drawn.
///
/// Files are read once, when the dataset is opened, and stay in memory as they are encoded (one byte a pixel
/// for images). A `Dataset` may be used from several threads at once.
public struct Dataset: Sendable {
  /// For messages: the path, or `gaussian`.
  public let name: String
  /// The shape of one sample, as `batch` gives it.
  public let sampleShape: TensorShape
  /// Nil when there is no end to them.
  public let sampleCount: Int?
  /// Whether batches come with classes.
  public var hasLabels: Bool { rows?.labels != nil }
  /// Lowercase hexadecimal SHA-256 of what the samples are: of the decoded file contents, labels and
  /// standardization, or of the definition of Gaussian inputs. Paths, compression and reshaping do not enter.
  public let contentHash: String

  private let rows: SampleRows?

  /// Opens a dataset and reads its files.
  /// - Throws: `DatasetError` naming the file and the byte, row or member.
  public static func open(
    _ source: DatasetSource, standardization: Standardization = .none, limits: ReadLimits = .init()
  ) throws(DatasetError) -> Dataset {
    switch source {
    case .gaussian(let shape):
      return try gaussian(shape: shape)
    case .npy(let path, let labels):
      return try Dataset(
        name: path, try ArrayFiles.rows(npy: path, labels: labels, limits: limits), standardization)
    case .npz(let path, let inputs, let labels):
      return try Dataset(
        name: path, try ArrayFiles.rows(npz: path, inputs: inputs, labels: labels, limits: limits),
        standardization)
    case .cifar10(let path):
      return try Dataset(name: path, try CIFAR10Files.rows(path, limits: limits), standardization)
    case .mnist(let path, let labels):
      return try Dataset(name: path, try IDXFiles.rows(path, labels: labels, limits: limits), standardization)
    }
  }

  /// Independent N(0, 1) inputs: sample i of seed s is the same whatever the batch's size.
  public static func gaussian(shape: TensorShape) throws(DatasetError) -> Dataset {
    _ = try SampleBatch.elementCount(shape: shape, count: 1)
    var hash = ContentHash("gaussian inputs 1: N(0,1), Philox4x32-10, purpose 'inputs', row-major")
    hash.update("shape \(shape)")
    return Dataset(name: "gaussian", sampleShape: shape, sampleCount: nil, contentHash: hash.hex(), rows: nil)
  }

  /// The same samples in the shape that a network expects.
  /// - Throws: `DatasetError.shapeMismatch` unless the shapes are equal, or the number of elements is and one
  ///   of the shapes is a vector: [1, 28, 28] may be flattened to [784], but not read as [4, 14, 14].
  public func conforming(to expected: TensorShape) throws(DatasetError) -> Dataset {
    if expected == sampleShape { return self }
    let isFlattening = expected.dimensions.count == 1 || sampleShape.dimensions.count == 1
    guard isFlattening, checkedProduct(expected.dimensions) == checkedProduct(sampleShape.dimensions) else {
      throw .shapeMismatch(dataset: name, sample: sampleShape.dimensions, expected: expected)
    }
    return Dataset(
      name: name, sampleShape: expected, sampleCount: sampleCount, contentHash: contentHash, rows: rows)
  }

  /// `count` samples: new Gaussian numbers, or rows drawn uniformly without replacement. The same seed gives
  /// the same batch on every machine, and a longer batch begins with the shorter one. A batch that stays
  /// fixed over the seeds of a score is one that is always asked for with the same seed.
  /// - Throws: `DatasetError.tooFewRows`, or `.invalidValues` for a size that is not positive or far too
  ///   large.
  public func batch(count: Int, seed: UInt64) throws(DatasetError) -> SampleBatch {
    let elements = try SampleBatch.elementCount(shape: sampleShape, count: count)
    guard let rows else {
      let stream = RandomStream(seed: seed, purpose: "inputs")
      return try SampleBatch(shape: sampleShape, count: count, values: stream.normals(elements))
    }
    guard count <= rows.count else { throw .tooFewRows(dataset: name, asked: count, available: rows.count) }
    let chosen = sampleWithoutReplacement(
      count, of: rows.count, RandomStream(seed: seed, purpose: "inputs", position: "rows"))
    var values: [Float] = []
    values.reserveCapacity(elements)
    for row in chosen { values += rows.values(ofRow: row) }
    return try SampleBatch(
      shape: sampleShape, count: count, values: values,
      labels: rows.labels.map { labels in chosen.map { labels[$0] } })
  }

  private init(
    name: String, sampleShape: TensorShape, sampleCount: Int?, contentHash: String, rows: SampleRows?
  ) {
    self.name = name
    self.sampleShape = sampleShape
    self.sampleCount = sampleCount
    self.contentHash = contentHash
    self.rows = rows
  }

  private init(
    name: String, _ rows: SampleRows, _ standardization: Standardization
  ) throws(DatasetError) {
    var rows = rows
    try rows.checkFinite(name: name)
    if standardization == .perChannel { rows.standardizePerChannel() }
    self.init(
      name: name, sampleShape: rows.shape, sampleCount: rows.count,
      contentHash: rows.contentHash(standardization), rows: rows)
  }
}

/// The first `count` steps of a Fisher–Yates shuffle of 0..<population, remembering only the places that were
/// moved.
private func sampleWithoutReplacement(_ count: Int, of population: Int, _ stream: RandomStream) -> [Int] {
  var moved: [Int: Int] = [:]
  return (0..<count).map { step in
    let pick = step + Int(stream.bounded(UInt64(population - step), at: UInt64(step)))
    let chosen = moved[pick] ?? pick
    moved[pick] = moved[step] ?? step
    return chosen
  }
}
