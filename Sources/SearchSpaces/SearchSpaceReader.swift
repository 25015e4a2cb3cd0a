import ArchitecturePlugins
import NetworkGraph
import YAMLDocuments

extension SearchSpace {
  /// Reads a search space from its YAML text (docs/search-spaces.md describes the format).
  ///
  /// - Parameters:
  ///   - source: its name is used in messages, and its folder for relative dataset paths.
  ///   - families: the families that `family` may name.
  ///   - knownNames: the metrics and initializations that may be named.
  /// - Throws: `InvalidDocument` with every mistake found.
  public init(_ source: SourceText, families: FamilyRegistry, knownNames: KnownNames) throws {
    let collector = DiagnosticCollector(source)
    let root = try parseYAML(source)
    let space = SearchSpaceReader(collector: collector, families: families, knownNames: knownNames).space(
      root)
    try collector.throwIfAny()
    guard let space else {
      throw InvalidDocument([
        Diagnostic(file: source.name, location: root.location, message: "not a search space")
      ])
    }
    self = space
  }

  /// Reads a search-space file; see `init(_:families:knownNames:)`.
  public init(contentsOfFile path: String, families: FamilyRegistry, knownNames: KnownNames) throws {
    try self.init(SourceText(contentsOfFile: path), families: families, knownNames: knownNames)
  }
}

/// Reads the sections that make up a search space and puts them together. Each section reports its own mistakes and
/// gives nil when it has any; the space is put together only from whole ones.
private struct SearchSpaceReader {
  let collector: DiagnosticCollector
  let families: FamilyRegistry
  let knownNames: KnownNames

  func space(_ root: YAMLNode) -> SearchSpace? {
    guard let top = YAMLMappingReader(root, what: "the search space", collector: collector) else {
      return nil
    }
    let name = top.text("name")
    let summary = top.text("description")
    let family = family(top)
    let inputReader = InputReader(collector: collector)
    let input = top.requiredMapping("input").flatMap { inputReader.input($0) }
    let parameters = parameters(top, family)
    let budgets = budgets(top)
    let settings = ScoringReader(collector: collector, knownNames: knownNames).settings(top)
    top.finish()
    guard let family, let input, let parameters, let budgets, let settings, collector.isEmpty else {
      return nil
    }
    let path = collector.source.name
    return SearchSpace(
      name: name ?? fileName(path), summary: summary, family: family, input: input, fixed: parameters.fixed,
      axes: parameters.axes, budgets: budgets, scoring: settings.scoring, ranking: settings.ranking,
      directory: folder(path),
      fileReferences: inputReader.fileReferences)
  }

  private func family(_ top: YAMLMappingReader) -> (any ArchitectureFamily)? {
    guard top.required("family") != nil else { return nil }
    return top.choice("family", among: families.families.map { ($0.name, $0) })
  }

  private func parameters(
    _ top: YAMLMappingReader, _ family: (any ArchitectureFamily)?
  ) -> (fixed: Choices, axes: [ChoiceAxis])? {
    let fixedKeys = top.mapping("fixed")
    let choiceKeys = top.mapping("choices")
    guard let family else { return nil }
    let descriptions = Dictionary(
      family.parameters.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    func reader(_ key: YAMLNode) -> ParameterReader? {
      guard let name = key.text else { return nil }
      if let parameter = descriptions[name] {
        return ParameterReader(parameter: parameter, family: family, collector: collector)
      }
      let names = family.parameters.map(\.name)
      let nearest = nearestSpelling(to: name, among: names)
      let expected = nearest == nil ? "; it has \(names.joined(separator: ", "))" : ""
      collector.report(
        "the family '\(family.name)' has no parameter '\(key.shortText)'\(expected)",
        at: key.location,
        suggestion: nearest)
      return nil
    }

    var fixed: Choices = [:]
    for (key, node) in fixedKeys?.node.entries ?? [] {
      if let reader = reader(key), let value = reader.value(node) { fixed[reader.parameter.name] = value }
    }
    let givenNames = Set(
      [fixedKeys, choiceKeys].flatMap { $0?.node.entries ?? [] }.compactMap { $0.key.text })
    var axes: [ChoiceAxis] = []
    for (key, node) in choiceKeys?.node.entries ?? [] {
      guard let reader = reader(key) else { continue }
      let name = reader.parameter.name
      if let fixedKeys, fixedKeys.contains(name) {
        let place = fixedKeys.location(ofKey: name)
        collector.report(
          "'\(name)' is a choice here and fixed at \(place.line):\(place.column); expected one of the two",
          at: key.location)
      }
      if let axis = reader.axis(node) { axes.append(axis) }
    }
    for parameter in family.parameters where parameter.defaultValue == nil && !parameter.isOptional {
      if givenNames.contains(parameter.name) { continue }
      collector.report(
        "the family '\(family.name)' needs '\(parameter.name)' under 'fixed' or 'choices': \(parameter.documentation)",
        at: top.value("family")?.location)
    }
    for problem in family.problems(amongGiven: givenNames.intersection(descriptions.keys)) {
      let section = [choiceKeys, fixedKeys].compactMap(\.self).first { $0.contains(problem.parameter) }
      collector.report(
        problem.message, at: section?.location(ofKey: problem.parameter) ?? top.value("family")?.location,
        suggestion: problem.suggestion)
    }
    return (fixed, axes)
  }

  private func budgets(_ top: YAMLMappingReader) -> Budgets? {
    guard let constraints = top.mapping("constraints") else { return Budgets([:]) }
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
