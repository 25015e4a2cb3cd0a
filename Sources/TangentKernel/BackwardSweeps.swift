import LaneKernels
import NetworkGraph

/// The order of a backward pass where samples are coupled, and where its gradients stand.
///
/// A batch norm needs a whole gradient before any of it goes on; between batch norms a gradient goes column by column,
/// since whole ones are too large for the caches by far. So steps are sorted into sweeps: within a sweep all that can be
/// done with some columns is done before the next, and a gradient that no other sweep needs exists for those columns
/// alone.
struct BackwardSweeps {
  /// One step's part in a sweep, column by column.
  struct Work {
    enum Action {
      /// A batch norm is told of columns of its gradient, which are complete.
      case measure(Int)
      case propagate(Propagation)
    }

    let action: Action
    /// The local storages that it is the first and the last to use.
    var opens: [Int] = []
    var closes: [Int] = []
    /// What a convolution fetches while it forms its share of the kernel.
    var fetches: [Fetch] = []
  }

  /// A whole gradient that will be used soon: of the columns at work, or of those after them.
  struct Fetch {
    let storage: Int
    let isOfNextColumns: Bool
  }

  /// A step's backward pass.
  struct Propagation {
    let step: Int
    /// A ReLU that the gradient goes through in the same go: that of the step's input.
    let rectifier: Int?
    /// Whether its share of the kernel was added when its gradient was known whole: a batch norm's.
    let isMeasured: Bool
    /// Where each input's gradient gathers; nil when it wants none, or stands where the step's own does.
    let targets: [Target?]
  }

  struct Target {
    /// Index in `storages`.
    let storage: Int
    /// Whether it holds another consumer's share by then.
    let accumulate: Bool
  }

  /// The memory of a gradient: of one step's, or of several that are the same.
  struct Storage {
    let shape: TensorShape
    var border = MapBorder()
    /// The sweeps that use it.
    var sweeps: ClosedRange<Int>
    /// Whether it exists for some columns at a time: one sweep uses it, column by column.
    var isLocal = true
    /// In a local one's sweep, the work that uses it.
    var work: ClosedRange<Int>
  }

  struct Sweep {
    /// Batch norms whose gradients have been measured.
    var normalizations: [Int] = []
    /// What needs all columns at once, and comes first.
    var whole: [Propagation] = []
    /// What is done for some columns after others.
    var work: [Work] = []
    /// The storages of whole gradients that it is the last to use.
    var closes: [Int] = []

    /// Scalars of the largest gradient that goes column by column, for one sample and direction.
    func largestGradient(_ plan: ExecutionPlan) -> Int {
      work.lazy.map {
        switch $0.action {
        case .measure(let time): plan.steps[time].node.shape.elementCount
        case .propagate(let propagation): plan.steps[propagation.step].node.shape.elementCount
        }
      }.max() ?? 0
    }
  }

  /// Bytes of the largest gradient that a worker has under way: measured best, though more than its second-level cache
  /// holds of several.
  private static var bytesUnderWay: Int { 512 << 10 }

  /// How many columns of gradients, the largest with so many bytes a column, are worked on at a time.
  static func columnsAtOnce(bytesPerColumn: Int, workers: Int) -> Int {
    max(1, bytesUnderWay / max(1, bytesPerColumn)) * min(workers, gramSlotCount)
  }

  /// How many times its positions a map may take with its border.
  private static var largestBorderedShare: Double { 4 }

  private(set) var sweeps: [Sweep] = []
  private(set) var storages: [Storage] = []
  /// Of each step's gradient; nil where none arrives.
  private(set) var storageOfStep: [Int?]

  let plan: ExecutionPlan
  /// How many shares each step's gradient is the sum of.
  private let shares: [Int]
  /// The ReLUs that convolutions take along: only such read them.
  private let rectifiers: Set<Int>
  /// Steps whose gradient has not gone on yet.
  private var waiting: Set<Int> = []

  init(_ plan: ExecutionPlan) {
    self.plan = plan
    let count = plan.steps.count
    var shares = [Int](repeating: 0, count: count)
    var maskedShares = shares
    var levels = [Int?](repeating: nil, count: count)
    levels[plan.output] = Self.needsWholeGradient(plan.steps[plan.output]) ? 1 : 0
    for (time, step) in plan.steps.enumerated().reversed() where step.carriesGradient {
      guard let level = levels[time] else { continue }
      for source in step.inputs where plan.steps[source].carriesGradient {
        shares[source] += 1
        if Self.takesMask(step, plan) { maskedShares[source] += 1 }
        let least = level + (Self.needsWholeGradient(plan.steps[source]) ? 1 : 0)
        levels[source] = max(levels[source] ?? 0, least)
      }
    }
    self.shares = shares
    rectifiers = Set(
      plan.steps.indices.filter { time in
        guard case .activation(.relu) = plan.steps[time].node.operation, time != plan.output else {
          return false
        }
        return shares[time] > 0 && maskedShares[time] == shares[time]
      })
    storageOfStep = .init(repeating: nil, count: count)
    sweeps = .init(repeating: Sweep(), count: (levels.compactMap { $0 }.max() ?? 0) + 1)
    storages = [
      Storage(shape: plan.steps[plan.output].node.shape, sweeps: 0...0, isLocal: false, work: 0...0)
    ]
    storageOfStep[plan.output] = 0
    waiting = [plan.output]
    // In the reverse order of evaluation: whatever adds to a step's gradient comes before the step.
    var steps = [[Int]](repeating: [], count: sweeps.count)
    for time in plan.steps.indices.reversed() {
      guard plan.steps[time].carriesGradient, let level = levels[time] else { continue }
      steps[level].append(time)
      if level > 0, Self.isBatchNormalization(plan.steps[time]) { steps[level - 1].append(time) }
    }
    for level in sweeps.indices { fill(level, steps[level], levels) }
    for (index, storage) in storages.enumerated() {
      if storage.isLocal {
        let level = storage.sweeps.lowerBound
        sweeps[level].work[storage.work.lowerBound].opens.append(index)
        sweeps[level].work[storage.work.upperBound].closes.append(index)
      } else {
        sweeps[storage.sweeps.upperBound].closes.append(index)
      }
    }
    for level in sweeps.indices { planFetches(level) }
  }

  /// Whole gradients stand in memory by the time that they are needed, and passes over them take longer to get them than
  /// to compute. So each convolution fetches those that are used after its products, until the next one's.
  private mutating func planFetches(_ level: Int) {
    // A work's products come after what it reads and before what it writes.
    var uses: [(storage: Int, moment: Int)] = []
    var fetchers: [Int] = []
    for (index, work) in sweeps[level].work.enumerated() {
      let moment = 2 * index + 1
      var used: [(storage: Int?, moment: Int)] = []
      switch work.action {
      case .measure(let time): used = [(storageOfStep[time], moment - 1)]
      case .propagate(let propagation):
        used =
          [(storageOfStep[propagation.step], moment - 1)]
          + propagation.targets.map { ($0?.storage, moment + 1) }
        if case .convolution = plan.steps[propagation.step].node.operation { fetchers.append(index) }
      }
      for case (let storage?, let moment) in used where !storages[storage].isLocal {
        if !uses.contains(where: { $0.storage == storage }) { uses.append((storage, moment)) }
      }
    }
    for (index, fetcher) in zip(fetchers, fetchers.dropFirst() + fetchers.prefix(1)) {
      let (moment, next) = (2 * index + 1, 2 * fetcher + 1)
      let isLast = fetcher <= index
      sweeps[level].work[index].fetches =
        uses.filter { $0.moment > moment && (isLast || $0.moment < next) }
        .map { Fetch(storage: $0.storage, isOfNextColumns: false) }
        + uses.filter { isLast && $0.moment < next }.map { Fetch(storage: $0.storage, isOfNextColumns: true) }
    }
  }

  /// Whether a step's backward pass cannot start from some columns of its gradient.
  private static func needsWholeGradient(_ step: ExecutionPlan.Step) -> Bool {
    isBatchNormalization(step) || !goesColumnByColumn(step)
  }

  private static func isBatchNormalization(_ step: ExecutionPlan.Step) -> Bool {
    if case .batchNormalization = step.node.operation { true } else { false }
  }

  private static func goesColumnByColumn(_ step: ExecutionPlan.Step) -> Bool {
    switch step.node.operation {
    case .convolution(let layer): layer.paddingMode == .zeros || layer.padding == 0
    case .batchNormalization, .activation, .averagePooling, .maxPooling, .globalAveragePooling, .add, .scale,
      .concatenate, .zero:
      true
    default: false
    }
  }

  private mutating func fill(_ level: Int, _ steps: [Int], _ levels: [Int?]) {
    for time in steps where levels[time] == level && !Self.goesColumnByColumn(plan.steps[time]) {
      sweeps[level].whole.append(propagation(time, level, isWhole: true))
    }
    for time in steps {
      let isNormalization = Self.isBatchNormalization(plan.steps[time])
      if levels[time] == level + 1, isNormalization {
        use(time, level)
        sweeps[level].work.append(Work(action: .measure(time)))
      }
      guard levels[time] == level, Self.goesColumnByColumn(plan.steps[time]), !rectifiers.contains(time)
      else {
        continue
      }
      if isNormalization { sweeps[level].normalizations.append(time) }
      sweeps[level].work.append(Work(action: .propagate(propagation(time, level, isWhole: false))))
    }
  }

  /// Notes that a sweep's next work uses the gradient of a step.
  private mutating func use(_ time: Int, _ level: Int, isWhole: Bool = false) {
    guard let index = storageOfStep[time] else { return }
    let place = sweeps[level].work.count
    storages[index].sweeps = min(storages[index].sweeps.lowerBound, level)...level
    storages[index].work = min(storages[index].work.lowerBound, place)...place
    if isWhole || storages[index].sweeps.count > 1 { storages[index].isLocal = false }
  }

  private mutating func propagation(_ time: Int, _ level: Int, isWhole: Bool) -> Propagation {
    use(time, level, isWhole: isWhole)
    waiting.remove(time)
    let step = plan.steps[time]
    if case .add = step.node.operation {
      return Propagation(
        step: time, rectifier: nil, isMeasured: false, targets: passThrough(time, level))
    }
    if let source = step.inputs.first, rectifiers.contains(source) {
      let target = target(plan.steps[source].inputs[0], level, isWhole: false)
      return Propagation(step: time, rectifier: source, isMeasured: false, targets: [target])
    }
    let targets = step.inputs.map { target($0, level, isWhole: isWhole) }
    let isMeasured = Self.isBatchNormalization(step)
    if isMeasured { addBorder(to: step.inputs[0], readBy: step) }
    return Propagation(step: time, rectifier: nil, isMeasured: isMeasured, targets: targets)
  }

  /// Whether a ReLU before a step can be left to the step's own backward pass.
  private static func takesMask(_ step: ExecutionPlan.Step, _ plan: ExecutionPlan) -> Bool {
    guard case .convolution(let layer) = step.node.operation, goesColumnByColumn(step) else { return false }
    return layer.takesMask(input: plan.inputShapes(of: step)[0], output: step.node.shape)
  }

  /// A convolution's gradient that a batch norm alone writes gets the border that the convolution reads.
  private mutating func addBorder(to time: Int, readBy normalization: ExecutionPlan.Step) {
    guard case .convolution(let layer) = plan.steps[time].node.operation, shares[time] == 1,
      time != plan.output,
      Self.goesColumnByColumn(plan.steps[time]), let storage = storageOfStep[time],
      // Not flattened in between.
      normalization.node.shape == plan.steps[time].node.shape
    else { return }
    let shape = plan.steps[time].node.shape
    let border = layer.gradientBorder(input: plan.inputShapes(of: plan.steps[time])[0], output: shape)
    guard case .maps(_, let rows, let columns) = shape else { return }
    // Of dilated kernels it can be larger than the map by far; then the convolution sees to it.
    let most = Self.largestBorderedShare * Double(shape.positions)
    guard border.positions(rows: rows, columns: columns) <= most else { return }
    storages[storage].border = border
  }

  private mutating func target(_ source: Int, _ level: Int, isWhole: Bool) -> Target? {
    guard plan.steps[source].carriesGradient else { return nil }
    let isFirst = storageOfStep[source] == nil
    if isFirst {
      let place = sweeps[level].work.count
      storageOfStep[source] = storages.count
      storages.append(
        Storage(shape: plan.steps[source].node.shape, sweeps: level...level, work: place...place))
      waiting.insert(source)
    }
    use(source, level, isWhole: isWhole)
    return storageOfStep[source].map { Target(storage: $0, accumulate: !isFirst) }
  }

  /// A sum's gradient is its inputs' gradient as it stands. Inputs that nothing else reads share its memory, since
  /// nothing will be added to theirs; else the last input without a gradient takes the memory over, if no other step
  /// shares it. Only the others cost a pass over it.
  private mutating func passThrough(_ time: Int, _ level: Int) -> [Target?] {
    let inputs = plan.steps[time].inputs
    let wanting = inputs.filter { plan.steps[$0].carriesGradient }
    var heirs = wanting.filter { shares[$0] == 1 && $0 != plan.output }
    if heirs.isEmpty, !waiting.contains(where: { storageOfStep[$0] == storageOfStep[time] }) {
      heirs =
        wanting.last { source in
          storageOfStep[source] == nil && wanting.count(where: { $0 == source }) == 1
        }.map { [$0] } ?? []
    }
    let targets = inputs.map { heirs.contains($0) ? nil : target($0, level, isWhole: false) }
    for heir in heirs {
      storageOfStep[heir] = storageOfStep[time]
      waiting.insert(heir)
    }
    return targets
  }
}
