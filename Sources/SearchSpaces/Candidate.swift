import ArchitecturePlugins
import NetworkGraph

/// One architecture of a search space.
public struct Candidate: Hashable, Sendable, Identifiable {
  /// Fixed and chosen parameters together, without the family's defaults, and without choices that have no part in
  /// the candidate.
  public let choices: Choices
  /// Which value of each axis was chosen, in the order of the axes; nil where the axis has no part.
  public let positions: [Int?]
  /// Its place in the order of enumeration; nil in a space of 2⁶⁴ candidates or more.
  public let index: UInt64?
  /// Short and stable: the first 12 hexadecimal digits of SHA-256 of the family's name and the canonical choices.
  /// The same choices have the same identifier in every space of the family.
  public let id: String
}

extension SearchSpace {
  /// The candidate at a place in the order of enumeration, where the first axis varies slowest; nil past the end,
  /// and in a space of 2⁶⁴ candidates or more.
  ///
  /// Complexity: O(axes × log values).
  public func candidate(at index: UInt64) -> Candidate? {
    guard let count = cardinality.uint64, index < count else { return nil }
    return candidate(diagram.path(at: index), index: index)
  }

  /// The candidate with these positions on the axes, nil for axes that have no part; nil when they break a condition
  /// or a constraint.
  public func candidate(positions: [Int?]) -> Candidate? {
    diagram.path(to: positions).map { candidate($0, index: diagram.index(of: positions)) }
  }

  func candidate(_ path: ChoiceDiagram.Path, index: UInt64?) -> Candidate {
    let positions = diagram.positions(path)
    var choices = fixed
    for (axis, position) in zip(axes, positions) {
      if let position { choices[axis.name] = axis.values[position] }
    }
    let text = CanonicalJSON.text(family.name) + choices.canonicalJSON
    let id = String(CanonicalJSON.hash(text).prefix(12))
    return Candidate(choices: choices, positions: positions, index: index, id: id)
  }

  /// All candidates in order, made one at a time. The first axis varies slowest.
  public var candidates: CandidateSequence { CandidateSequence(space: self) }
}

/// The candidates of a space in order. Holds no more than one at a time, whatever the space's size.
public struct CandidateSequence: Sequence, Sendable {
  let space: SearchSpace

  /// From the first candidate on.
  public func makeIterator() -> Iterator { Iterator(space: space) }

  /// Where a walk through the candidates stands.
  public struct Iterator: IteratorProtocol, Sendable {
    private let space: SearchSpace
    private let isIndexed: Bool
    private var path: ChoiceDiagram.Path?
    private var index: UInt64 = 0

    init(space: SearchSpace) {
      self.space = space
      isIndexed = space.cardinality.uint64 != nil
      path = space.diagram.completing()
    }

    /// The next candidate in the order of the space; nil after the last.
    public mutating func next() -> Candidate? {
      guard let current = path else { return nil }
      let candidate = space.candidate(current, index: isIndexed ? index : nil)
      path = space.diagram.successor(of: current)
      index &+= 1
      return candidate
    }
  }
}
