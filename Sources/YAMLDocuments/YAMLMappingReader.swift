/// Reads the entries of one mapping into typed values. Every mistake goes to the collector and reading goes on, so
/// a user sees all of them at once; `finish()` reports the keys that nobody asked for, with the nearest valid one.
///
/// A getter returns nil both when the key is absent and when its value is wrong; the second has been reported.
public final class YAMLMappingReader {
  /// The mapping itself.
  public let node: YAMLNode
  /// Where mistakes go.
  public let collector: DiagnosticCollector
  /// What the mapping is, for messages: `the search space`, `layer 'stem'`.
  public var what: String { nameInMessages() }
  private let nameInMessages: () -> String
  /// Mappings are small, and few keys are asked for: a search is quicker than a dictionary.
  private let entries: [YAMLNode.Entry]
  /// In order; some more than once.
  private var requests: [String] = []

  /// Returns nil, with a report, when the node is not a mapping.
  ///
  /// - Parameter what: what the mapping is; made for messages alone.
  public init?(
    _ node: YAMLNode, what: @autoclosure @escaping () -> String, collector: DiagnosticCollector
  ) {
    guard let entries = node.entries else {
      collector.report("\(what()) must be a mapping of keys to values, not \(node.shown)", at: node.location)
      return nil
    }
    self.node = node
    nameInMessages = what
    self.collector = collector
    self.entries = entries
    requests.reserveCapacity(12)
  }

  private func entry(_ key: String) -> YAMLNode.Entry? { place(key).map { entries[$0] } }

  private func place(_ key: String) -> Int? { entries.firstIndex { $0.key.text == key } }

  /// Whether the key has a value; null counts as absent. Does not count as asking for it.
  public func contains(_ key: String) -> Bool { entry(key).map { !$0.value.isNull } ?? false }

  /// Where the key itself stands, for mistakes about a key rather than its value; the mapping's place when absent.
  public func location(ofKey key: String) -> SourceLocation { entry(key)?.key.location ?? node.location }

  /// The value of a key, whatever its type; null counts as absent.
  public func value(_ key: String) -> YAMLNode? {
    requests.append(key)
    guard let place = place(key) else { return nil }
    let value = entries[place].value
    return value.isNull ? nil : value
  }

  /// The value of a key that must be there.
  public func required(_ key: String) -> YAMLNode? {
    let value = value(key)
    if value == nil { reportMissing(key) }
    return value
  }

  /// Any scalar that is not null, as it is written.
  public func text(_ key: String) -> String? {
    value(key).flatMap { collector.read($0, "'\(key)'", "text") { $0.text } }
  }

  /// `true` or `false`.
  public func boolean(_ key: String) -> Bool? {
    value(key).flatMap { collector.boolean($0, "'\(key)'") }
  }

  /// A decimal integer within the range.
  public func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    value(key).flatMap { collector.integer($0, "'\(key)'", in: range) }
  }

  /// A finite decimal number within the range.
  public func real(_ key: String, in range: ClosedRange<Double>) -> Double? {
    value(key).flatMap { collector.real($0, "'\(key)'", in: range) }
  }

  /// One of some named values.
  public func choice<Value>(_ key: String, among names: [(name: String, value: Value)]) -> Value? {
    value(key).flatMap { collector.choice($0, "'\(key)'", among: names) }
  }

  /// The elements of a list, each read by `read` (which reports its own mistakes). Nil when any is wrong.
  ///
  /// - Parameter expected: what the list holds, for messages: `a list of metric names`.
  public func list<Element>(_ key: String, of expected: String, _ read: (YAMLNode) -> Element?) -> [Element]?
  {
    guard let node = value(key) else { return nil }
    return collector.list(node, "'\(key)'", of: expected, read)
  }

  /// A nested mapping.
  public func mapping(_ key: String, what: String? = nil) -> YAMLMappingReader? {
    guard let node = value(key) else { return nil }
    return YAMLMappingReader(node, what: what ?? "'\(key)'", collector: collector)
  }

  /// A nested mapping that must be there.
  public func requiredMapping(_ key: String, what: String? = nil) -> YAMLMappingReader? {
    guard let node = required(key) else { return nil }
    return YAMLMappingReader(node, what: what ?? "'\(key)'", collector: collector)
  }

  /// Reports that a key is not there.
  public func reportMissing(_ key: String) {
    collector.report("\(what) lacks the key '\(key)'", at: location(ofKey: key))
  }

  /// The keys that were asked for, each once.
  private var asked: [String] {
    requests.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Reports every key that was not asked for.
  public func finish() {
    for entry in entries {
      let key = entry.key
      guard let name = key.text, !requests.contains(name) else { continue }
      let asked = asked
      let suggestion = collector.suggestion(for: name, among: asked)
      let expected =
        suggestion == nil && !asked.isEmpty ? "; expected one of \(asked.joined(separator: ", "))" : ""
      collector.report(
        "unknown key '\(key.shortText)' in \(what)\(expected)", at: key.location, suggestion: suggestion)
    }
  }
}

/// Typed values of single nodes; `what` names the value in messages (`'width'`, `value 3 of 'width'`). Each returns
/// nil after reporting what stands there and what was expected.
extension DiagnosticCollector {
  /// A decimal integer within the range.
  public func integer(
    _ node: YAMLNode, _ what: @autoclosure () -> String, in range: ClosedRange<Int> = .min ... .max
  ) -> Int? {
    read(node, what(), "an integer\(shown(range))") { node in
      node.integer.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// Infinite bounds of the range mean no bound; the value itself is always finite.
  public func real(
    _ node: YAMLNode, _ what: @autoclosure () -> String,
    in range: ClosedRange<Double> = -.infinity ... .infinity
  ) -> Double? {
    read(node, what(), "a finite number\(shown(range))") { node in
      node.real.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// `true` or `false`; what YAML 1.1 took for them is told apart in the report.
  public func boolean(_ node: YAMLNode, _ what: @autoclosure () -> String) -> Bool? {
    if let value = node.boolean { return value }
    let meant = ["yes": "true", "on": "true", "no": "false", "off": "false"][node.text?.lowercased() ?? ""]
    report("\(what()) is \(node.shown); expected true or false", at: node.location, suggestion: meant)
    return nil
  }

  /// One of some named values.
  public func choice<Value>(
    _ node: YAMLNode, _ what: @autoclosure () -> String, among names: [(name: String, value: Value)]
  )
    -> Value?
  {
    if let text = node.text, let match = names.first(where: { $0.name == text }) { return match.value }
    report(
      "\(what()) is \(node.shown); expected one of \(names.map(\.name).joined(separator: ", "))",
      at: node.location,
      suggestion: suggestion(for: node.text, among: names.map(\.name)))
    return nil
  }

  /// The elements of a list, each read by `read` (which reports its own mistakes). Nil when any is wrong.
  public func list<Element>(
    _ node: YAMLNode, _ what: @autoclosure () -> String, of expected: @autoclosure () -> String,
    _ read: (YAMLNode) -> Element?
  ) -> [Element]? {
    guard let elements = self.read(node, what(), expected(), { $0.elements }) else { return nil }
    let values = elements.map(read)
    let good = values.compactMap { $0 }
    return good.count == values.count ? good : nil
  }

  /// Any other kind of value: `read` returns nil for a wrong one, which is reported as `… is X; expected Y`.
  public func read<Value>(
    _ node: YAMLNode, _ what: @autoclosure () -> String, _ expected: @autoclosure () -> String,
    _ read: (YAMLNode) -> Value?
  ) -> Value? {
    if let value = read(node) { return value }
    report("\(what()) is \(node.shown); expected \(expected())", at: node.location)
    return nil
  }
}

/// ` from 1 to 8`, ` of at least 1`, ` of at most 8`, or nothing.
private func shown(_ range: ClosedRange<Int>) -> String {
  switch (range.lowerBound, range.upperBound) {
  case (.min, .max): ""
  case (let low, .max): " of at least \(low)"
  case (.min, let high): " of at most \(high)"
  case (let low, let high): " from \(low) to \(high)"
  }
}

private func shown(_ range: ClosedRange<Double>) -> String {
  func text(_ bound: Double) -> String { Int(exactly: bound).map(String.init) ?? "\(bound)" }
  switch (range.lowerBound.isFinite, range.upperBound.isFinite) {
  case (false, false): return ""
  case (true, false): return " of at least \(text(range.lowerBound))"
  case (false, true): return " of at most \(text(range.upperBound))"
  case (true, true): return " from \(text(range.lowerBound)) to \(text(range.upperBound))"
  }
}
