import ArchitecturePlugins
import NetworkGraph

/// What became of a candidate when its network was made.
public enum Admission: Sendable {
  /// The network keeps every budget.
  case admitted(Network)
  /// The network was made, and these budgets it does not keep.
  case overBudget([Budgets.Violation])
  /// The family makes no network of these choices; its own words.
  case failed(String)
}

extension SearchSpace {
  /// Makes a candidate's network: the family's defaults are filled in.
  ///
  /// - Throws: the family's error, when the choices make no network.
  public func makeNetwork(_ candidate: Candidate) throws -> Network {
    try family.makeNetwork(
      family.validated(candidate.choices), input: input.shape, outputs: input.outputs)
  }

  /// Makes a candidate's network and holds it against the budgets. Never throws: a family's error is an answer.
  public func admission(of candidate: Candidate) -> Admission {
    do {
      let network = try makeNetwork(candidate)
      let violations = budgets.violations(of: network)
      return violations.isEmpty ? .admitted(network) : .overBudget(violations)
    } catch {
      return .failed("\(error)")
    }
  }
}
