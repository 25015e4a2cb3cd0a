import ArchitecturePlugins
import Foundation
import YAMLDocuments

/// A set of candidate architectures and the way to score and rank them: what a search-space file says, checked.
///
/// The candidates are all combinations of the values of `axes` that keep the axes' conditions and the constraints,
/// each merged with `fixed`; the budgets then say which of them are admissible. Made by `SearchSpace.init(_:families:knownNames:)` from a file's text.
public struct SearchSpace: Sendable {
  /// The file's `name`, or the file's own name without its extension.
  public let name: String
  /// One sentence for people.
  public let summary: String?
  /// What makes a network of choices.
  public let family: any ArchitectureFamily
  /// What the networks are fed with.
  public let input: InputDescription
  /// Parameters that are the same in every candidate. Names and values fit the family's descriptions.
  public let fixed: Choices
  /// What differs between candidates, in the order of the file. Empty for a space of one candidate.
  public let axes: [ChoiceAxis]
  /// What holds between the choices of every candidate: none of them is false for any.
  public let constraints: [ChoiceExpression]
  /// All combinations of choices that keep the conditions and the constraints.
  let diagram: ChoiceDiagram
  /// Bounds on the networks themselves.
  public let budgets: Budgets
  /// How candidates are scored.
  public let scoring: ScoringSettings
  /// How they are put in order.
  public let ranking: RankingRule
  /// The folder of the file, from which relative dataset paths are taken; empty for the working directory.
  public let directory: String
  /// Every file that the space names, with what to say when it is missing.
  let fileReferences: [FileReference]
}

/// A path written in a search space.
struct FileReference: Sendable {
  /// As written.
  let path: String
  /// Where it was written.
  let location: SourceLocation
  let source: SourceText
}

/// One parameter that differs between candidates, and the values it takes.
public struct ChoiceAxis: Hashable, Sendable {
  /// A parameter of the family.
  public let name: String
  /// Distinct, at least one, in the order of the file.
  public let values: [ParameterValue]
  /// When the parameter has a part in a candidate: where this is not true, the candidate is without it. Mentions no
  /// axes but earlier ones. Nil for always.
  public let condition: ChoiceExpression?
}

extension SearchSpace {
  /// How many candidates there are before budgets are applied, exactly. With budgets it is an upper bound and says
  /// so.
  ///
  /// Complexity: O(1); nothing is enumerated.
  public var cardinality: Cardinality { Cardinality(diagram.count, isUpperBound: !budgets.isEmpty) }

  /// Whether a choice has a part in a candidate, as far as earlier choices tell.
  public func isActive(_ axis: ChoiceAxis, given choices: Choices) -> Bool {
    guard let condition = axis.condition else { return true }
    return condition.value { value(of: $0, in: choices) } == .boolean(true)
  }

  /// The constraints that choices break, in the order of the file.
  public func constraints(brokenBy choices: Choices) -> [ChoiceExpression] {
    constraints.filter { constraint in
      constraint.value { value(of: $0, in: choices) } == .boolean(false)
    }
  }

  /// What expressions read: the family's default for a parameter that the space leaves alone, nothing for a choice
  /// without a part.
  private func value(of name: String, in choices: Choices) -> ParameterValue? {
    choices[name] ?? (axes.contains { $0.name == name } ? nil : family.parameter(named: name)?.defaultValue)
  }

  /// The path of a dataset's file, as written in the search space, taken from the search space's folder.
  public func resolve(_ path: String) -> String {
    path.hasPrefix("/") || directory.isEmpty ? path : directory + "/" + path
  }

  /// Looks for the files that the space names. Reading a search space opens no other file; this is for whoever is
  /// about to.
  ///
  /// - Throws: `InvalidDocument` with the place of every path where nothing stands.
  public func checkFiles() throws {
    let missing = fileReferences.compactMap { reference -> Diagnostic? in
      let path = resolve(reference.path)
      if FileManager.default.fileExists(atPath: path) { return nil }
      return Diagnostic(
        file: reference.source.name, location: reference.location,
        message: "there is no file '\(path)'; relative paths are taken from the search space's folder",
        sourceLine: reference.source.line(reference.location.line).map(String.init))
    }
    if !missing.isEmpty { throw InvalidDocument(missing) }
  }
}
