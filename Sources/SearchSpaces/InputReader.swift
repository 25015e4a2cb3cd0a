import NetworkGraph
import YAMLDocuments

/// Reads the section `input`.
final class InputReader {
  let collector: DiagnosticCollector
  /// The paths met so far.
  private(set) var fileReferences: [FileReference] = []

  init(collector: DiagnosticCollector) { self.collector = collector }

  /// The most numbers that one sample may hold: 2³⁰.
  private static let elementLimit = 1 << 30

  func input(_ keys: YAMLMappingReader) -> InputDescription? {
    let shape = keys.required("shape").flatMap(shape)
    let outputs = keys.required("outputs").flatMap { collector.integer($0, "'outputs'", in: 1...1_000_000) }
    let hasDataset = keys.value("dataset") != nil
    let dataset = hasDataset ? keys.mapping("dataset", what: "the dataset").flatMap(dataset) : gaussian
    let samples = keys.integer("samples", in: 2...1_000_000)
    let batch = keys.choice("batch", among: BatchRule.allCases.map { ($0.rawValue, $0) })
    keys.finish()
    guard let shape, let outputs, let dataset else { return nil }
    return InputDescription(
      shape: shape, outputs: outputs, dataset: dataset.source, standardize: dataset.standardize,
      resolution: dataset.resolution, isBalanced: dataset.isBalanced, samples: samples ?? 32,
      batch: batch ?? .perSeed)
  }

  private func shape(_ node: YAMLNode) -> TensorShape? {
    let expected = "a list of one number of features, or of channels, height and width"
    let sizes = collector.list(node, "'shape'", of: expected) {
      collector.integer($0, "a size in 'shape'", in: 1...1_000_000)
    }
    guard let sizes else { return nil }
    let shape: TensorShape
    switch sizes.count {
    case 1: shape = .features(sizes[0])
    case 3: shape = .maps(channels: sizes[0], height: sizes[1], width: sizes[2])
    default:
      collector.report("'shape' is a list of \(sizes.count); expected \(expected)", at: node.location)
      return nil
    }
    guard shape.elementCount <= Self.elementLimit else {
      collector.report(
        "'shape' holds \(shape.elementCount) numbers per sample; at most \(Self.elementLimit) are allowed",
        at: node.location)
      return nil
    }
    return shape
  }

  private typealias Dataset = (
    source: DatasetDescription, standardize: Bool, resolution: ImageResolution?, isBalanced: Bool
  )

  private var gaussian: Dataset { (.gaussian, false, nil, false) }

  /// How the keys of one kind of dataset are read, and which of the common ones mean something to it.
  private struct Kind {
    var holdsImages = true
    var hasLabels = true
    let read: (YAMLMappingReader) -> DatasetDescription?
  }

  private var kinds: [(name: String, value: Kind)] {
    let mnist = Kind { keys in self.path(keys).map { .mnist(path: $0, labels: self.labelsPath(keys)) } }
    return [
      ("gaussian", Kind(holdsImages: false, hasLabels: false) { _ in .gaussian }),
      ("npy", Kind { keys in self.path(keys).map { .npy(path: $0, labels: self.labelsPath(keys)) } }),
      (
        "npz",
        Kind { keys in
          let (inputs, labels) = (keys.text("inputs"), keys.text("labels"))
          return self.path(keys).map { .npz(path: $0, inputs: inputs, labels: labels) }
        }
      ),
      ("csv", Kind(holdsImages: false) { keys in self.table(keys) }),
      ("cifar10", Kind { keys in self.path(keys).map { .cifar10(path: $0) } }),
      (
        "cifar100",
        Kind { keys in
          let isCoarse = keys.choice("labels", among: [("fine", false), ("coarse", true)])
          return self.path(keys).map { .cifar100(path: $0, coarseLabels: isCoarse ?? false) }
        }
      ),
      ("mnist", mnist),
      ("fashion_mnist", mnist),
      ("images", Kind { keys in self.path(keys).map { .images(path: $0) } }),
    ]
  }

  private func dataset(_ keys: YAMLMappingReader) -> Dataset? {
    guard keys.required("kind") != nil, let kind = keys.choice("kind", among: kinds) else { return nil }
    let source = kind.read(keys)
    let standardize = keys.boolean("standardize")
    let resolution = kind.holdsImages ? keys.value("resize").flatMap(resolution) : nil
    let isBalanced = kind.hasLabels ? keys.boolean("balanced") : nil
    keys.finish()
    return source.map { ($0, standardize ?? false, resolution, isBalanced ?? false) }
  }

  private func table(_ keys: YAMLMappingReader) -> DatasetDescription? {
    let label = keys.text("label")
    let hasHeader = keys.boolean("header")
    let ignored = keys.list("ignore", of: "a list of columns") { node in
      self.collector.read(node, "a column in 'ignore'", "a name or a number", { $0.text })
    }
    return path(keys).map { .csv(path: $0, label: label, hasHeader: hasHeader, ignored: ignored ?? []) }
  }

  private func resolution(_ node: YAMLNode) -> ImageResolution? {
    let expected = "a list of a height and a width"
    let sizes = collector.list(node, "'resize'", of: expected) {
      collector.integer($0, "a size in 'resize'", in: 1...65_536)
    }
    guard let sizes else { return nil }
    guard sizes.count == 2 else {
      collector.report("'resize' is a list of \(sizes.count); expected \(expected)", at: node.location)
      return nil
    }
    return ImageResolution(height: sizes[0], width: sizes[1])
  }

  private func path(_ keys: YAMLMappingReader) -> String? {
    keys.required("path").flatMap { path($0, "'path'") }
  }

  private func labelsPath(_ keys: YAMLMappingReader) -> String? {
    keys.value("labels").flatMap { path($0, "'labels'") }
  }

  private func path(_ node: YAMLNode, _ what: String) -> String? {
    guard let path = collector.read(node, what, "the path of a file", { $0.text }) else { return nil }
    fileReferences.append(
      FileReference(path: path, location: node.location, source: collector.source(at: node.location)))
    return path
  }
}
