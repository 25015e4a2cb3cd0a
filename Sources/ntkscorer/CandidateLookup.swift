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

  /// - Parameter text: `name=value,…`, a value for every axis that has more than one and a part in the candidate.
  func candidate(choices text: String) throws -> Candidate {
    let wanted = try ChoiceList(text, option: "--choices").entries
    for entry in wanted { _ = try space.axisPlace(entry.name) }
    var choices = space.fixed
    var positions: [Int?] = []
    for axis in space.axes {
      let entry = wanted.last { $0.name == axis.name }
      guard space.isActive(axis, given: choices) else {
        if let entry, let condition = axis.condition {
          throw CommandFailure.invalidInput(
            "'\(entry.name)' has no part in this candidate; it has one when \(condition)")
        }
        positions.append(nil)
        continue
      }
      let value = try value(entry, on: axis)
      choices[axis.name] = value
      positions.append(axis.values.firstIndex(of: value))
    }
    if let candidate = space.candidate(positions: positions) { return candidate }
    let broken = space.constraints(brokenBy: choices).map { "'\($0)'" }.joined(separator: " and ")
    throw CommandFailure.invalidInput("these choices break the constraint \(broken) of '\(space.name)'")
  }

  private func value(_ entry: ChoiceList.Entry?, on axis: ChoiceAxis) throws -> ParameterValue {
    if let entry { return try space.value(entry.value, on: axis) }
    if axis.values.count == 1 { return axis.values[0] }
    throw CommandFailure.invalidInput(
      "--choices gives no '\(axis.name)'; expected one of \(axis.shownValues)")
  }
}
