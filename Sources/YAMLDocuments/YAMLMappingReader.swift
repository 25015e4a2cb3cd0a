/// Reads the entries of one mapping into typed values. Every mistake goes to the collector and reading goes on, so
/// a user sees all of them at once; `finish()` reports the keys that nobody asked for, with the nearest valid one.
///
/// A getter returns nil both when the key is absent and when its value is wrong; the second has been reported.
public final class YAMLMappingReader {
  public let node: YAMLNode
  public let collector: DiagnosticCollector
  /// What the mapping is, for messages: `the search space`, `layer 'stem'`.
  public let what: String
  private let values: [String: (key: YAMLNode, value: YAMLNode)]
  private var asked: [String] = []

  /// Returns nil, with a report, when the node is not a mapping.
  public init?(_ node: YAMLNode, what: String, collector: DiagnosticCollector) {
    guard let entries = node.entries else {
      collector.report("\(what) must be a mapping of keys to values, not \(node.shown)", at: node.location)
      return nil
    }
    self.node = node
    self.what = what
    self.collector = collector
    values = Dictionary(uniqueKeysWithValues: entries.map { ($0.key.text ?? "", $0) })
  }

  /// The value of a key, whatever its type; null counts as absent.
  public func value(_ key: String) -> YAMLNode? {
    asked.append(key)
    guard let value = values[key]?.value, !value.isNull else { return nil }
    return value
  }

  /// The value of a key that must be there.
  public func required(_ key: String) -> YAMLNode? {
    let value = value(key)
    if value == nil {
      collector.report("\(what) lacks the key '\(key)'", at: values[key]?.key.location ?? node.location)
    }
    return value
  }

  public func text(_ key: String) -> String? {
    typed(key, "text") { $0.text }
  }

  public func boolean(_ key: String) -> Bool? {
    typed(key, "true or false") { $0.boolean }
  }

  public func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    typed(key, "an integer \(Self.shown(range))") { node in node.integer.flatMap { range.contains($0) ? $0 : nil } }
  }

  public func real(_ key: String, in range: ClosedRange<Double>) -> Double? {
    typed(key, "a number from \(range.lowerBound) to \(range.upperBound)") { node in
      node.real.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// One of some named values.
  public func choice<Value>(_ key: String, among names: [(name: String, value: Value)]) -> Value? {
    guard let node = value(key) else { return nil }
    if let text = node.text, let match = names.first(where: { $0.name == text }) { return match.value }
    collector.report(
      "'\(key)' is \(node.shown); expected one of \(names.map(\.name).joined(separator: ", "))", at: node.location,
      suggestion: node.text.flatMap { nearestSpelling(to: $0, among: names.map(\.name)) })
    return nil
  }

  /// A nested mapping.
  public func mapping(_ key: String, what: String? = nil) -> YAMLMappingReader? {
    guard let node = value(key) else { return nil }
    return YAMLMappingReader(node, what: what ?? "'\(key)'", collector: collector)
  }

  /// Reports every key that was not asked for.
  public func finish() {
    for (key, _) in node.entries ?? [] {
      guard let name = key.text, !asked.contains(name) else { continue }
      let suggestion = nearestSpelling(to: name, among: asked)
      let expected = suggestion == nil ? "; expected one of \(Array(Set(asked)).sorted().joined(separator: ", "))" : ""
      collector.report("unknown key '\(name)' in \(what)\(expected)", at: key.location, suggestion: suggestion)
    }
  }

  private func typed<Value>(_ key: String, _ expected: String, _ read: (YAMLNode) -> Value?) -> Value? {
    guard let node = value(key) else { return nil }
    if let value = read(node) { return value }
    collector.report("'\(key)' is \(node.shown); expected \(expected)", at: node.location)
    return nil
  }

  private static func shown(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (let low, .max): "of at least \(low)"
    case (let low, let high): "from \(low) to \(high)"
    }
  }
}
