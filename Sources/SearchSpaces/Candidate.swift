import ArchitecturePlugins
import NetworkGraph

/// One architecture of a search space.
public struct Candidate: Hashable, Sendable, Identifiable {
  /// Fixed and chosen parameters together, without the family's defaults.
  public let choices: Choices
  /// Which value of each axis was chosen, in the order of the axes.
  public let positions: [Int]
  /// Its place in the order of enumeration; nil in a space of 2⁶⁴ candidates or more.
  public let index: UInt64?
  /// Short and stable: the first 12 hexadecimal digits of SHA-256 of the family's name and the canonical choices.
  /// The same choices have the same identifier in every space of the family.
  public let id: String
}

extension SearchSpace {
  /// The candidate at a place in the order of enumeration, where the first axis varies slowest; nil past the end,
  /// and in a space of 2⁶⁴ candidates or more.
  public func candidate(at index: UInt64) -> Candidate? {
    guard let count = cardinality.uint64, index < count else { return nil }
    var rest = index
    var positions = [Int](repeating: 0, count: axes.count)
    for axis in axes.indices.reversed() {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: UInt64(axes[axis].values.count))
      positions[axis] = Int(remainder)
      rest = quotient
    }
    return candidate(positions: positions, index: index)
  }

  /// - Precondition: one position per axis, each inside it.
  func candidate(positions: [Int], index: UInt64?) -> Candidate {
    var choices = fixed
    for (axis, position) in zip(axes, positions) { choices[axis.name] = axis.values[position] }
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

  public func makeIterator() -> Iterator { Iterator(space: space) }

  public struct Iterator: IteratorProtocol, Sendable {
    private let space: SearchSpace
    private let isIndexed: Bool
    private var positions: [Int]?
    private var index: UInt64 = 0

    init(space: SearchSpace) {
      self.space = space
      isIndexed = space.cardinality.uint64 != nil
      positions = [Int](repeating: 0, count: space.axes.count)
    }

    public mutating func next() -> Candidate? {
      guard let current = positions else { return nil }
      let candidate = space.candidate(positions: current, index: isIndexed ? index : nil)
      positions = successor(of: current)
      index &+= 1
      return candidate
    }

    private func successor(of positions: [Int]) -> [Int]? {
      var next = positions
      for axis in space.axes.indices.reversed() {
        next[axis] += 1
        if next[axis] < space.axes[axis].values.count { return next }
        next[axis] = 0
      }
      return nil
    }
  }
}
