import YAMLDocuments

/// Reads a family's schema, the form of `FamilySchema`, as a plugin describes it. Mistakes go to the collector.
package struct FamilyReader {
  let collector: DiagnosticCollector

  package struct Description {
    let name: String
    let version: String
    package let summary: String
    package let parameters: [ParameterDescription]
  }

  package init(collector: DiagnosticCollector) { self.collector = collector }

  package func family(_ node: YAMLNode) -> Description? {
    guard let keys = YAMLMappingReader(node, what: "a family", collector: collector) else { return nil }
    let name = requiredText("name", keys)
    let version = requiredText("version", keys)
    let summary = keys.text("summary")
    let parameters =
      keys.list("parameters", of: "a list of parameters") { parameter($0, of: name ?? "a family") } ?? []
    keys.finish()
    var names: Set<String> = []
    for parameter in parameters where !names.insert(parameter.name).inserted {
      collector.report("two parameters are called '\(parameter.name)'", at: node.location)
    }
    for used in [name].compactMap(\.self) + parameters.map(\.name) where !FamilyRegistry.isUsable(used) {
      collector.report(
        "\(PluginError.invalidName(used.withoutControlCharacters))", at: node.location)
    }
    guard let name, let version, collector.isEmpty else { return nil }
    return Description(name: name, version: version, summary: summary ?? "", parameters: parameters)
  }

  private func parameter(_ node: YAMLNode, of family: String) -> ParameterDescription? {
    let written = node.entries?.first { $0.key.text == "name" }?.value.shortText ?? "without a name"
    let what = "the parameter \(written)"
    guard let keys = YAMLMappingReader(node, what: what, collector: collector) else { return nil }
    let name = requiredText("name", keys)
    let type = keys.required("type")
    let kind = type.flatMap { self.kind($0, keys, what) }
    let documentation = requiredText("documentation", keys)
    let isRequired = keys.boolean("required")
    let writtenDefault = keys.value("default")
    keys.finish()
    guard let name, let kind, let documentation else { return nil }
    var parameter = ParameterDescription(name: name, kind: kind, documentation: documentation)
    var defaultValue: ParameterValue?
    if let node = writtenDefault {
      guard let value = ParameterValue(json: node) else {
        collector.report(
          "the default of '\(name)' is \(node.shown); expected \(parameter.expectation)", at: node.location)
        return nil
      }
      switch parameter.validated(value) {
      case .success(let accepted): defaultValue = accepted
      case .failure(let problem):
        collector.report(
          "of the default: \(problem.message)", at: node.location, suggestion: problem.suggestion)
        return nil
      }
    }
    if defaultValue != nil, isRequired == true {
      collector.report("'\(name)' is required and has a default; expected one of the two", at: node.location)
    }
    parameter = ParameterDescription(
      name: name, kind: kind, defaultValue: defaultValue,
      isOptional: defaultValue == nil && isRequired == false, documentation: documentation)
    return parameter
  }

  private func kind(
    _ type: YAMLNode, _ keys: YAMLMappingReader, _ what: String
  ) -> ParameterDescription.Kind? {
    switch type.text {
    case "integer": return integers(keys, what).map { .integer($0) }
    case "integer_or_list": return integers(keys, what).map { .integerOrList($0) }
    case "real":
      let range = -Double.greatestFiniteMagnitude ... .greatestFiniteMagnitude
      let low = keys.real("minimum", in: range) ?? range.lowerBound
      let high = keys.real("maximum", in: range) ?? range.upperBound
      return bounds(low, high, keys, what).map { .real($0) }
    case "boolean": return .boolean
    case "choice":
      guard
        let names = keys.required("choices").flatMap({ node in
          collector.list(node, "'choices' of \(what)", of: "a list of names") { $0.text }
        })
      else { return nil }
      guard !names.isEmpty, Set(names).count == names.count else {
        collector.report(
          "\(what) has no choices, or the same twice; expected different names", at: type.location)
        return nil
      }
      return .choice(names)
    case "text": return .text(keys.text("form") ?? "text")
    default:
      let known = ["integer", "real", "boolean", "choice", "integer_or_list", "text"]
      collector.report(
        "the type of \(what) is \(type.shown); expected one of \(known.joined(separator: ", "))",
        at: type.location,
        suggestion: collector.suggestion(for: type.text, among: known))
      return nil
    }
  }

  private func integers(_ keys: YAMLMappingReader, _ what: String) -> ClosedRange<Int>? {
    let low = keys.integer("minimum", in: .min ... .max)
    let high = keys.integer("maximum", in: .min ... .max) ?? .max
    guard let low else {
      if !keys.contains("minimum") {
        collector.report("\(what) lacks the key 'minimum'", at: keys.node.location)
      }
      return nil
    }
    return bounds(low, high, keys, what)
  }

  private func bounds<Bound>(
    _ low: Bound, _ high: Bound, _ keys: YAMLMappingReader, _ what: String
  ) -> ClosedRange<Bound>? {
    if low <= high { return low...high }
    collector.report("\(what) has the minimum \(low) above the maximum \(high)", at: keys.node.location)
    return nil
  }

  private func requiredText(_ key: String, _ keys: YAMLMappingReader) -> String? {
    guard keys.required(key) != nil, let text = keys.text(key) else { return nil }
    if text.isEmpty {
      collector.report("'\(key)' of \(keys.what) is empty", at: keys.node.location)
      return nil
    }
    return text
  }
}
