import RandomStreams

extension SearchSpace {
  /// All candidates in a uniformly random order that depends on the seed alone, made one at a time: its first N are a
  /// uniform sample without replacement, and a longer sample with the same seed begins with the shorter one.
  ///
  /// Memory: O(candidates taken so far), whatever the space's size.
  public func shuffled(seed: UInt64) -> ShuffledCandidates {
    ShuffledCandidates(
      space: self, random: RandomStream(seed: seed, purpose: "sampling", position: "candidates"))
  }
}

/// The candidates of a space in a seeded random order, each of them once.
public struct ShuffledCandidates: Sequence, Sendable {
  let space: SearchSpace
  let random: RandomStream

  /// From the first draw on: the same order every time.
  public func makeIterator() -> Iterator { Iterator(space: space, random: random) }

  /// How far the drawing is.
  public struct Iterator: IteratorProtocol, Sendable {
    private let space: SearchSpace
    /// Below 2⁶⁴ candidates the order is a shuffle of their indices.
    private var shuffle: LazyShuffle?
    /// Above, repeats are so rare that drawing anew is the simplest way to leave them out.
    private let random: RandomStream
    private var drawn: UInt64 = 0
    private var seen: Set<[Int?]> = []

    init(space: SearchSpace, random: RandomStream) {
      self.space = space
      shuffle = space.cardinality.uint64.map { LazyShuffle(count: $0, random: random) }
      self.random = random
    }

    /// The next candidate of the sample; nil when every one was drawn.
    public mutating func next() -> Candidate? {
      if shuffle != nil { return shuffle?.next().flatMap { space.candidate(at: $0) } }
      while true {
        let candidate = space.candidate(space.diagram.randomPath(random, at: &drawn), index: nil)
        if seen.insert(candidate.positions).inserted { return candidate }
      }
    }
  }
}

/// Fisher and Yates's shuffle of 0..<count, of which only the entries that moved are kept.
private struct LazyShuffle: Sendable {
  let count: UInt64
  let random: RandomStream
  private var taken: UInt64 = 0
  /// What stands at a place, where that is not the place's own number.
  private var moved: [UInt64: UInt64] = [:]

  init(count: UInt64, random: RandomStream) {
    self.count = count
    self.random = random
  }

  mutating func next() -> UInt64? {
    guard taken < count else { return nil }
    let place = taken + random.bounded(count - taken, at: taken)
    let result = moved[place] ?? place
    let displaced = moved.removeValue(forKey: taken) ?? taken
    if place != taken { moved[place] = displaced }
    taken += 1
    return result
  }
}
