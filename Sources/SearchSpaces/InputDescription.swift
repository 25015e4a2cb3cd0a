import NetworkGraph

/// What the candidates are fed with.
public struct InputDescription: Hashable, Sendable {
  /// The shape of one sample.
  public let shape: TensorShape
  /// Outputs of every network (classes).
  public let outputs: Int
  /// Where the samples come from.
  public let dataset: DatasetDescription
  /// Whether each channel of maps (each feature of vectors) is shifted and scaled to mean 0 and variance 1 over the
  /// whole dataset.
  public let standardize: Bool
  /// What images are brought to, by area averages; nil leaves them as they are.
  public let resolution: ImageResolution?
  /// Whether a batch holds as many samples of each class, or one more.
  public let isBalanced: Bool
  /// Samples in a batch: the kernel is samples × samples.
  public let samples: Int
  /// Which seeds share a batch.
  public let batch: BatchRule
}

/// Whether every seed sees its own batch.
public enum BatchRule: String, Sendable, CaseIterable {
  /// Seed s draws weights s and batch s.
  case perSeed = "per_seed"
  /// Every seed draws its own weights and sees the batch of seed 0.
  case fixed
}

/// Where the inputs come from. Paths are as written in the file; `SearchSpace.resolve` makes them openable.
public enum DatasetDescription: Hashable, Sendable {
  /// Independent standard normal numbers, drawn from the seed.
  case gaussian
  /// An array of inputs (samples first), and one of labels.
  case npy(path: String, labels: String?)
  /// An archive of arrays, and the names of the arrays in it. Without `inputs`, its only array besides `labels`.
  case npz(path: String, inputs: String?, labels: String?)
  /// A table of numbers. The column of classes, and those that are no features, by name or number; `hasHeader` nil
  /// to see for oneself.
  case csv(path: String, label: String?, hasHeader: Bool?, ignored: [String])
  /// A file of CIFAR-10's binary version, or a folder of them.
  case cifar10(path: String)
  /// A file of CIFAR-100's binary version, or the folder; labels are its classes, or the superclasses.
  case cifar100(path: String, coarseLabels: Bool)
  /// MNIST's or Fashion-MNIST's IDX files, gzipped or not: the images, or a folder that holds them.
  case mnist(path: String, labels: String?)
  /// A folder with a folder of PNG or JPEG images for each class.
  case images(path: String)

  /// The name used in search spaces.
  public var kind: String {
    switch self {
    case .gaussian: "gaussian"
    case .npy: "npy"
    case .npz: "npz"
    case .csv: "csv"
    case .cifar10: "cifar10"
    case .cifar100: "cifar100"
    case .mnist: "mnist"
    case .images: "images"
    }
  }

  /// Every file that is read, as written.
  public var paths: [String] {
    switch self {
    case .gaussian: []
    case .npy(let path, let labels), .mnist(let path, let labels): [path] + (labels.map { [$0] } ?? [])
    case .npz(let path, _, _), .csv(let path, _, _, _), .cifar10(let path), .cifar100(let path, _),
      .images(let path):
      [path]
    }
  }
}
