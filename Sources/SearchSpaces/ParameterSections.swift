import ArchitecturePlugins
import YAMLDocuments

/// Reads the sections `fixed` and `choices`, and what `constraints` says between choices.
struct ParameterSections {
  /// What a space says of its family's parameters.
  struct Parameters {
    var fixed: Choices
    var axes: [ChoiceAxis]
    var constraints: [ChoiceExpression]
    var diagram: ChoiceDiagram
  }

  let top: YAMLMappingReader
  let family: any ArchitectureFamily
  private let collector: DiagnosticCollector
  private let fixedKeys: YAMLMappingReader?
  private let choiceKeys: YAMLMappingReader?

  /// - Parameter top: the whole file; asked for `fixed` and `choices`.
  init(_ top: YAMLMappingReader, family: any ArchitectureFamily) {
    self.top = top
    self.family = family
    collector = top.collector
    fixedKeys = top.mapping("fixed")
    choiceKeys = top.mapping("choices")
  }

  /// Nil after reporting what is wrong.
  ///
  /// - Parameter relations: what stands under `where` of `constraints`.
  func parameters(relations: YAMLNode?) -> Parameters? {
    var fixed: Choices = [:]
    for entry in fixedKeys?.node.entries ?? [] {
      if let reader = reader(entry.key), let value = reader.value(entry.value) {
        fixed[reader.parameter.name] = value
      }
    }
    let axes = axes(fixed)
    reportWhatIsMissing()
    let constraints = relations.map { node in
      ExpressionReader(collector: collector).expressions(node, "the constraint", in: scope(fixed, axes))
    }
    guard collector.isEmpty else { return nil }
    guard let diagram = diagram(fixed, axes, constraints ?? [], relations) else { return nil }
    return Parameters(fixed: fixed, axes: axes, constraints: constraints ?? [], diagram: diagram)
  }

  // MARK: Choices

  private func axes(_ fixed: Choices) -> [ChoiceAxis] {
    let names = (choiceKeys?.node.entries ?? []).compactMap(\.key.text)
    var axes: [ChoiceAxis] = []
    for (place, entry) in (choiceKeys?.node.entries ?? []).enumerated() {
      let (key, node) = (entry.key, entry.value)
      guard let reader = reader(key) else { continue }
      let name = reader.parameter.name
      if let fixedKeys, fixedKeys.contains(name) {
        let place = collector.place(fixedKeys.location(ofKey: name), seenFrom: key.location)
        collector.report(
          "'\(name)' is a choice here and fixed at \(place); expected one of the two", at: key.location)
      }
      guard let (values, when) = reader.axis(node) else { continue }
      var scope = scope(fixed, axes)
      scope.excluded[name] = "it depends on '\(name)' itself"
      for later in names[(place + 1)...] {
        scope.excluded[later] =
          "'\(later)' is chosen below it; put '\(later)' above '\(name)'"
      }
      let condition = when.flatMap { self.condition($0, of: reader.parameter, in: scope) }
      axes.append(ChoiceAxis(name: name, values: values, condition: condition))
    }
    return axes
  }

  private func condition(_ node: YAMLNode, of parameter: ParameterDescription, in scope: ExpressionScope)
    -> ChoiceExpression?
  {
    let condition = ExpressionReader(collector: collector)
      .expression(node, "the condition of '\(parameter.name)'", in: scope)
    if parameter.defaultValue == nil, !parameter.isOptional {
      collector.report(
        "'\(parameter.name)' cannot have a condition, since the family '\(family.name)' needs a value in every candidate",
        at: node.location)
      return nil
    }
    return condition
  }

  private func scope(_ fixed: Choices, _ axes: [ChoiceAxis]) -> ExpressionScope {
    var values = fixed.mapValues { [$0] }
    for axis in axes { values[axis.name] = axis.values }
    // Parameters whose values could not be read are given all the same.
    for entry in (fixedKeys?.node.entries ?? []) + (choiceKeys?.node.entries ?? []) {
      if let name = entry.key.text, values[name] == nil { values[name] = [] }
    }
    return ExpressionScope(family: family, values: values)
  }

  private func reader(_ key: YAMLNode) -> ParameterReader? {
    guard let name = key.text else { return nil }
    if let parameter = family.parameter(named: name) {
      return ParameterReader(parameter: parameter, family: family, collector: collector)
    }
    let names = family.parameters.map(\.name)
    let nearest = collector.suggestion(for: name, among: names)
    let expected = nearest == nil ? "; it has \(names.joined(separator: ", "))" : ""
    collector.report(
      "the family '\(family.name)' has no parameter '\(key.shortText)'\(expected)", at: key.location,
      suggestion: nearest)
    return nil
  }

  private func reportWhatIsMissing() {
    let given = Set([fixedKeys, choiceKeys].flatMap { $0?.node.entries ?? [] }.compactMap { $0.key.text })
    for parameter in family.parameters where parameter.defaultValue == nil && !parameter.isOptional {
      if given.contains(parameter.name) { continue }
      collector.report(
        "the family '\(family.name)' needs '\(parameter.name)' under 'fixed' or 'choices': \(parameter.documentation)",
        at: top.value("family")?.location)
    }
    for problem in family.problems(amongGiven: given.intersection(family.parameters.map(\.name))) {
      let section = [choiceKeys, fixedKeys].compactMap(\.self).first { $0.contains(problem.parameter) }
      collector.report(
        problem.message, at: section?.location(ofKey: problem.parameter) ?? top.value("family")?.location,
        suggestion: problem.suggestion)
    }
  }

  // MARK: Combinations

  private func diagram(
    _ fixed: Choices, _ axes: [ChoiceAxis], _ constraints: [ChoiceExpression], _ relations: YAMLNode?
  ) -> ChoiceDiagram? {
    let firstCondition = axes.first { $0.condition != nil }.flatMap { choiceKeys?.location(ofKey: $0.name) }
    let place = relations?.location ?? firstCondition
    do throws(ChoiceDiagram.Failure) {
      let diagram = try ChoiceDiagram(
        axes: axes, constraints: constraints, fixed: fixed, family: family)
      for (place, axis) in axes.enumerated() where !diagram.isEverActive(place) {
        collector.report(
          "'\(axis.name)' has no part in any candidate: its condition is never true",
          at: choiceKeys?.location(ofKey: axis.name))
      }
      return diagram
    } catch {
      switch error {
      case .empty: collector.report("no combination of choices keeps the constraints", at: place)
      case .tooEntangled:
        collector.report(
          "the conditions and constraints tie too many combinations of choices together; expected fewer values, "
            + "fewer choices in one expression, or fewer expressions", at: place)
      }
      return nil
    }
  }
}
