import ArchitecturePlugins
import Foundation
import YAMLDocuments

/// A set of candidate architectures and the way to score and rank them: what a search-space file says, checked.
///
/// The candidates are all combinations of the values of `axes`, each merged with `fixed`; the budgets then say which
/// of them are admissible. Made by `SearchSpace.init(_:families:knownNames:)` from a file's text.
public struct SearchSpace: Sendable {
  /// The file's `name`, or the file's own name without its extension.
  public let name: String
  /// One sentence for people.
  public let summary: String?
  public let family: any ArchitectureFamily
  public let input: InputDescription
  /// Parameters that are the same in every candidate. Names and values fit the family's descriptions.
  public let fixed: Choices
  /// What differs between candidates, in the order of the file. Empty for a space of one candidate.
  public let axes: [ChoiceAxis]
  public let budgets: Budgets
  public let scoring: ScoringSettings
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
}

extension SearchSpace {
  /// How many candidates there are before budgets are applied: the exact product of the numbers of values. With
  /// budgets it is an upper bound and says so.
  ///
  /// Complexity: O(axes × digits); nothing is enumerated.
  public var cardinality: Cardinality {
    Cardinality(product: axes.map(\.values.count), isUpperBound: !budgets.isEmpty)
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
