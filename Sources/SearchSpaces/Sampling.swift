import NetworkGraph

/// A uniform sample of a space's admissible candidates, and what was met on the way to it.
public struct CandidateSample: Sendable {
  /// Why sampling stopped.
  public enum Ending: Hashable, Sendable {
    /// As many as were asked for.
    case complete
    /// Every candidate of the space was looked at.
    case exhausted
    /// This many candidates in a row were inadmissible: the budgets leave too little of the space to find.
    case rejectionLimit(Int)
  }

  /// A candidate that keeps the budgets.
  public struct Admitted: Sendable {
    /// What was drawn.
    public let candidate: Candidate
    /// What its choices make.
    public let network: Network
  }

  /// A candidate that makes no network.
  public struct Failed: Sendable {
    /// What was drawn.
    public let candidate: Candidate
    /// The family's own words.
    public let message: String
  }

  /// In the order in which they were drawn.
  public internal(set) var admitted: [Admitted] = []
  /// Candidates that make no network, in the order in which they were drawn; the first 1000 of them.
  public internal(set) var failed: [Failed] = []
  /// Candidates that make no network, all of them.
  public internal(set) var failedCount = 0
  /// Candidates outside the budgets.
  public internal(set) var overBudgetCount = 0
  /// Why drawing stopped.
  public internal(set) var ending = Ending.exhausted
}

extension SearchSpace {
  /// Draws candidates uniformly and without replacement from those whose network can be made and keeps the budgets.
  /// The same seed gives the same sample; asking for as many as there are gives the whole space.
  ///
  /// - Parameters:
  ///   - count: how many are wanted; 0 or less gives none.
  ///   - rejectionLimit: sampling stops after this many inadmissible candidates in a row.
  ///
  /// Complexity: O(candidates drawn), independent of the space's size.
  public func sample(_ count: Int, seed: UInt64, rejectionLimit: Int = 10_000) -> CandidateSample {
    var sample = CandidateSample()
    var rejectedInARow = 0
    var candidates = shuffled(seed: seed).makeIterator()
    while sample.admitted.count < count {
      if rejectedInARow >= rejectionLimit, rejectedInARow > 0 {
        sample.ending = .rejectionLimit(rejectedInARow)
        return sample
      }
      guard let candidate = candidates.next() else {
        sample.ending = .exhausted
        return sample
      }
      switch admission(of: candidate) {
      case .admitted(let network):
        sample.admitted.append(.init(candidate: candidate, network: network))
        rejectedInARow = 0
        continue
      case .overBudget: sample.overBudgetCount += 1
      case .failed(let message):
        sample.failedCount += 1
        if sample.failed.count < 1000 { sample.failed.append(.init(candidate: candidate, message: message)) }
      }
      rejectedInARow += 1
    }
    sample.ending = .complete
    return sample
  }
}
