import ArchitecturePlugins
import NetworkGraph
import SearchSpaces

/// What was met at one place of a search space.
enum CandidateVisit: Sendable {
  case network(id: String, choices: Choices, family: String, Network)
  /// The family makes no network of these choices; its own words.
  case failed(id: String, choices: Choices, message: String)
  /// Outside the budgets.
  case excluded
}

/// Where a run's candidates come from, one at a time: a space, or a single network.
struct CandidateSource: Sendable {
  // Advanced where it stands: a copy costs as much as all candidates taken so far.
  private var space: SpaceSource?
  private var single: CandidateVisit?

  init(_ space: SpaceSource) { self.space = space }

  init(_ single: CandidateVisit) { self.single = single }

  mutating func next() -> CandidateVisit? {
    guard space == nil else { return space?.next() }
    defer { single = nil }
    return single
  }

  /// How many candidates there will be; nil while budgets leave that open.
  var total: Int? { space.map(\.total) ?? 1 }

  /// Why it ended.
  var ending: RunEnding { space?.ending ?? .complete }
}

/// The candidates of a space in order, or a uniform sample of the admissible ones in the order it is drawn.
struct SpaceSource: Sendable {
  private let space: SearchSpace
  private var selection: CandidateSelection
  let total: Int?

  init(_ space: SearchSpace, limit: Int?, samplingSeed: UInt64) {
    self.space = space
    selection = CandidateSelection(space, count: limit, seed: samplingSeed)
    let most = space.cardinality.int ?? .max
    total = limit.map { min($0, most) } ?? (space.budgets.isEmpty ? most : nil)
  }

  mutating func next() -> CandidateVisit? {
    selection.next().map { Self.visit($0.candidate, $0.admission, of: space) }
  }

  var ending: RunEnding {
    let rejected = selection.rejectedInARow
    return selection.hasGivenUp
      ? .rejectionLimit(overBudget: rejected.overBudget, failed: rejected.failed) : .complete
  }

  static func visit(_ candidate: Candidate, of space: SearchSpace) -> CandidateVisit {
    visit(candidate, space.admission(of: candidate), of: space)
  }

  private static func visit(
    _ candidate: Candidate, _ admission: Admission, of space: SearchSpace
  ) -> CandidateVisit {
    switch admission {
    case .admitted(let network):
      .network(id: candidate.id, choices: candidate.choices, family: space.family.name, network)
    case .overBudget: .excluded
    case .failed(let message): .failed(id: candidate.id, choices: candidate.choices, message: message)
    }
  }
}
