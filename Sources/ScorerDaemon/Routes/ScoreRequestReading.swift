import ArchitecturePlugins
import ArchitectureScorer
import Reports
import ResultStorage
import SearchSpaces
import YAMLDocuments

/// What `POST /v1/score` is asked: candidates of a space by their choices.
struct ScoreQuestion: Sendable {
  let space: SpaceDocument
  let choices: [Choices]
  let seeds: [UInt64]?
  let metrics: [String]?

  /// - Throws: `InvalidDocument` with every mistake and its place, or `Problem`.
  init(_ text: String, shelf: SpaceShelf, mostCandidates: Int) throws {
    let collector = DiagnosticCollector(SourceText(name: "request", text: text))
    let root = try parseYAML(collector.source)
    guard let top = YAMLMappingReader(root, what: "the request", collector: collector) else {
      try collector.throwIfAny()
      throw Problem(.malformedRequest, "the request is no object")
    }
    let named = top.required("space")
    let list = top.list("candidates", of: "a list of objects, each with 'choices'") { node -> Choices? in
      guard let keys = YAMLMappingReader(node, what: "a candidate", collector: collector) else { return nil }
      defer { keys.finish() }
      return keys.required("choices").flatMap { Self.choices($0, collector) }
    }
    let single = top.value("choices").flatMap { Self.choices($0, collector) }
    let seeds = top.list("seeds", of: "a list of integers of at least 0") { node -> UInt64? in
      guard let seed = node.text.flatMap({ UInt64($0) }) else {
        collector.report("a seed is \(node.shown); expected an integer of at least 0", at: node.location)
        return nil
      }
      return seed
    }
    metrics = top.list("metrics", of: "a list of metric names") { node -> String? in
      if node.text == nil {
        collector.report("a metric is \(node.shown); expected a name", at: node.location)
      }
      return node.text
    }
    top.finish()
    // A misspelled key is told as that, and not as a missing one too.
    if collector.isEmpty, top.contains("candidates") == top.contains("choices") {
      collector.report(
        top.contains("choices")
          ? "both 'choices' and 'candidates' are given; expected one of the two"
          : "the request names no candidate; expected 'choices', or a list of 'candidates'",
        at: root.location)
    }
    if let list, !(1...mostCandidates).contains(list.count) {
      collector.report(
        "\(list.count) candidates; expected 1 to \(mostCandidates)", at: top.location(ofKey: "candidates"))
    }
    try collector.throwIfAny()
    self.seeds = seeds
    choices = list ?? single.map { [$0] } ?? []
    guard let named else { throw Problem(.malformedRequest, "the request names no space") }
    guard let name = named.text else {
      throw Problem(
        .invalidRequest,
        "'space' is \(named.shown); expected the name or the hash of a space that was sent to /v1/spaces or /v1/jobs"
      )
    }
    space = try shelf.document(named: name)
  }

  private static func choices(_ node: YAMLNode, _ collector: DiagnosticCollector) -> Choices? {
    guard let entries = node.entries else {
      collector.report(
        "'choices' is \(node.shown); expected an object of names and values", at: node.location)
      return nil
    }
    var choices: Choices = [:]
    for (key, value) in entries { choices[key.text ?? ""] = ParameterValue(value, collector) }
    return choices
  }
}

extension ParameterValue {
  /// Nil, with a report, for what is no value of a parameter.
  fileprivate init?(_ node: YAMLNode, _ collector: DiagnosticCollector) {
    if let elements = node.elements {
      let values = elements.compactMap { ParameterValue($0, collector) }
      guard values.count == elements.count else { return nil }
      self = .list(values)
      return
    }
    guard let text = node.text, !node.isNull else {
      collector.report("a choice is \(node.shown); expected a value", at: node.location)
      return nil
    }
    if case .scalar(_, quoted: true) = node.content {
      self = .text(text)
    } else if let boolean = node.boolean {
      self = .boolean(boolean)
    } else if let integer = Int(text) {
      self = .integer(integer)
    } else if let real = Double(text), real.isFinite {
      self = .real(real)
    } else {
      self = .text(text)
    }
  }
}
