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
  // Iterators are advanced where they stand: a copy of a shuffle, however short-lived, would cost as much as all
  // candidates taken so far.
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
  /// Sampling gives up after so many inadmissible candidates in a row.
  private static let rejectionLimit = 10_000

  private let space: SearchSpace
  private var enumeration: CandidateSequence.Iterator?
  private var shuffle: ShuffledCandidates.Iterator?
  /// Of a sample: how many are still wanted.
  private var wanted: Int?
  private var rejectedInARow = 0
  private(set) var ending = RunEnding.complete
  let total: Int?

  init(_ space: SearchSpace, limit: Int?, samplingSeed: UInt64) {
    self.space = space
    wanted = limit
    if limit == nil {
      enumeration = space.candidates.makeIterator()
    } else {
      shuffle = space.shuffled(seed: samplingSeed).makeIterator()
    }
    let most = space.cardinality.int ?? .max
    total = limit.map { min($0, most) } ?? (space.budgets.isEmpty ? most : nil)
  }

  mutating func next() -> CandidateVisit? {
    if let wanted, wanted <= 0 { return nil }
    if wanted != nil, rejectedInARow >= Self.rejectionLimit {
      ending = .rejectionLimit(rejectedInARow)
      return nil
    }
    guard let candidate = enumeration?.next() ?? shuffle?.next() else { return nil }
    let visit = Self.visit(candidate, of: space)
    if case .network = visit {
      rejectedInARow = 0
      wanted = wanted.map { $0 - 1 }
    } else {
      rejectedInARow += 1
    }
    return visit
  }

  static func visit(_ candidate: Candidate, of space: SearchSpace) -> CandidateVisit {
    switch space.admission(of: candidate) {
    case .admitted(let network):
      .network(id: candidate.id, choices: candidate.choices, family: space.family.name, network)
    case .overBudget: .excluded
    case .failed(let message): .failed(id: candidate.id, choices: candidate.choices, message: message)
    }
  }
}
