import NetworkGraph
import YAMLDocuments

/// Reads the sections `scoring` and `ranking`, which may both be absent.
package struct ScoringReader {
  let collector: DiagnosticCollector
  let knownNames: KnownNames

  /// - Parameters:
  ///   - collector: where mistakes go.
  ///   - knownNames: the metrics and initializations that may be named.
  package init(collector: DiagnosticCollector, knownNames: KnownNames) {
    self.collector = collector
    self.knownNames = knownNames
  }

  func settings(_ top: YAMLMappingReader) -> (scoring: ScoringSettings, ranking: RankingRule)? {
    let rule = top.mapping("ranking").flatMap(ranking) ?? .metric(KnownNames.headlineMetric)
    return (scoring(top.mapping("scoring"), rankingBy: rule.metrics), rule)
  }

  /// The section `scoring`, with defaults where it says nothing; mistakes are left with the collector.
  /// - Parameters:
  ///   - keys: of the section; nil when it is absent.
  ///   - rankingBy: metrics that are computed beside those of the section.
  package func scoring(_ keys: YAMLMappingReader?, rankingBy: [String] = []) -> ScoringSettings {
    let metrics = keys?.list("metrics", of: "a list of metric names") { metric($0, "a metric") } ?? []
    reportRepeats(metrics, keys?.value("metrics"))
    let seeds = keys?.value("seeds").flatMap(seeds)
    let initialization = keys?.choice("initialization", among: knownNames.initializations.map { ($0, $0) })
    let scoring = ScoringSettings(
      metrics: distinct([KnownNames.headlineMetric] + metrics + rankingBy),
      seeds: seeds ?? [0, 1, 2],
      outputReduction: named(keys, "output_reduction") ?? .sum,
      normalizationMode: named(keys, "batch_norm") ?? .frozen,
      parameterFilter: named(keys, "parameters") ?? .all,
      parameterization: keys?.choice(
        "parameterization", among: [("standard", Parameterization.standard), ("ntk", .ntk)]) ?? .standard,
      initialization: initialization ?? "default",
      precision: named(keys, "precision") ?? .single)
    keys?.finish()
    return scoring
  }

  private func named<Value: RawRepresentable<String> & CaseIterable>(
    _ keys: YAMLMappingReader?, _ key: String
  ) -> Value? {
    keys?.choice(key, among: Value.allCases.map { ($0.rawValue, $0) })
  }

  private func metric(_ node: YAMLNode, _ what: String) -> String? {
    if let text = node.text, let name = KnownNames.canonical(text, among: knownNames.metrics) { return name }
    let names = knownNames.metrics.map(KnownNames.snakeCase)
    let nearest = collector.suggestion(for: node.text, among: names)
    let expected =
      nearest == nil
      ? "; expected one of \(names.joined(separator: ", "))" : "; expected the name of a metric"
    collector.report("\(what) is \(node.shown)\(expected)", at: node.location, suggestion: nearest)
    return nil
  }

  private func seeds(_ node: YAMLNode) -> [UInt64]? {
    guard node.elements != nil else {
      return collector.integer(node, "'seeds'", in: 1...10_000).map { (0..<UInt64($0)).map { $0 } }
    }
    let seeds = collector.list(node, "'seeds'", of: "a list of seeds") {
      collector.read($0, "a seed", "an integer from 0 to \(UInt64.max)") { $0.integer(as: UInt64.self) }
    }
    guard let seeds else { return nil }
    if seeds.isEmpty {
      collector.report("'seeds' is an empty list; expected at least one seed", at: node.location)
    }
    reportRepeats(seeds, node)
    return seeds
  }

  private func ranking(_ keys: YAMLMappingReader) -> RankingRule? {
    let by = keys.value("by").flatMap { metric($0, "'by'") }
    let summed = keys.list("rank_sum", of: "a list of metric names") { metric($0, "a metric of 'rank_sum'") }
    keys.finish()
    reportRepeats(summed ?? [], keys.value("rank_sum"))
    switch (keys.contains("by"), keys.contains("rank_sum")) {
    case (true, true):
      collector.report(
        "'ranking' has both 'by' and 'rank_sum'; expected one of them", at: keys.location(ofKey: "rank_sum"))
    case (false, false):
      collector.report("'ranking' says nothing; expected 'by' or 'rank_sum'", at: keys.node.location)
    default: break
    }
    if let summed, summed.count < 2 {
      collector.report(
        "'rank_sum' needs at least two metrics; for one, use 'by'", at: keys.value("rank_sum")?.location)
    }
    return by.map { .metric($0) } ?? summed.map { .rankSum($0) }
  }

  /// - Parameter node: the list that the values were read from, element by element.
  private func reportRepeats(_ values: [some Hashable], _ node: YAMLNode?) {
    guard let elements = node?.elements, elements.count == values.count else { return }
    var firstUse: [AnyHashable: SourceLocation] = [:]
    for (value, element) in zip(values, elements) {
      guard let earlier = firstUse.updateValue(element.location, forKey: value) else { continue }
      collector.report(
        "\(element.shown) repeats what stands already at \(collector.place(earlier, seenFrom: element.location))",
        at: element.location)
    }
  }

  private func distinct(_ names: [String]) -> [String] {
    names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
