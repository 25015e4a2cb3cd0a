/// The candidates of a space one after the other, with what became of each: all of them in order, or a uniform sample of
/// those whose network can be made and keeps the budgets, without replacement, and what was met on the way to it.
///
/// The same seed gives the same sample; asking for as many as there are gives the whole space. A longer sample begins with
/// the shorter one.
///
/// Complexity: O(candidates looked at), whatever the space's size.
public struct CandidateSelection: IteratorProtocol, Sendable {
  /// Candidates that are no part of a sample.
  public struct Rejections: Hashable, Sendable {
    /// Their networks do not keep the budgets.
    public internal(set) var overBudget = 0
    /// The family makes no network of their choices.
    public internal(set) var failed = 0

    /// Of both kinds.
    public var count: Int { overBudget + failed }
  }

  private let space: SearchSpace
  // Iterators are advanced where they stand: a copy of a shuffle, however short-lived, would cost as much as all
  // candidates taken so far.
  private var enumeration: CandidateSequence.Iterator?
  private var shuffle: ShuffledCandidates.Iterator?
  /// Of a sample: how many are still wanted.
  private var wanted: Int?
  private let rejectionLimit: Int
  /// Since the last candidate of the sample.
  public private(set) var rejectedInARow = Rejections()
  /// Whether a sample ended before its time: the budgets leave too little of the space to find.
  public private(set) var hasGivenUp = false

  /// - Parameters:
  ///   - count: of a sample; 0 or less gives none. Nil for all candidates in order.
  ///   - seed: of a sample.
  ///   - rejectionLimit: sampling stops after so many inadmissible candidates in a row.
  public init(_ space: SearchSpace, count: Int? = nil, seed: UInt64 = 0, rejectionLimit: Int = 10_000) {
    self.space = space
    self.rejectionLimit = rejectionLimit
    wanted = count
    if count == nil {
      enumeration = space.candidates.makeIterator()
    } else {
      shuffle = space.shuffled(seed: seed).makeIterator()
    }
  }

  /// Nil after the last, or when sampling gave up.
  public mutating func next() -> (candidate: Candidate, admission: Admission)? {
    if let wanted {
      hasGivenUp = wanted > 0 && rejectedInARow.count >= rejectionLimit
      if wanted <= 0 || hasGivenUp { return nil }
    }
    guard let candidate = enumeration?.next() ?? shuffle?.next() else { return nil }
    let admission = space.admission(of: candidate)
    switch admission {
    case .admitted:
      rejectedInARow = Rejections()
      wanted = wanted.map { $0 - 1 }
    case .overBudget: rejectedInARow.overBudget += 1
    case .failed: rejectedInARow.failed += 1
    }
    return (candidate, admission)
  }
}
