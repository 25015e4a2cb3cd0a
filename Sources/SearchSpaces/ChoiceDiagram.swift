import ArchitecturePlugins
import RandomStreams

/// Every candidate of a space as a path through a diagram: one level per choice, one branch per value that the
/// conditions and constraints still allow there. Branches that leave the same questions open lead to the same node
/// (a reduced decision diagram: Bryant 1986), so that the candidates are counted, numbered and drawn without being
/// listed.
struct ChoiceDiagram: Sendable {
  /// More values than this are not tried while a diagram is made.
  static let workLimit = 1_000_000

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
  private(set) var levels: [[Node]]
  private(set) var root = 0

  /// The number of candidates.
  var count: NaturalNumber { levels[0][root].count }

  /// - Parameters:
  ///   - conditions: for each axis when it has a part; nil for always. They mention earlier axes alone.
  ///   - constraints: none of them is false for any candidate. Parameters that are no axes are filled in already.
  init(axes: [ChoiceAxis], conditions: [ChoiceExpression?], constraints: [ChoiceExpression])
    throws(Failure)
  {
    levels = .init(repeating: [], count: axes.count)
    levels.append([Node(branches: .end, count: .one, smallCount: 1)])
    var builder = Builder(axes: axes, levels: levels)
    let state = State(conditions: conditions[...], constraints: constraints.flatMap(\.conjuncts))
    guard let simplified = state.folded({ .parameter($0) }), let root = try builder.node(0, simplified) else {
      throw .empty
    }
    levels = builder.levels
    self.root = root
  }

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

/// What is still open once the choices so far are made.
private struct State: Hashable {
  /// For the axes still to come; nil for always.
  var conditions: ArraySlice<ChoiceExpression?>
  var constraints: [ChoiceExpression]

  func mentions(_ name: String) -> Bool {
    constraints.contains { $0.mentions(name) } || conditions.contains { $0?.mentions(name) ?? false }
  }

  /// What is open when more is known; nil when that breaks a constraint.
  func folded(_ replacement: (String) -> ChoiceExpression) -> State? {
    var result = State(conditions: [], constraints: [])
    for constraint in constraints {
      switch constraint.folding(replacement) {
      case .constant(.boolean(false)): return nil
      case .constant: continue
      case let open: if !result.constraints.contains(open) { result.constraints.append(open) }
      }
    }
    result.conditions =
      conditions.map { condition in
        switch condition?.folding(replacement) {
        case .constant(.boolean(true)), nil: nil
        case .constant: .constant(.boolean(false))
        case let open?: open
        }
      }[...]
    return result
  }
}

private struct Builder {
  let axes: [ChoiceAxis]
  var levels: [[ChoiceDiagram.Node]]
  private var known: [[State: Int?]]
  private var work = 0

  init(axes: [ChoiceAxis], levels: [[ChoiceDiagram.Node]]) {
    self.axes = axes
    self.levels = levels
    known = .init(repeating: [:], count: axes.count)
  }

  /// The node for what is open at a level; nil when no path leads on from it.
  mutating func node(_ level: Int, _ state: State) throws(ChoiceDiagram.Failure) -> Int? {
    guard level < axes.count else { return 0 }
    if let node = known[level][state] { return node }
    let branches = try branches(level, state)
    var node: Int?
    if let branches {
      let count = count(branches, level)
      levels[level].append(.init(branches: branches, count: count, smallCount: count.uint64))
      node = levels[level].count - 1
    }
    known[level][state] = .some(node)
    return node
  }

  private mutating func branches(_ level: Int, _ state: State)
    throws(ChoiceDiagram.Failure) -> ChoiceDiagram.Branches?
  {
    let axis = axes[level]
    var rest = state
    // A condition mentions earlier choices alone, so that it is decided here.
    let isActive = rest.conditions.popFirst().map { $0 == nil } ?? true
    guard isActive else {
      guard let open = rest.folded({ $0 == axis.name ? .constant(nil) : .parameter($0) }) else { return nil }
      return try node(level + 1, open).map { .skip(next: $0) }
    }
    guard rest.mentions(axis.name) else {
      return try node(level + 1, rest).map { .all(values: axis.values.count, next: $0) }
    }
    var positions: [Int] = []
    var next: [Int] = []
    for (position, value) in axis.values.enumerated() {
      work += 1
      guard work <= ChoiceDiagram.workLimit else { throw .tooEntangled }
      guard let open = rest.folded({ $0 == axis.name ? .constant(value) : .parameter($0) }),
        let node = try node(level + 1, open)
      else { continue }
      positions.append(position)
      next.append(node)
    }
    guard let first = next.first else { return nil }
    if next.count == axis.values.count, next.allSatisfy({ $0 == first }) {
      return .all(values: next.count, next: first)
    }
    return .some(positions: positions, next: next, ends: ends(next, level))
  }

  private func count(_ branches: ChoiceDiagram.Branches, _ level: Int) -> NaturalNumber {
    switch branches {
    case .end: .one
    case .skip(let next): levels[level + 1][next].count
    case .all(let values, let next): levels[level + 1][next].count * values
    case .some(_, let next, _): next.reduce(.zero) { $0 + levels[level + 1][$1].count }
    }
  }

  /// Empty when they do not fit.
  private func ends(_ next: [Int], _ level: Int) -> [UInt64] {
    var ends: [UInt64] = []
    for node in next {
      guard let count = levels[level + 1][node].smallCount else { return [] }
      let (end, overflow) = (ends.last ?? 0).addingReportingOverflow(count)
      if overflow { return [] }
      ends.append(end)
    }
    return ends
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
