import ArchitecturePlugins
import Reports
import SearchSpaces
import YAMLDocuments

/// Finds the candidate of a space that the user means.
struct CandidateLookup {
  let space: SearchSpace

  /// Identifiers are hashes, so that finding one means looking through the candidates.
  private static let mostLookedThrough = 2_000_000

  func candidate(identifier: String, samplingSeed: UInt64) throws -> Candidate {
    let typed = identifier.lowercased()
    let isSmall = (space.cardinality.int ?? .max) <= Self.mostLookedThrough
    let found =
      isSmall
      ? space.candidates.first { $0.id == typed }
      : space.shuffled(seed: samplingSeed).prefix(Self.mostLookedThrough).first { $0.id == typed }
    if let found { return found }
    throw CommandFailure.invalidInput(
      isSmall
        ? "no candidate of '\(space.name)' is called '\(identifier)'; `ntkscorer enumerate` lists them all"
        : "the identifier '\(identifier)' is not among the first \(Self.mostLookedThrough) sampled; "
          + "name the candidate with --choices")
  }

  /// - Parameter text: `name=value,…`, a value for every axis that has more than one.
  func candidate(choices text: String) throws -> Candidate {
    let wanted = try ChoiceList(text).entries
    let names = space.axes.map(\.name)
    for entry in wanted where !names.contains(entry.name) {
      if let fixed = space.fixed[entry.name] {
        throw CommandFailure.invalidInput("'\(entry.name)' is \(fixed) in every candidate of '\(space.name)'")
      }
      let hint =
        nearestSpelling(to: entry.name, among: names).map { "did you mean '\($0)'?" }
        ?? "expected some of \(names.joined(separator: ", "))"
      throw CommandFailure.invalidInput("'\(space.name)' does not vary '\(entry.name)'; \(hint)")
    }
    var index: UInt64 = 0
    for axis in space.axes {
      let position = try position(on: axis, among: wanted)
      let (product, overflow) = index.multipliedReportingOverflow(by: UInt64(axis.values.count))
      let (sum, carry) = product.addingReportingOverflow(UInt64(position))
      if overflow || carry { throw tooLarge }
      index = sum
    }
    guard let candidate = space.candidate(at: index) else { throw tooLarge }
    return candidate
  }

  private func position(on axis: ChoiceAxis, among wanted: [ChoiceList.Entry]) throws -> Int {
    let shown = axis.values.prefix(12).map(\.description).joined(separator: ", ")
    let values = axis.values.count > 12 ? "\(shown), … (\(axis.values.count) values)" : shown
    guard let entry = wanted.last(where: { $0.name == axis.name }) else {
      if axis.values.count == 1 { return 0 }
      throw CommandFailure.invalidInput("--choices gives no '\(axis.name)'; expected one of \(values)")
    }
    let typed = space.family.parameter(named: axis.name).flatMap { try? $0.validated(entry.value).get() }
    if let position = axis.values.firstIndex(where: { $0 == typed ?? entry.value }) { return position }
    let suggestion = nearestSpelling(to: entry.value.description, among: axis.values.map(\.description))
    throw CommandFailure.invalidInput(
      "'\(axis.name)' is never \(entry.value) in '\(space.name)'; "
        + (suggestion.map { "did you mean '\($0)'?" } ?? "expected one of \(values)"))
  }

  private var tooLarge: CommandFailure {
    .invalidInput("'\(space.name)' has \(space.cardinality) candidates, too many for --choices")
  }
}

/// `depth=4,widths=[64,32],activation=relu`.
private struct ChoiceList {
  struct Entry {
    let name: String
    let value: ParameterValue
  }

  let entries: [Entry]

  init(_ text: String) throws {
    entries = try Self.split(text).map { item in
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw CommandFailure.invalidInput("--choices: '\(item)' is not name=value")
      }
      return Entry(name: parts[0].filter { $0 != " " }, value: Self.value(parts[1]))
    }
  }

  private static func value(_ text: Substring) -> ParameterValue {
    let text = text.drop { $0 == " " }
    if text.hasPrefix("["), text.hasSuffix("]") {
      return .list(split(String(text.dropFirst().dropLast())).map { value($0[...]) })
    }
    if let integer = Int(text) { return .integer(integer) }
    if let real = Double(text), real.isFinite { return .real(real) }
    switch text {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default: return .text(String(text))
    }
  }

  /// At commas outside brackets.
  private static func split(_ text: String) -> [String] {
    var items = [""]
    var depth = 0
    for character in text {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if character == ",", depth == 0 { items.append("") } else { items[items.count - 1].append(character) }
    }
    return items
  }
}
