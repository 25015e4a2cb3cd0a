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
    var choices: Choices = [:]
    for entry in try ChoiceList(text, option: "--choices").entries {
      if let value = space.fixed[entry.name] {
        throw CommandFailure.invalidInput("'\(entry.name)' is \(value) in every candidate of '\(space.name)'")
      }
      choices[entry.name] = entry.value
    }
    do throws(CandidateError) { return try space.candidate(choices: choices) } catch {
      if case .missing(let name, let expected) = error {
        throw CommandFailure.invalidInput("--choices gives no '\(name)'; expected one of \(expected)")
      }
      throw CommandFailure.invalidInput("\(error)")
    }
  }
}
