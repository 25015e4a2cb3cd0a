import CLaneKernels
import GaussianDuals
import LaneKernels

/// One thread's memory, and the steps of the plan on one tile at a time.
final class TileComputation {
  let context: TileContext
  let plan: KernelPlan
  private let memory: UnsafeMutablePointer<Double>
  private let slotOffsets: [Int]
  private let tangentOffset: Int
  let scratch: UnsafeMutablePointer<Double>
  /// Of the second samples of a tile, [position][lane], two numbers each; then of the first sample. Only where they do not
  /// stand so in the tables.
  let secondNumbers: UnsafeMutablePointer<Double>
  let secondOthers: UnsafeMutablePointer<Double>
  let firstNumbers: UnsafeMutablePointer<Double>
  let firstOthers: UnsafeMutablePointer<Double>
  let inputs: UnsafeMutablePointer<Double>
  let laneDuals: [LaneGaussianDual?]

  /// Numbers that one thread holds; vectors are read whole, also the last.
  static func size(_ plan: KernelPlan, lanes: Int, hasTangent: Bool) -> Int {
    saturatingSum([
      saturatingProduct(saturatingSum(plan.slots), lanes, hasTangent ? 2 : 1),
      saturatingProduct(scratchSize(plan), lanes), saturatingProduct(2 * plan.largestPositions, lanes + 1),
      saturatingProduct(inputSize(plan), lanes), laneCount,
    ])
  }

  /// A copy of the second samples' inputs, where all pairs of positions are wanted.
  private static func inputSize(_ plan: KernelPlan) -> Int {
    let isFull = plan.steps.contains { step in
      if case .input(let target, _) = step { plan.covariances[target].layout.isFull } else { false }
    }
    return isFull ? saturatingProduct(plan.inputChannels, plan.inputPositions) : 0
  }

  /// Padded blocks, and sums of a block or of a number for each lane.
  private static func scratchSize(_ plan: KernelPlan) -> Int {
    let blocks = plan.covariances.reduce(1) { max($0, $1.layout.blockEntries) }
    return max(plan.largestScratch, saturatingProduct(2, blocks))
  }

  init(_ context: TileContext) {
    self.context = context
    plan = context.plan
    let lanes = context.lanes
    var offset = 0
    slotOffsets = plan.slots.map { entries in
      defer { offset += entries * lanes }
      return offset
    }
    tangentOffset = offset
    memory = .allocate(capacity: Self.size(plan, lanes: lanes, hasTangent: context.hasTangent))
    scratch = memory + offset * (context.hasTangent ? 2 : 1)
    secondNumbers = scratch + Self.scratchSize(plan) * lanes
    secondOthers = secondNumbers + plan.largestPositions * lanes
    firstNumbers = secondOthers + plan.largestPositions * lanes
    firstOthers = firstNumbers + plan.largestPositions
    inputs = firstOthers + plan.largestPositions
    laneDuals = plan.tables.map { $0.dual.flatMap(DualCoefficients.laneDual) }
  }

  deinit { memory.deallocate() }

  /// Computes the kernels of the tile's pairs.
  ///
  /// - Parameters:
  ///   - kernel: one number for each lane.
  ///   - tangent: the same; nil when it is not wanted.
  func compute(_ tile: PairTile, kernel: UnsafeMutablePointer<Double>, tangent: UnsafeMutablePointer<Double>?)
  {
    var inputIndex = 0
    for step in plan.steps {
      switch step {
      case .input(let target, let channels):
        input(target, channels, inputIndex, tile)
        inputIndex += 1
      case .zero(let target):
        forEachKind { place(target, $0).initialize(repeating: 0, count: count(target, tile)) }
      case .combine(let target, let terms): combine(target, terms, tile)
      case .diagonal(let target, let source): diagonal(target, source, tile)
      case .activate(let target, let source, let table): activate(target, source, table, tile)
      case .normalize(let pairs, let terms, let table, let epsilon, let trainsShift):
        normalize(pairs, terms, table, epsilon, trainsShift: trainsShift, tile)
      case .patches(let target, let source, let sum, let factors):
        patches(target, source, context.patchSums[sum], factors, tile)
      case .dense(let target, let terms, let factors): dense(target, terms, factors, tile)
      case .mean(let target, let source): mean(target, source, tile)
      }
    }
    kernel.update(from: place(plan.output, .kernel), count: tile.lanes)
    tangent?.update(from: place(plan.output, .tangent), count: tile.lanes)
  }

  enum Kind { case kernel, tangent }

  func forEachKind(_ body: (Kind) -> Void) {
    body(.kernel)
    if context.hasTangent { body(.tangent) }
  }

  func place(_ covariance: Int, _ kind: Kind) -> UnsafeMutablePointer<Double> {
    memory + slotOffsets[plan.covariances[covariance].slot] + (kind == .tangent ? tangentOffset : 0)
  }

  func layout(_ covariance: Int) -> TileLayout { plan.covariances[covariance].layout }

  func count(_ covariance: Int, _ tile: PairTile) -> Int { layout(covariance).entries * tile.lanes }
}
