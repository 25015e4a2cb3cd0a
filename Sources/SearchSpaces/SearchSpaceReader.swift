import ArchitecturePlugins
import NetworkGraph
import YAMLDocuments

extension SearchSpace {
  /// Reads a search space from its YAML text (docs/search-spaces.md describes the format).
  ///
  /// - Parameters:
  ///   - source: its name is used in messages, and its folder for relative paths.
  ///   - families: the families that `family` may name.
  ///   - knownNames: the metrics and initializations that may be named.
  ///   - mayInclude: whether `include` may read other files of the source's folder. Not so for text that did not
  ///     come from a file of the user's.
  /// - Throws: `InvalidDocument` with every mistake found.
  public init(
    _ source: SourceText, families: FamilyRegistry, knownNames: KnownNames, mayInclude: Bool = false
  ) throws {
    let collector = DiagnosticCollector(source)
    let root = try Self.document(collector, mayInclude: mayInclude)
    let reader = SearchSpaceReader(
      collector: collector, families: families, knownNames: knownNames, mayInclude: mayInclude)
    let space = reader.space(root)
    try collector.throwIfAny()
    guard let space else {
      throw InvalidDocument([
        Diagnostic(file: source.name, location: root.location, message: "not a search space")
      ])
    }
    self = space
  }

  /// The YAML of a search space with what it includes, its mistakes left with the collector.
  ///
  /// - Throws: `InvalidDocument` with the one mistake that ended reading.
  package static func document(_ collector: DiagnosticCollector, mayInclude: Bool) throws -> YAMLNode {
    let root = try parseYAML(file: 0, collector: collector)
    return mayInclude ? IncludeReader(collector: collector).merged(root) : root
  }

  /// Reads a search-space file and those that it includes; see `init(_:families:knownNames:mayInclude:)`.
  public init(contentsOfFile path: String, families: FamilyRegistry, knownNames: KnownNames) throws {
    try self.init(
      SourceText(contentsOfFile: path), families: families, knownNames: knownNames, mayInclude: true)
  }
}

/// Reads the sections that make up a search space and puts them together. Each section reports its own mistakes and
/// gives nil when it has any; the space is put together only from whole ones.
private struct SearchSpaceReader {
  let collector: DiagnosticCollector
  let families: FamilyRegistry
  let knownNames: KnownNames
  let mayInclude: Bool

  func space(_ root: YAMLNode) -> SearchSpace? {
    guard let top = YAMLMappingReader(root, what: "the search space", collector: collector) else {
      return nil
    }
    let include = top.value("include")
    if !mayInclude, let include {
      collector.report("'include' is only for search spaces read from a file", at: include.location)
    }
    // What is defined only for aliases to refer to is read where they stand.
    _ = top.value("definitions")
    let name = top.text("name")
    let summary = top.text("description")
    // Whoever reads the space has loaded them before: families are known by then.
    _ = top.list("plugins", of: "a list of paths") { path in
      collector.read(path, "a plugin", "a path") { $0.text }
    }
    let family = family(top)
    let inputReader = InputReader(collector: collector)
    let input = top.requiredMapping("input").flatMap { inputReader.input($0) }
    let constraints = top.mapping("constraints")
    let relations = constraints?.value("where")
    let parameters = parameters(top, family, relations)
    let budgets = budgets(constraints)
    let settings = ScoringReader(collector: collector, knownNames: knownNames).settings(top)
    top.finish()
    guard let family, let input, let parameters, let budgets, let settings, collector.isEmpty else {
      return nil
    }
    let path = collector.source.name
    return SearchSpace(
      name: name ?? fileName(path), summary: summary, family: family, input: input, fixed: parameters.fixed,
      axes: parameters.axes, constraints: parameters.constraints, diagram: parameters.diagram,
      budgets: budgets,
      scoring: settings.scoring, ranking: settings.ranking, directory: folder(path),
      fileReferences: inputReader.fileReferences)
  }

  private func family(_ top: YAMLMappingReader) -> (any ArchitectureFamily)? {
    guard top.required("family") != nil else { return nil }
    return top.choice("family", among: families.families.map { ($0.name, $0) })
  }

  private func parameters(
    _ top: YAMLMappingReader, _ family: (any ArchitectureFamily)?, _ relations: YAMLNode?
  ) -> ParameterSections.Parameters? {
    guard let family else {
      // Without a family their entries say nothing, but they are no unknown keys.
      _ = (top.mapping("fixed"), top.mapping("choices"))
      return nil
    }
    return ParameterSections(top, family: family).parameters(relations: relations)
  }

  private func budgets(_ constraints: YAMLMappingReader?) -> Budgets? {
    guard let constraints else { return Budgets([:]) }
    var all: [Budgets.Quantity: Budgets.Bounds] = [:]
    for quantity in Budgets.Quantity.allCases {
      let what = "the constraint on '\(quantity.rawValue)'"
      guard let keys = constraints.mapping(quantity.rawValue, what: what) else { continue }
      let least = keys.integer("at_least", in: 0 ... .max)
      let most = keys.integer("at_most", in: 0 ... .max)
      keys.finish()
      if let least, let most, least > most {
        collector.report(
          "\(what) is upside down: at least \(least), at most \(most)", at: keys.location(ofKey: "at_least"))
      }
      if !keys.contains("at_least"), !keys.contains("at_most") {
        collector.report("\(what) bounds nothing; expected 'at_most' or 'at_least'", at: keys.node.location)
      }
      all[quantity] = Budgets.Bounds(atLeast: least, atMost: most)
    }
    constraints.finish()
    return Budgets(all)
  }
}

/// `spaces/tiny.yaml` → `tiny`
private func fileName(_ path: String) -> String {
  let last = path.split(separator: "/").last.map(String.init) ?? path
  for ending in [".yaml", ".yml", ".json"] where last.hasSuffix(ending) && last.count > ending.count {
    return String(last.dropLast(ending.count))
  }
  return last
}

/// `spaces/tiny.yaml` → `spaces`; empty for the working directory.
private func folder(_ path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "" }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
