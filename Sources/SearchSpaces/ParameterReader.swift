import ArchitecturePlugins
import YAMLDocuments

/// Reads the values of one architecture parameter, each checked against its description at its own place.
struct ParameterReader {
  let parameter: ParameterDescription
  let family: any ArchitectureFamily
  let collector: DiagnosticCollector

  /// One value of the parameter; nil after reporting what is wrong with it.
  func value(_ node: YAMLNode, what: String? = nil) -> ParameterValue? {
    let what = what ?? "'\(parameter.name)'"
    switch parameter.kind {
    case .integer(let range):
      return collector.integer(node, what, in: range).map { .integer($0) }
    case .real(let range):
      return collector.real(node, what, in: range).map { .real($0) }
    case .boolean:
      return collector.boolean(node, what).map { .boolean($0) }
    case .choice(let names):
      return collector.choice(node, what, among: names.map { ($0, .text($0)) })
    case .integerOrList(let range):
      guard let elements = node.elements else {
        return collector.integer(node, what, in: range).map { .integer($0) }
      }
      guard !elements.isEmpty else {
        collector.report(
          "\(what) is an empty list; expected an integer or a list of integers", at: node.location)
        return nil
      }
      return list(elements, what) { collector.integer($0, $1, in: range).map { .integer($0) } }
    case .text:
      return text(node, what)
    }
  }

  private func text(_ node: YAMLNode, _ what: String) -> ParameterValue? {
    guard let text = collector.read(node, what, parameter.expectation, { $0.text }) else { return nil }
    guard let problem = family.problem(with: text, of: parameter) else { return .text(text) }
    collector.report(problem.message, at: node.location, suggestion: problem.suggestion)
    return nil
  }

  /// The values that a choice ranges over, distinct and at least one, and what stands under `when`: a list, a range of
  /// numbers, or a mapping with `values`.
  func axis(_ node: YAMLNode) -> (values: [ParameterValue], condition: YAMLNode?)? {
    let name = parameter.name
    switch node.content {
    case .sequence(let elements):
      return distinctValues(elements, at: node.location).map { ($0, nil) }
    case .mapping:
      let isList = node.entries?.contains { $0.key.text == "values" } ?? false
      let what = isList ? "the choice '\(name)'" : "the range of '\(name)'"
      guard let keys = YAMLMappingReader(node, what: what, collector: collector) else { return nil }
      guard isList else {
        return RangeReader(parameter: parameter, collector: collector).values(keys).map {
          ($0, keys.value("when"))
        }
      }
      let condition = keys.value("when")
      let values = keys.required("values").flatMap { list -> [ParameterValue]? in
        guard let elements = list.elements else {
          collector.report("'values' is \(list.shown); expected a list of values", at: list.location)
          return nil
        }
        return distinctValues(elements, at: list.location)
      }
      keys.finish()
      return values.map { ($0, condition) }
    case .scalar:
      collector.report(
        "the choice '\(name)' is \(node.shown); expected a list of values or a range such as {from: 1, to: 8} "
          + "(a single value belongs under 'fixed')", at: node.location)
      return nil
    }
  }

  /// The most values that one choice may take.
  static let valueLimit = 1_000_000

  private func distinctValues(_ elements: [YAMLNode], at location: SourceLocation) -> [ParameterValue]? {
    let name = parameter.name
    guard !elements.isEmpty else {
      collector.report("the choice '\(name)' is an empty list; expected at least one value", at: location)
      return nil
    }
    guard elements.count <= Self.valueLimit else {
      collector.report(
        "the choice '\(name)' has \(elements.count) values; at most \(Self.valueLimit) are allowed",
        at: location)
      return nil
    }
    var firstUse: [ParameterValue: SourceLocation] = [:]
    let values = list(elements, "'\(name)'") { node, what -> ParameterValue? in
      guard let value = value(node, what: what) else { return nil }
      if let earlier = firstUse.updateValue(node.location, forKey: value) {
        collector.report(
          "\(what) repeats \(value.canonicalJSON), which stands already at "
            + collector.place(earlier, seenFrom: node.location), at: node.location)
        return nil
      }
      return value
    }
    guard case .list(let distinct) = values else { return nil }
    return distinct
  }

  /// Nil when any element is wrong.
  private func list(
    _ elements: [YAMLNode], _ what: String, _ read: (YAMLNode, String) -> ParameterValue?
  ) -> ParameterValue? {
    var values: [ParameterValue] = []
    for (position, element) in elements.enumerated() {
      if let value = read(element, "value \(position + 1) of \(what)") { values.append(value) }
    }
    return values.count == elements.count ? .list(values) : nil
  }
}
