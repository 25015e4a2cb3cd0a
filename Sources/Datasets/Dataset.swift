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
  /// A table of numbers as text, separated by commas, semicolons or tabs; a record is a sample.
  case csv(path: String, options: TableOptions = .init())
  /// CIFAR-10's binary version: one file, or a folder of `data_batch_*.bin`.
  case cifar10(path: String)
  /// CIFAR-100's binary version: one file, or a folder that holds `train.bin`. The labels are its 100 classes, or
  /// the 20 superclasses.
  case cifar100(path: String, coarseLabels: Bool = false)
  /// MNIST's IDX files, plain or gzipped (and those of Fashion-MNIST, which have the same form and names): an image file and, if wanted, a label file; or a folder holding
  /// `train-images-idx3-ubyte` and perhaps `train-labels-idx1-ubyte`.
  case mnist(path: String, labels: String? = nil)
  /// A folder with a folder of PNG or JPEG images for each class.
  case images(path: String)
}

/// How values are shifted and scaled, after 8-bit images were brought to [0, 1].
public enum Standardization: String, Codable, Hashable, Sendable, CaseIterable {
  case none
  /// Each channel of maps (each feature of vectors) minus its mean, divided by its standard deviation
  /// (divisor n), both computed over the whole dataset. A constant channel is only shifted.
  case perChannel = "per_channel"
}

/// How the rows of a batch are drawn from a dataset.
public enum BatchDrawing: String, Codable, Hashable, Sendable, CaseIterable {
  /// Uniformly, without replacement.
  case uniform
  /// As many of each class, or one more: the classes take turns in an order that the seed decides, and give their
  /// rows uniformly, without replacement.
  case classBalanced = "class_balanced"
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
  /// Lowercase hexadecimal SHA-256 of what the samples are: of the decoded file contents at the resolution they
  /// were brought to, labels, standardization and the way batches are drawn, or of the definition of Gaussian
  /// inputs. Paths, compression and reshaping do not enter.
  public let contentHash: String

  private let rows: SampleRows?
  /// The rows of each class, by class; nil for batches that are drawn uniformly.
  private let classes: [(label: Int, rows: [Int])]?

  /// Opens a dataset and reads its files.
  ///
  /// - Parameters:
  ///   - resolution: images are brought to it by area averages before they are standardized; nil leaves them.
  ///   - drawing: class-balanced batches need labels.
  /// - Throws: `DatasetError` naming the file and the byte, row or member.
  public static func open(
    _ source: DatasetSource, standardization: Standardization = .none, resolution: ImageResolution? = nil,
    drawing: BatchDrawing = .uniform, limits: ReadLimits = .init()
  ) throws(DatasetError) -> Dataset {
    if case .gaussian(let shape) = source { return try gaussian(shape: shape) }
    var (name, rows) = try rows(of: source, resolution: resolution, limits: limits)
    // Images of several sizes have been brought to one before they could be rows.
    if let resolution, rows.shape.resolution != resolution {
      rows = try rows.resized(to: resolution, name: name, limits: limits)
    }
    return try Dataset(name: name, rows, standardization, drawing)
  }

  private static func rows(
    of source: DatasetSource, resolution: ImageResolution?, limits: ReadLimits
  ) throws(DatasetError) -> (name: String, SampleRows) {
    switch source {
    case .gaussian: throw .invalidValues("gaussian inputs have no rows")
    case .npy(let path, let labels):
      return (path, try ArrayFiles.rows(npy: path, labels: labels, limits: limits))
    case .npz(let path, let inputs, let labels):
      return (path, try ArrayFiles.rows(npz: path, inputs: inputs, labels: labels, limits: limits))
    case .csv(let path, let options):
      return (path, try CSVFiles.rows(path, options, limits: limits))
    case .cifar10(let path):
      return (path, try CIFARFiles.cifar10.rows(path, limits: limits))
    case .cifar100(let path, let coarseLabels):
      return (path, try CIFARFiles.cifar100(coarseLabels: coarseLabels).rows(path, limits: limits))
    case .mnist(let path, let labels):
      return (path, try IDXFiles.rows(path, labels: labels, limits: limits))
    case .images(let path):
      return (path, try ImageFolder.rows(path, resolution: resolution, limits: limits))
    }
  }

  /// Independent N(0, 1) inputs: sample i of seed s is the same whatever the batch's size.
  public static func gaussian(shape: TensorShape) throws(DatasetError) -> Dataset {
    _ = try SampleBatch.elementCount(shape: shape, count: 1)
    var hash = ContentHash("gaussian inputs 1: N(0,1), Philox4x32-10, purpose 'inputs', row-major")
    hash.update("shape \(shape)")
    return Dataset(
      name: "gaussian", sampleShape: shape, sampleCount: nil, contentHash: hash.hex(), rows: nil, classes: nil
    )
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
      name: name, sampleShape: expected, sampleCount: sampleCount, contentHash: contentHash, rows: rows,
      classes: classes)
  }

  /// `count` samples: new Gaussian numbers, or rows drawn without replacement as `BatchDrawing` says. The same seed
  /// gives the same batch on every machine, and a longer batch begins with the shorter one. A batch that stays
  /// fixed over the seeds of a score is one that is always asked for with the same seed.
  /// - Throws: `DatasetError.tooFewRows`, `.tooFewOfClass`, or `.invalidValues` for a size that is not positive or far too
  ///   large.
  public func batch(count: Int, seed: UInt64) throws(DatasetError) -> SampleBatch {
    let elements = try SampleBatch.elementCount(shape: sampleShape, count: count)
    guard let rows else {
      let stream = RandomStream(seed: seed, purpose: "inputs")
      return try SampleBatch(shape: sampleShape, count: count, values: stream.normals(elements))
    }
    guard count <= rows.count else { throw .tooFewRows(dataset: name, asked: count, available: rows.count) }
    let chosen =
      try classes.map { classes throws(DatasetError) in try balanced(count, classes, seed: seed) }
      ?? sampleWithoutReplacement(
        count, of: rows.count, RandomStream(seed: seed, purpose: "inputs", position: "rows"))
    var values: [Float] = []
    values.reserveCapacity(elements)
    for row in chosen { values += rows.values(ofRow: row) }
    return try SampleBatch(
      shape: sampleShape, count: count, values: values,
      labels: rows.labels.map { labels in chosen.map { labels[$0] } })
  }

  private func balanced(
    _ count: Int, _ classes: [(label: Int, rows: [Int])], seed: UInt64
  ) throws(DatasetError) -> [Int] {
    let order = sampleWithoutReplacement(
      classes.count, of: classes.count, RandomStream(seed: seed, purpose: "inputs", position: "classes"))
    var chosen = [Int](repeating: 0, count: count)
    for (place, index) in order.enumerated() where place < count {
      let (label, rows) = classes[index]
      let wanted = (count - place + classes.count - 1) / classes.count
      guard wanted <= rows.count else {
        throw .tooFewOfClass(dataset: name, label: label, asked: wanted, available: rows.count)
      }
      let stream = RandomStream(seed: seed, purpose: "inputs", position: "rows of class \(label)")
      for (turn, pick) in sampleWithoutReplacement(wanted, of: rows.count, stream).enumerated() {
        chosen[place + turn * classes.count] = rows[pick]
      }
    }
    return chosen
  }

  private init(
    name: String, sampleShape: TensorShape, sampleCount: Int?, contentHash: String, rows: SampleRows?,
    classes: [(label: Int, rows: [Int])]?
  ) {
    self.name = name
    self.sampleShape = sampleShape
    self.sampleCount = sampleCount
    self.contentHash = contentHash
    self.rows = rows
    self.classes = classes
  }

  private init(
    name: String, _ rows: SampleRows, _ standardization: Standardization, _ drawing: BatchDrawing
  ) throws(DatasetError) {
    var rows = rows
    try rows.checkFinite(name: name)
    if standardization == .perChannel { rows.standardizePerChannel() }
    var contentHash = rows.contentHash(standardization)
    var classes: [(label: Int, rows: [Int])]?
    if drawing == .classBalanced {
      guard let labels = rows.labels else {
        throw .invalidValues("\(name): balanced batches need labels, and there are none")
      }
      var hash = ContentHash("batches with as many samples of each class 1")
      hash.update(contentHash)
      contentHash = hash.hex()
      classes = Dictionary(grouping: labels.indices, by: { labels[$0] })
        .map { (label: $0.key, rows: $0.value) }.sorted { $0.label < $1.label }
    }
    self.init(
      name: name, sampleShape: rows.shape, sampleCount: rows.count, contentHash: contentHash, rows: rows,
      classes: classes)
  }
}

extension TensorShape {
  /// Of maps; nil for a vector.
  fileprivate var resolution: ImageResolution? {
    guard case .maps(_, let height, let width) = self else { return nil }
    return ImageResolution(height: height, width: width)
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
