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
      samples: samples ?? 32, batch: batch ?? .perSeed)
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

  private typealias Dataset = (source: DatasetDescription, standardize: Bool)

  private var gaussian: Dataset { (.gaussian, false) }

  private func dataset(_ keys: YAMLMappingReader) -> Dataset? {
    typealias Read = (YAMLMappingReader) -> DatasetDescription?
    let kinds: [(name: String, value: Read)] = [
      ("gaussian", { _ in .gaussian }),
      ("npy", { keys in self.path(keys).map { .npy(path: $0, labels: self.labelsPath(keys)) } }),
      (
        "npz",
        { keys in
          let (inputs, labels) = (keys.text("inputs"), keys.text("labels"))
          return self.path(keys).map { .npz(path: $0, inputs: inputs, labels: labels) }
        }
      ),
      ("cifar10", { keys in self.path(keys).map { .cifar10(path: $0) } }),
      ("mnist", { keys in self.path(keys).map { .mnist(path: $0, labels: self.labelsPath(keys)) } }),
    ]
    guard keys.required("kind") != nil, let read = keys.choice("kind", among: kinds) else { return nil }
    let source = read(keys)
    let standardize = keys.boolean("standardize")
    keys.finish()
    return source.map { ($0, standardize ?? false) }
  }

  private func path(_ keys: YAMLMappingReader) -> String? {
    keys.required("path").flatMap { path($0, "'path'") }
  }

  private func labelsPath(_ keys: YAMLMappingReader) -> String? {
    keys.value("labels").flatMap { path($0, "'labels'") }
  }

  private func path(_ node: YAMLNode, _ what: String) -> String? {
    guard let path = collector.read(node, what, "the path of a file", { $0.text }) else { return nil }
    fileReferences.append(FileReference(path: path, location: node.location, source: collector.source))
    return path
  }
}
