import ArchitecturePlugins
import NetworkGraph
import SearchSpaces
import YAMLDocuments

/// How networks are scored that are asked for without a space.
struct NetworkSettings: Hashable, Sendable {
  let samples: Int
  let scoring: ScoringSettings
  /// Nil where the request says nothing, so that each network's own counts.
  let parameterization: Parameterization?
}

/// What `POST /v1/score` is asked: candidates of a space by their choices, and networks as files hold them.
struct ScoreQuestion: Sendable {
  enum Subject: Sendable {
    case choices(Choices)
    case network(NetworkFile, name: String?)
  }

  /// As many as a search space may have.
  static let mostSeeds = 10_000

  /// Name or hash; nil where only networks are asked about, with settings of their own.
  let space: String?
  let subjects: [Subject]
  let seeds: [UInt64]?
  let metrics: [String]?
  /// Of networks without a space.
  let settings: NetworkSettings

  /// Reads what programs write at a tenth of the cost; what that does not read is read once more, for the places of its
  /// mistakes.
  /// - Throws: `InvalidDocument` with every mistake and its place, or `Problem`.
  init(_ text: String, knownNames: KnownNames, mostCandidates: Int) throws {
    if let plain = try? Self(program: text, knownNames: knownNames, mostCandidates: mostCandidates) {
      self = plain
      return
    }
    let collector = Self.collector(text)
    try self.init(
      try parseYAML(collector.source), collector, knownNames: knownNames, mostCandidates: mostCandidates)
  }

  /// - Parameter program: JSON, as programs write it.
  /// - Throws: without the place in the text.
  init(program text: String, knownNames: KnownNames, mostCandidates: Int) throws {
    try self.init(
      try parseJSON(Array(text.utf8)), Self.collector(text), knownNames: knownNames,
      mostCandidates: mostCandidates)
  }

  private static func collector(_ text: String) -> DiagnosticCollector {
    DiagnosticCollector(SourceText(name: "request", text: text))
  }

  private init(
    _ root: YAMLNode, _ collector: DiagnosticCollector, knownNames: KnownNames, mostCandidates: Int
  ) throws {
    guard let top = YAMLMappingReader(root, what: "the request", collector: collector) else {
      try collector.throwIfAny()
      throw Problem(.malformedRequest, "the request is no object")
    }
    let named = top.value("space")
    let list = top.list("candidates", of: "a list of objects, each with 'choices' or a 'network'") { node in
      YAMLMappingReader(node, what: "a candidate", collector: collector).flatMap { keys in
        defer { keys.finish() }
        return Self.subject(keys, collector)
      }
    }
    let single = Self.subject(top, collector)
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
    let samples = top.integer("samples", in: 2...1_000_000)
    let scoring = top.mapping("scoring")
    settings = NetworkSettings(
      samples: samples ?? 32,
      scoring: ScoringReader(collector: collector, knownNames: knownNames).scoring(scoring),
      parameterization: scoring?.contains("parameterization") == true
        ? Parameterization(rawValue: scoring?.value("parameterization")?.text ?? "") : nil)
    top.finish()
    if let seeds, !(1...Self.mostSeeds).contains(seeds.count) {
      collector.report(
        "\(seeds.count) seeds; expected 1 to \(Self.mostSeeds)", at: top.location(ofKey: "seeds"))
    }
    if let list, !(1...mostCandidates).contains(list.count) {
      collector.report(
        "\(list.count) candidates; expected 1 to \(mostCandidates)", at: top.location(ofKey: "candidates"))
    }
    // A misspelled key is told as that, and not as a missing one too.
    if collector.isEmpty { Self.checkKeys(top, collector) }
    self.seeds = seeds
    subjects = list ?? single.map { [$0] } ?? []
    space = named?.text
    if let named, named.text == nil {
      collector.report(
        "'space' is \(named.shown); expected the name or the hash of a space that was sent to /v1/spaces or /v1/jobs",
        at: named.location)
    }
    if collector.isEmpty, space == nil, subjects.contains(where: \.hasChoices) {
      collector.report(
        "the request names no space; choices are those of a space that was sent to /v1/spaces or /v1/jobs",
        at: root.location)
    }
    try collector.throwIfAny()
  }

  /// Which keys go together.
  private static func checkKeys(_ top: YAMLMappingReader, _ collector: DiagnosticCollector) {
    let given = ["choices", "network", "candidates"].filter(top.contains)
    if given.count != 1 {
      let names = given.map { "'\($0)'" }.joined(separator: " and ")
      collector.report(
        given.isEmpty
          ? "the request names no candidate; expected 'choices', a 'network', or a list of 'candidates'"
          : "\(names) are given; expected one of them", at: top.node.location)
    }
    guard top.contains("space") else { return }
    for key in ["samples", "scoring"] where top.contains(key) {
      collector.report(
        "'\(key)' is given, and the space says it already; expected one of the two",
        at: top.location(ofKey: key))
    }
  }

  /// `choices`, or `network` with or without a `name`; nil for neither, and for mistakes, which are reported.
  private static func subject(_ keys: YAMLMappingReader, _ collector: DiagnosticCollector) -> Subject? {
    let (chosen, network, name) = (keys.value("choices"), keys.value("network"), keys.text("name"))
    if network == nil, name != nil {
      collector.report("a 'name' is for a 'network'", at: keys.location(ofKey: "name"))
    }
    switch (chosen, network) {
    case (let chosen?, nil): return choices(chosen, collector).map(Subject.choices)
    case (nil, let network?):
      return NetworkFile.read(network, collector: collector).map { .network($0, name: name) }
    case (let chosen?, _?) where keys.what == "a candidate":
      collector.report("'choices' and 'network' are given; expected one of them", at: chosen.location)
    case (nil, nil) where keys.what == "a candidate":
      collector.report("a candidate has neither 'choices' nor a 'network'", at: keys.node.location)
    default: break
    }
    return nil
  }

  private static func choices(_ node: YAMLNode, _ collector: DiagnosticCollector) -> Choices? {
    guard let entries = node.entries else {
      collector.report(
        "'choices' is \(node.shown); expected an object of names and values", at: node.location)
      return nil
    }
    var choices: Choices = [:]
    for entry in entries { choices[entry.key.text ?? ""] = ParameterValue(entry.value, collector) }
    return choices
  }
}

extension ScoreQuestion.Subject {
  /// None of a network.
  var choices: Choices {
    if case .choices(let choices) = self { choices } else { [:] }
  }

  fileprivate var hasChoices: Bool {
    if case .choices = self { true } else { false }
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
