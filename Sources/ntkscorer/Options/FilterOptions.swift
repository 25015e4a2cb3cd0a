import ArgumentParser
import SearchSpaces

/// Which candidates of a space are wanted.
struct FilterOptions: ParsableArguments {
  @Option(
    name: .customLong("include"), parsing: .singleValue,
    help: ArgumentHelp(
      "Only candidates with one of these values, such as depth=2,4. May be repeated.",
      discussion: "Candidates in which the parameter has no part are kept.", valueName: "name=value,…"))
  var inclusions: [String] = []

  @Option(
    name: .customLong("where"), parsing: .singleValue,
    help: ArgumentHelp(
      "Only candidates of which this is true, such as 'depth * width <= 1024'. May be repeated.",
      discussion: "Written as the conditions and constraints of search spaces (docs/search-spaces.md).",
      valueName: "expression"))
  var conditions: [String] = []

  /// The candidates that are wanted; the space itself when nothing was said.
  func filtered(_ space: SearchSpace) throws -> SearchSpace {
    if inclusions.isEmpty && conditions.isEmpty { return space }
    let inclusions = try inclusions.map { text in
      let parts = text.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw CommandFailure.invalidInput("--include: '\(text)' is not name=value,…")
      }
      return SpaceFilter.Inclusion(
        parameter: parts[0].filter { $0 != " " },
        values: ChoiceList.split(String(parts[1])).map { ChoiceList.value($0[...]) })
    }
    return try space.filtered(SpaceFilter(inclusions: inclusions, conditions: conditions))
  }
}
