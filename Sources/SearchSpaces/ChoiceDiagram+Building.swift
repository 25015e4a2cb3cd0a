import ArchitecturePlugins

extension ChoiceDiagram {
  /// - Parameters:
  ///   - conditions: for each axis when it has a part; nil for always. They mention earlier axes alone.
  ///   - constraints: none of them is false for any candidate. Parameters that are no axes are filled in already.
  init(axes: [ChoiceAxis], conditions: [ChoiceExpression?], constraints: [ChoiceExpression])
    throws(Failure)
  {
    var builder = Builder(axes: axes)
    let state = State(conditions: conditions[...], constraints: constraints.flatMap(\.conjuncts))
    guard let simplified = state.folded({ .parameter($0) }), let root = try builder.node(0, simplified) else {
      throw .empty
    }
    self.init(levels: builder.levels, root: root)
  }

  /// The diagram of some choices of a family, its other parameters at their fixed values or defaults.
  init(axes: [ChoiceAxis], constraints: [ChoiceExpression], fixed: Choices, family: any ArchitectureFamily)
    throws(Failure)
  {
    let names = Set(axes.map(\.name))
    let known = { (name: String) -> ChoiceExpression in
      names.contains(name)
        ? .parameter(name) : .constant(fixed[name] ?? family.parameter(named: name)?.defaultValue)
    }
    try self.init(
      axes: axes, conditions: axes.map { $0.condition?.folding(known) },
      constraints: constraints.map { $0.folding(known) })
  }
}

/// What is still open once the choices so far are made.
private struct State: Hashable {
  /// For the axes still to come; nil for always.
  var conditions: ArraySlice<ChoiceExpression?>
  var constraints: [ChoiceExpression]

  /// The parts of all its expressions.
  var size: Int {
    constraints.reduce(0) { $0 + $1.size } + conditions.reduce(0) { $0 + ($1?.size ?? 0) }
  }

  func mentions(_ name: String) -> Bool {
    constraints.contains { $0.mentions(name) } || conditions.contains { $0?.mentions(name) ?? false }
  }

  /// What is open when more is known; nil when that breaks a constraint.
  func folded(_ replacement: (String) -> ChoiceExpression) -> State? {
    var result = State(conditions: [], constraints: [])
    var seen: Set<ChoiceExpression> = []
    for constraint in constraints {
      switch constraint.folding(replacement) {
      case .constant(.boolean(false)): return nil
      case .constant: continue
      case let open: if seen.insert(open).inserted { result.constraints.append(open) }
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
  private(set) var levels: [[ChoiceDiagram.Node]]
  private var known: [[State: Int?]]
  private var work = 0

  init(axes: [ChoiceAxis]) {
    self.axes = axes
    let end = ChoiceDiagram.Node(branches: .end, count: .one, smallCount: 1)
    levels = .init(repeating: [], count: axes.count) + [[end]]
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
    let cost = 1 + rest.size
    // A condition mentions earlier choices alone, so that it is decided here.
    let isActive = rest.conditions.popFirst().map { $0 == nil } ?? true
    guard isActive else {
      guard let open = try folded(rest, axis.name, nil, cost) else { return nil }
      return try node(level + 1, open).map { .skip(next: $0) }
    }
    guard rest.mentions(axis.name) else {
      return try node(level + 1, rest).map { .all(values: axis.values.count, next: $0) }
    }
    var positions: [Int] = []
    var next: [Int] = []
    for (position, value) in axis.values.enumerated() {
      guard let open = try folded(rest, axis.name, value, cost),
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

  /// What is open once a choice is made, nil for one without a part; nil when that breaks a constraint.
  private mutating func folded(_ state: State, _ name: String, _ value: ParameterValue?, _ cost: Int)
    throws(ChoiceDiagram.Failure) -> State?
  {
    work += cost
    guard work <= ChoiceDiagram.workLimit else { throw .tooEntangled }
    return state.folded { $0 == name ? .constant(value) : .parameter($0) }
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
