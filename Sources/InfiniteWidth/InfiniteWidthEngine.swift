import LaneKernels
import NetworkGraph
import Synchronization
import TangentKernel

/// What a computation costs, by formula, known before it starts.
public struct InfiniteWidthCost: Hashable, Sendable {
  /// Pairs of samples.
  public let pairs: Int
  /// Covariances written by all steps for all pairs. A nanosecond or two each in closed form; a quadrature costs more.
  public let operations: Int
  /// An upper bound of the memory needed at once.
  public let bytes: Int
}

/// A stretch of an evaluation, in the order in which they follow each other.
public enum InfiniteWidthPhase: String, Hashable, Sendable, CaseIterable {
  /// Laying out inputs and multiplying them out.
  case inputs
  /// Samples with themselves: the variances that everything else is relative to.
  case variances
  /// Samples with others.
  case covariances
}

/// The two kernels of infinite width.
public struct InfiniteWidthKernels: Hashable, Sendable {
  /// K, the covariance of the outputs over random weights (NNGP: Lee et al. 2018; Matthews et al. 2018).
  public let nngp: KernelMatrix
  /// Θ, the limit of the tangent kernel (Jacot et al. 2018); nil when it was not asked for.
  public let ntk: KernelMatrix?
}

/// Kernels of infinitely wide networks, in double precision unless said otherwise, by walking the same canonical
/// network as the finite engine. Widths of layers go to infinity; those of the input do not. For O outputs the limits
/// are K ⊗ I and Θ ⊗ I, and what is computed is K and Θ. Outputs that are maps, or several vectors joined, give the mean
/// over outputs.
///
/// Every bit is the same for any number of threads and on every instruction set, but for functions of the C library in
/// quadratures.
///
/// Complexity: of n samples and L layers O(n²L) for vectors, O(n² H W k L) for maps that end in a flatten, O(n² (HW)²
/// k L) where different positions meet (global or local average pooling), k × k being the kernel; memory O(n²) and
/// O((HW)²) for each thread.
public struct InfiniteWidthEngine: Sendable {
  /// Enters the score identity: changes whenever any kernel's bits may.
  public static let version = "4"

  private let threads: Int
  private let memoryBudget: Int?
  private let operationBudget: Int?
  private let precision: Precision

  /// - Parameters:
  ///   - threads: how many threads one evaluation may use.
  ///   - memoryBudget: bytes that one evaluation may take; nil for no limit.
  ///   - operationBudget: the most `InfiniteWidthCost.operations`; nil for no limit.
  ///   - precision: of the inner products of inputs without positions. In single precision they are of numbers rounded to it
  ///     and summed over up to 256 channels at a time, those sums in double: errors of about 1e-7 of |x| |x′|. All else is
  ///     in double precision either way.
  public init(
    threads: Int = 1, memoryBudget: Int? = nil, operationBudget: Int? = nil, precision: Precision = .double
  ) {
    self.threads = max(1, threads)
    self.memoryBudget = memoryBudget
    self.operationBudget = operationBudget
    self.precision = precision
  }

  /// What an evaluation would cost.
  ///
  /// - Parameter secondSamples: nil for the symmetric kernel of one set.
  /// - Throws: `InfiniteWidthError.unsupportedAtInfiniteWidth` when the network has no kernel at infinite width.
  public func estimate(
    _ network: CanonicalNetwork, samples: Int, secondSamples: Int? = nil, settings: InfiniteWidthSettings,
    hasTangent: Bool = true
  ) throws(InfiniteWidthError) -> InfiniteWidthCost {
    cost(
      of: try KernelPlan(network, settings: settings), max(1, samples), secondSamples.map { max(1, $0) },
      hasTangent: hasTangent)
  }

  /// The kernels of a network on some inputs, or between two sets.
  ///
  /// - Parameters:
  ///   - inputs: n × numbers of one sample, row-major (channel, row, column).
  ///   - secondInputs: m × the same; the kernels are then n × m.
  ///   - hasTangent: false for the NNGP kernel alone, at half the cost.
  ///   - progress: called with pairs done and all pairs, from any thread.
  ///   - measure: called with the wall seconds of each phase when it has ended, by the calling thread.
  /// - Throws: `InfiniteWidthError`; everything but a variance out of range before anything large is allocated.
  public func evaluate(
    _ network: CanonicalNetwork, inputs: [Double], secondInputs: [Double]? = nil,
    settings: InfiniteWidthSettings = InfiniteWidthSettings(), hasTangent: Bool = true,
    progress: (@Sendable (_ done: Int, _ all: Int) -> Void)? = nil,
    measure: ((InfiniteWidthPhase, _ seconds: Double) -> Void)? = nil
  ) throws(InfiniteWidthError) -> InfiniteWidthKernels {
    var lap = SuspendingClock.now
    func end(_ phase: InfiniteWidthPhase) {
      let now = SuspendingClock.now
      measure?(phase, (now - lap) / .seconds(1))
      lap = now
    }
    let shape = network.network.inputShape
    let rows = try Self.samples(inputs, shape)
    let secondRows: Int? = if let secondInputs { try Self.samples(secondInputs, shape) } else { nil }
    let plan = try KernelPlan(network, settings: settings)
    let cost = cost(of: plan, rows, secondRows, hasTangent: hasTangent)
    if let memoryBudget, cost.bytes > memoryBudget {
      throw .overBudget(needed: cost.bytes, budget: memoryBudget)
    }
    if let operationBudget, cost.operations > operationBudget {
      throw .overOperationBudget(needed: cost.operations, budget: operationBudget)
    }
    let workers = Workers(threads: threads)
    defer { workers.end() }
    let context = context(plan, inputs, secondInputs, rows, secondRows, settings, hasTangent, workers)
    let computations = (0..<threads).map { _ in TileComputation(context) }
    let chain = LayerChain(plan, first: context.firstTables, second: context.secondTables)
    let columns = secondRows ?? rows
    let counter = PairCounter(all: cost.pairs, report: progress)
    end(.inputs)
    var nngp = Self.matrix(rows * columns)
    var ntk = Self.matrix(hasTangent ? rows * columns : 0)
    nngp.withUnsafeMutableBufferPointer { nngp in
      ntk.withUnsafeMutableBufferPointer { ntk in
        let results = KernelBuffers(
          kernel: nngp, tangent: hasTangent ? ntk : nil, columns: columns, isOneSet: secondRows == nil,
          variant: context.variant)
        let schedule = TileSchedule(plan, rows: rows, secondRows: secondRows)
        Self.run(schedule.selves, computations, nil, workers, results, counter)
        end(.variances)
        guard Self.outOfRange(context) == nil else { return }
        Self.run(schedule.crosses, computations, chain, workers, results, counter)
        end(.covariances)
      }
    }
    if let error = Self.outOfRange(context) { throw error }
    return InfiniteWidthKernels(
      nngp: KernelMatrix(rows: rows, columns: columns, values: nngp),
      ntk: hasTangent ? KernelMatrix(rows: rows, columns: columns, values: ntk) : nil)
  }

  /// Numbers that the tiles write, each once, before they are read.
  private static func matrix(_ count: Int) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { $1 = count }
  }

  private static func samples(_ values: [Double], _ shape: TensorShape) throws(InfiniteWidthError) -> Int {
    let (count, rest) = values.count.quotientAndRemainder(dividingBy: max(1, shape.elementCount))
    guard rest == 0, count > 0 else {
      throw .inputShape(numbers: values.count, samples: count, expected: shape)
    }
    return count
  }

  /// The first activation whose quadrature meets a larger variance than it is made for.
  private static func outOfRange(_ context: TileContext) -> InfiniteWidthError? {
    for (index, table) in context.plan.tables.enumerated() {
      guard let dual = table.dual, dual.closedForm == nil else { continue }
      for tables in [context.firstTables, context.secondTables] {
        let values = UnsafeBufferPointer(start: tables.first(index), count: table.positions * tables.samples)
        if let variance = values.first(where: { $0 > dual.largestVariance }) {
          return .varianceOutOfRange(node: table.name, variance: variance, limit: dual.largestVariance)
        }
      }
    }
    return nil
  }

  // MARK: Tiles

  /// - Parameter chain: how pairs of samples are computed at once; nil for step by step.
  private static func run(
    _ tiles: [PairTile], _ computations: [TileComputation], _ chain: LayerChain?, _ workers: Workers,
    _ results: KernelBuffers, _ counter: PairCounter
  ) {
    let next = Atomic<Int>(0)
    let numbers = tiles.reduce(0) { max($0, chain == nil ? $1.lanes : $1.wholeLanes) }
    workers.forEach(computations.count) { thread in
      var kernel = [Double](repeating: 0, count: numbers)
      var tangent = kernel
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < tiles.count else { return }
        let tile = tiles[index]
        kernel.withUnsafeMutableBufferPointer { kernel in
          tangent.withUnsafeMutableBufferPointer { tangent in
            guard let kernel = kernel.baseAddress, let tangent = tangent.baseAddress else { return }
            let wanted = results.hasTangent ? tangent : nil
            if let chain, case .cross(let firsts, let seconds) = tile {
              let context = computations[thread].context
              chain.compute(
                context.products[0], firsts, seconds, context.variant, kernel: kernel, tangent: wanted,
                targetStride: tile.wholeStride)
              results.store(tile, kernel, tangent, stride: tile.wholeStride)
            } else {
              computations[thread].compute(tile, kernel: kernel, tangent: wanted)
              results.store(tile, kernel, tangent, stride: tile.stride)
            }
          }
        }
        counter.add(tile.pairs(isOneSet: results.isOneSet))
      }
    }
  }

  private func cost(
    of plan: KernelPlan, _ rows: Int, _ secondRows: Int?, hasTangent: Bool
  ) -> InfiniteWidthCost {
    let columns = secondRows ?? rows
    let pairs =
      secondRows.map { saturatingSum([saturatingProduct(rows, $0), rows, $0]) }
      ?? saturatingProduct(rows, rows + 1) / 2
    let samples = saturatingSum([rows, secondRows ?? 0])
    let stored = saturatingProduct(rows, columns, hasTangent ? 2 : 1)
    // Of single positions some channels at a time, in blocks of sixteen, and inner products; of maps a copy.
    let inputs = saturatingProduct(samples + 2 * laneCount, plan.inputChannels, plan.inputPositions)
    let products =
      plan.inputPositions == 1
      ? saturatingProduct(rows + laneCount, columns + laneCount, plan.inputParts) : 0
    let perThread = TileComputation.size(plan, lanes: TileSchedule.lanes(plan), hasTangent: hasTangent)
    let tables = saturatingProduct(SampleTables.numbers(plan), samples)
    let numbers = saturatingSum([stored, inputs, products, tables, saturatingProduct(perThread, threads)])
    return InfiniteWidthCost(
      pairs: pairs, operations: saturatingProduct(plan.entriesPerPair, hasTangent ? 2 : 1, pairs),
      bytes: saturatingProduct(numbers, MemoryLayout<Double>.stride))
  }

  private func context(
    _ plan: KernelPlan, _ inputs: [Double], _ secondInputs: [Double]?, _ rows: Int, _ secondRows: Int?,
    _ settings: InfiniteWidthSettings, _ hasTangent: Bool, _ workers: Workers
  ) -> TileContext {
    let variant = LaneVariants.current
    var products: [InnerProducts] = []
    var columns: (SampleColumns, SampleColumns)?
    if plan.inputPositions == 1 {
      for case .input(_, let channels) in plan.steps {
        products.append(
          InnerProducts(
            inputs, secondInputs, width: plan.inputChannels, channels: channels,
            factor: settings.inputScale / Double(channels.count), precision: precision, workers: workers,
            variant: variant))
      }
    } else {
      let first = SampleColumns(
        inputs, count: rows, channels: plan.inputChannels, positions: plan.inputPositions)
      let second =
        if let secondInputs, let secondRows {
          SampleColumns(
            secondInputs, count: secondRows, channels: plan.inputChannels, positions: plan.inputPositions)
        } else { first }
      columns = (first, second)
    }
    let firstTables = SampleTables(plan.tables, samples: rows)
    return TileContext(
      plan: plan, patchSums: plan.patches.map(PatchSum.init), inputScale: settings.inputScale,
      variant: variant, products: products,
      firstColumns: columns?.0, secondColumns: columns?.1, firstTables: firstTables,
      secondTables: secondRows.map { SampleTables(plan.tables, samples: $0) } ?? firstTables,
      hasTangent: hasTangent, lanes: TileSchedule.lanes(plan))
  }
}
