import ArchitecturePlugins
import RandomStreams

/// Every candidate of a space as a path through a diagram: one level per choice, one branch per value that the
/// conditions and constraints still allow there. Branches that leave the same questions open lead to the same node
/// (a reduced decision diagram: Bryant 1986), so that the candidates are counted, numbered and drawn without being
/// listed.
struct ChoiceDiagram: Sendable {
  /// Parts of expressions that are looked at while a diagram is made, at most: some seconds.
  static let workLimit = 10_000_000

  /// Why there is no diagram.
  enum Failure: Error {
    /// Conditions and constraints tie too many combinations together.
    case tooEntangled
    /// No candidate keeps every constraint.
    case empty
  }

  struct Node: Sendable {
    let branches: Branches
    /// Paths from here to the end.
    let count: NaturalNumber
    /// The same; nil when it does not fit.
    let smallCount: UInt64?
  }

  enum Branches: Sendable {
    case end
    /// The choice has no part in the candidate.
    case skip(next: Int)
    /// Every value leads to the same node.
    case all(values: Int, next: Int)
    /// Values by their position, where each leads, and how many paths there are up to each and its own included
    /// (empty where those do not fit).
    case some(positions: [Int], next: [Int], ends: [UInt64])

    var count: Int {
      switch self {
      case .end: 0
      case .skip: 1
      case .all(let values, _): values
      case .some(let positions, _, _): positions.count
      }
    }

    func next(_ branch: Int) -> Int {
      switch self {
      case .end: 0
      case .skip(let next), .all(_, let next): next
      case .some(_, let next, _): next[branch]
      }
    }

    /// Which value of the choice a branch is; nil where the choice has no part.
    func position(_ branch: Int) -> Int? {
      switch self {
      case .end, .skip: nil
      case .all: branch
      case .some(let positions, _, _): positions[branch]
      }
    }
  }

  /// By level, one for each choice and one for the end.
  let levels: [[Node]]
  /// The first level's node from which every path starts.
  let root: Int

  /// The number of candidates.
  var count: NaturalNumber { levels[0][root].count }

  // MARK: Paths

  /// A way through the diagram: at each level a node and the branch taken there.
  typealias Path = [(node: Int, branch: Int)]

  /// The first path of all, or the first from a level on.
  func completing(_ start: Path = []) -> Path {
    var path = start
    var node = path.last.map { levels[path.count - 1][$0.node].branches.next($0.branch) } ?? root
    while path.count < levels.count - 1 {
      path.append((node, 0))
      node = levels[path.count - 1][node].branches.next(0)
    }
    return path
  }

  /// The path after another in the order in which the last level varies fastest; nil after the last.
  func successor(of path: Path) -> Path? {
    var path = path
    while let last = path.popLast() {
      if last.branch + 1 < levels[path.count][last.node].branches.count {
        path.append((last.node, last.branch + 1))
        return completing(path)
      }
    }
    return nil
  }

  func positions(_ path: Path) -> [Int?] {
    zip(levels, path).map { level, step in level[step.node].branches.position(step.branch) }
  }

  /// The path with a number, from 0, in the order of `successor`.
  ///
  /// - Precondition: `index` is below the count, which fits 64 bits.
  func path(at index: UInt64) -> Path {
    var rest = index
    var node = root
    var path: Path = []
    for level in levels.dropLast() {
      let branch: Int
      switch level[node].branches {
      case .end, .skip: branch = 0
      case .all(_, let next):
        let (quotient, remainder) = rest.quotientAndRemainder(
          dividingBy: levels[path.count + 1][next].smallCount ?? 1)
        branch = Int(quotient)
        rest = remainder
      case .some(_, _, let ends):
        branch = ends.firstPlace { $0 > rest }
        if branch > 0 { rest -= ends[branch - 1] }
      }
      path.append((node, branch))
      node = level[node].branches.next(branch)
    }
    return path
  }

  /// The number of the path with these positions; nil when there is no such path, or when the count does not fit 64
  /// bits.
  func index(of positions: [Int?]) -> UInt64? {
    guard let path = path(to: positions), levels[0][root].smallCount != nil else { return nil }
    var index: UInt64 = 0
    for (level, step) in path.enumerated() {
      switch levels[level][step.node].branches {
      case .end, .skip: break
      case .all(_, let next): index += UInt64(step.branch) * (levels[level + 1][next].smallCount ?? 0)
      case .some(_, _, let ends): index += step.branch > 0 ? ends[step.branch - 1] : 0
      }
    }
    return index
  }

  /// The path with these positions; nil when there is none.
  func path(to positions: [Int?]) -> Path? {
    guard positions.count == levels.count - 1 else { return nil }
    var node = root
    var path: Path = []
    for (level, position) in zip(levels, positions) {
      let branch: Int?
      switch (level[node].branches, position) {
      case (.skip, nil): branch = 0
      case (.all(let values, _), let position?): branch = (0..<values).contains(position) ? position : nil
      case (.some(let positions, _, _), let position?):
        let place = positions.firstPlace { $0 >= position }
        branch = place < positions.count && positions[place] == position ? place : nil
      default: branch = nil
      }
      guard let branch else { return nil }
      path.append((node, branch))
      node = level[node].branches.next(branch)
    }
    return path
  }

  /// A uniformly random path, whatever the count.
  ///
  /// - Parameter place: the next unused place of the stream; moved past those that are used.
  func randomPath(_ stream: RandomStream, at place: inout UInt64) -> Path {
    var node = root
    var path: Path = []
    for level in levels.dropLast() {
      var branch = 0
      switch level[node].branches {
      case .end, .skip: break
      case .all(let values, _):
        branch = Int(stream.bounded(UInt64(values), at: place))
        place &+= 1
      case .some(_, let next, _):
        var rest = NaturalNumber.random(below: level[node].count, stream, at: &place)
        while branch + 1 < next.count {
          let count = levels[path.count + 1][next[branch]].count
          if rest < count { break }
          rest = rest - count
          branch += 1
        }
      }
      path.append((node, branch))
      node = level[node].branches.next(branch)
    }
    return path
  }

  /// Whether a choice has a part in any candidate.
  func isEverActive(_ axis: Int) -> Bool {
    levels[axis].contains { if case .skip = $0.branches { false } else { true } }
  }
}

extension Array {
  /// The first place whose element satisfies a condition that, once true, stays true; the count when none does.
  ///
  /// Complexity: O(log count).
  fileprivate func firstPlace(_ holds: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
