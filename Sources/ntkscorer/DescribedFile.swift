import ArchitectureScorer
import NetworkGraph
import Reports
import SearchSpaces
import YAMLDocuments

/// A file that describes architectures: many of them, or one.
enum DescribedFile {
  case space(SearchSpace)
  case network(NetworkFile)

  /// Tells the two kinds apart by the keys that only one of them has.
  ///
  /// - Throws: `InvalidDocument` with every mistake; files that a space names are looked for too.
  init(_ source: SourceText, _ scorer: Scorer) throws {
    // What else is wrong with the text is told with the mistakes of what it describes.
    let root = try parseYAML(file: 0, collector: DiagnosticCollector(source))
    let keys = root.keys
    if keys.contains("layers") {
      self = .network(try NetworkFile.read(source))
    } else if keys.contains(where: { Self.spaceKeys.contains($0) }) {
      let space = try scorer.readSpace(source, mayInclude: true)
      try space.checkFiles()
      self = .space(space)
    } else {
      throw InvalidDocument([
        Diagnostic(
          file: source.name, location: root.location,
          message:
            "neither a search space, which has 'family' and 'input', nor a network, which has 'layers'",
          suggestion: keys.lazy.compactMap { nearestSpelling(to: $0, among: ["family", "layers"]) }.first,
          sourceLine: source.line(root.location.line).map(String.init))
      ])
    }
  }

  /// One line for people.
  var summary: String {
    switch self {
    case .space(let space):
      let axes = space.axes.map { axis in
        "\(axis.name) (\(axis.values.count)" + (axis.condition.map { " when \($0)" } ?? "") + ")"
      }.joined(separator: " × ")
      let rule = space.ranking.metrics.map(KnownNames.snakeCase).joined(separator: " + ")
      return "search space '\(space.name.withoutControlCharacters)': \(space.cardinality) "
        + (space.cardinality.uint64 == 1 ? "candidate" : "candidates")
        + " of \(space.family.name)\(axes.isEmpty ? "" : ", \(axes)"), input \(space.input.shape), "
        + "\(space.input.samples) samples, \(NumberText.counted(space.scoring.seeds.count, "seed")), "
        + "ranked by \(rule)"
    case .network(let file):
      let network = file.network
      return "network: \(NumberText.counted(network.nodes.count - 1, "layer")), input \(network.inputShape), "
        + "\(NumberText.counted(network.outputCount, "output")), "
        + "\(NumberText.counted(network.parameterCount, "parameter")), "
        + "\(network.multiplyAdds) multiply–adds"
    }
  }

  private static let spaceKeys: Set<String> = [
    "family", "choices", "fixed", "constraints", "scoring", "ranking", "include",
  ]
}

extension YAMLNode {
  /// The keys of a mapping, in the order of the file; none for anything else.
  fileprivate var keys: [String] {
    (entries ?? []).compactMap(\.key.text)
  }
}
