import ArchitecturePlugins
import YAMLDocuments

/// Which candidates of a space are wanted.
public struct SpaceFilter: Hashable, Sendable {
  /// The values of a parameter that candidates may have.
  public struct Inclusion: Hashable, Sendable {
    /// The name of a choice.
    public let parameter: String
    /// The values that are wanted.
    public let values: [ParameterValue]

    /// Names and values are checked when the filter is applied.
    public init(parameter: String, values: [ParameterValue]) {
      self.parameter = parameter
      self.values = values
    }
  }

  /// Candidates without such a parameter are kept. What several say of one parameter is taken together.
  public let inclusions: [Inclusion]
  /// Expressions that must be true of every candidate.
  public let conditions: [String]

  /// Without arguments it keeps every candidate.
  public init(inclusions: [Inclusion] = [], conditions: [String] = []) {
    self.inclusions = inclusions
    self.conditions = conditions
  }
}

/// What is wrong with a filter.
public struct SpaceFilterError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One sentence for people.
  public let description: String
}

extension SearchSpace {
  /// The space with the candidates that a filter leaves, in the same order and with the same identifiers.
  ///
  /// - Throws: `SpaceFilterError` when the filter names a parameter or value that the space does not have, or leaves
  ///   nothing; `InvalidDocument` with the place in the expression that is wrong.
  public func filtered(_ filter: SpaceFilter) throws -> SearchSpace {
    var included: [Int: [ParameterValue]] = [:]
    for inclusion in filter.inclusions {
      let place = try axisPlace(inclusion.parameter)
      included[place, default: []] += try inclusion.values.map { try value($0, on: axes[place]) }
    }
    let narrowed = axes.enumerated().map { place, axis in
      guard let values = included[place] else { return axis }
      return ChoiceAxis(
        name: axis.name, values: axis.values.filter(values.contains), condition: axis.condition)
    }
    let scope = scope
    let wanted = try filter.conditions.map { text in
      do throws(ExpressionError) { return ChoiceExpression.isTrue(try .init(parsing: text, in: scope)) } catch
      {
        let place = SourceLocation(line: 1, column: error.offset + 1)
        throw InvalidDocument([
          Diagnostic(
            file: "--where", location: place, message: error.message, suggestion: error.suggestion,
            sourceLine: text)
        ])
      }
    }
    let constraints = constraints + wanted
    do throws(ChoiceDiagram.Failure) {
      let diagram = try ChoiceDiagram(axes: narrowed, constraints: constraints, fixed: fixed, family: family)
      return SearchSpace(
        name: name, summary: summary, family: family, input: input, fixed: fixed, axes: narrowed,
        constraints: constraints,
        diagram: diagram, budgets: budgets, scoring: scoring, ranking: ranking, directory: directory,
        fileReferences: fileReferences)
    } catch {
      throw SpaceFilterError(
        description: error == .empty
          ? "no candidate of '\(name)' passes the filter"
          : "the filter ties too many combinations of choices together")
    }
  }

  /// Where an axis stands among the axes.
  ///
  /// - Throws: `SpaceFilterError` with the nearest name.
  public func axisPlace(_ name: String) throws(SpaceFilterError) -> Int {
    if let place = axes.firstIndex(where: { $0.name == name }) { return place }
    if let value = fixed[name] {
      throw SpaceFilterError(description: "'\(name)' is \(value) in every candidate of '\(self.name)'")
    }
    let names = axes.map(\.name)
    let hint =
      nearestSpelling(to: name, among: names).map { "did you mean '\($0)'?" }
      ?? "expected some of \(names.joined(separator: ", "))"
    throw SpaceFilterError(description: "'\(self.name)' does not vary '\(name)'; \(hint)")
  }

  /// A typed value as it stands on an axis.
  ///
  /// - Throws: `SpaceFilterError` with the nearest value.
  public func value(_ typed: ParameterValue, on axis: ChoiceAxis) throws(SpaceFilterError) -> ParameterValue {
    let meant = family.parameter(named: axis.name).flatMap { try? $0.validated(typed).get() } ?? typed
    if axis.values.contains(meant) { return meant }
    let suggestion = axis.nearestValue(to: typed)
    throw SpaceFilterError(
      description: "'\(axis.name)' is never \(typed) in '\(name)'; "
        + (suggestion.map { "did you mean '\($0)'?" } ?? "expected one of \(axis.shownValues)"))
  }

  private var scope: ExpressionScope {
    var values = fixed.mapValues { [$0] }
    for axis in axes { values[axis.name] = axis.values }
    return ExpressionScope(family: family, values: values)
  }
}

extension ChoiceAxis {
  /// The value that was most likely meant: for words the nearest spelling, for numbers one that differs by a tenth at
  /// most.
  fileprivate func nearestValue(to typed: ParameterValue) -> String? {
    guard let number = typed.number else {
      return nearestSpelling(to: typed.description, among: values.map(\.description))
    }
    let near = values.compactMap { value in
      value.number.map { (distance: abs($0 - number), value) }
    }.min { $0.distance < $1.distance }
    return near.flatMap { $0.distance <= abs(number) / 10 ? $0.1.description : nil }
  }

  /// The values for a message, shortened.
  public var shownValues: String {
    let shown = values.prefix(12).map(\.description).joined(separator: ", ")
    return values.count > 12 ? "\(shown), … (\(values.count) values)" : shown
  }
}
