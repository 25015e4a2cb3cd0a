import CLaneKernels
import Datasets
import LaneKernels
import NetworkGraph

/// Memory that evaluations reuse. One for each worker: it must not be used by two threads at once.
public final class KernelWorkspace {
  let pool = BufferPool()

  /// Holds no memory yet.
  public init() {}

  /// Returns unused memory beyond this many bytes to the system.
  public func trim(to bytes: Int) { pool.trim(to: bytes) }

  /// Bytes held, in use or kept for the next evaluation.
  public var bytes: Int { pool.bytes }

  /// The most bytes held at any time.
  package var largestBytes: Int { pool.largestBytes }
}

/// What an evaluation costs, by formula, known before it starts.
public struct KernelCost: Hashable, Sendable {
  /// Of forward, backward, weight gradients and Gram matrices, all samples together.
  public let multiplyAdds: Int
  /// An upper bound of the memory needed at once.
  public let bytes: Int
}

/// Wall seconds of each phase.
public struct PhaseSeconds: Hashable, Sendable {
  /// Drawing or loading parameters.
  public var initialization = 0.0
  /// Forward pass, batch statistics included.
  public var forward = 0.0
  /// Backward pass, weight gradients and Gram matrices, which alternate layer by layer.
  public var backward = 0.0
  /// Adding up and laying out the kernel.
  public var gram = 0.0

  /// Everything but the initialization.
  public var computation: Double { forward + backward + gram }
}

/// A kernel and what was learned on the way.
public struct KernelEvaluation: Sendable {
  /// n × n for the reductions `sum` and `trace`, nO × nO for `full`; n × m between two sets of inputs.
  public let kernel: KernelMatrix
  /// n × O, row-major, of the first set of inputs.
  public let outputs: [Double]
  /// False when an output or an entry of the kernel is not finite.
  public let isFinite: Bool
  /// Wall time.
  public let seconds: PhaseSeconds
  /// Of this evaluation, by formula.
  public let cost: KernelCost
  /// Per parameter array that the filter includes, in canonical order of layers. They sum to `kernel`.
  /// Nil unless asked for, as all that follows.
  public let perLayerKernels: [LayerKernel]?
  /// n × n (n × m): ⟨∂(Σ f(x_i))/∂x_i, ∂(Σ f(x_j))/∂x_j⟩, f summed over outputs whatever the reduction. Statistics
  /// of batch norm are constants in the modes `frozen` and `running`; in `batch` a sample's gradient includes its own
  /// path through them.
  public let inputGradientKernel: KernelMatrix?
  /// n × n (n × m): inner products of the last hidden features, which the last dense layer reads; of the outputs where
  /// they are not a dense layer's. (The conjugate kernel, whose limit is the NNGP kernel: Lee et al. 2018.)
  public let conjugateKernel: KernelMatrix?
  /// Per layer and activation, in order of evaluation; over the first set of inputs.
  public let signalStatistics: [LayerSignal]?
  /// Which units are active together, over all ReLU-like activations.
  public let activationPatterns: ActivationPatterns?
  /// Of the passes over this batch; the rest of `seconds.computation` is laying out inputs and moving buffers.
  public let phaseSeconds: KernelPhaseSeconds?
}

/// Computes empirical neural tangent kernels of finite networks (Jacot et al. 2018): Θ_ij = ⟨∂f(x_i)/∂ω, ∂f(x_j)/∂ω⟩
/// over the stored parameters ω. The same seed gives the same bits for any number of threads and on every
/// instruction set.
public struct TangentKernelEngine: Sendable {
  /// Enters the score identity: changes whenever any kernel's bits may.
  public static let version = "8"

  private let threads: Int
  private let memoryBudget: Int?
  private let variant: LaneVariantChoice

  /// - Parameters:
  ///   - threads: how many threads one evaluation may use.
  ///   - memoryBudget: bytes that one evaluation may take; nil for no limit.
  public init(threads: Int = 1, memoryBudget: Int? = nil) {
    self.init(threads: threads, memoryBudget: memoryBudget, variant: .current)
  }

  package init(threads: Int, memoryBudget: Int?, variant: LaneVariantChoice) {
    self.threads = max(1, threads)
    self.memoryBudget = memoryBudget
    self.variant = variant
  }

  /// What an evaluation would cost. Counts of samples that no batch has stand for the nearest that one can have.
  public func estimate(
    _ network: CanonicalNetwork, samples: Int, settings: KernelSettings, extras: KernelExtras = []
  ) throws(KernelError) -> KernelCost {
    cost(
      of: ExecutionPlan(network, settings: settings, extras: extras),
      samples: [min(max(1, samples), SampleBatch.maximumElements)], settings)
  }

  /// How many numbers a sample's last hidden features have: those of the conjugate kernel.
  package static func hiddenFeatures(of network: CanonicalNetwork, settings: KernelSettings) -> Int {
    let plan = ExecutionPlan(network, settings: settings)
    return plan.steps[plan.features].node.shape.elementCount
  }

  /// The kernel of a network on a batch, or between two batches. Batch statistics are taken over `inputs` alone and
  /// apply to both.
  ///
  /// - Parameter extras: what else to keep of the same passes; no other result depends on it, to the last bit.
  /// - Throws: `KernelError` before anything large is allocated.
  public func evaluate(
    _ network: CanonicalNetwork, parameters: ParameterSource, inputs: SampleBatch,
    secondInputs: SampleBatch? = nil,
    settings: KernelSettings, extras: KernelExtras = [], workspace: KernelWorkspace = KernelWorkspace()
  ) throws(KernelError) -> KernelEvaluation {
    let batches = [inputs] + (secondInputs.map { [$0] } ?? [])
    for batch in batches where batch.shape.elementCount != network.network.inputShape.elementCount {
      throw .inputShape(batch: batch.shape, network: network.network.inputShape)
    }
    let plan = ExecutionPlan(network, settings: settings, extras: extras)
    if secondInputs != nil, plan.isCoupled {
      throw .unsupported(
        node: "batch_norm",
        reason: "a kernel between two sets of inputs is not defined in batch-norm mode 'batch'")
    }
    let cost = cost(of: plan, samples: batches.map(\.count), settings)
    if let memoryBudget, cost.bytes > memoryBudget {
      throw .overBudget(needed: cost.bytes, budget: memoryBudget)
    }
    workspace.pool.limit = cost.bytes
    return switch settings.precision {
    case .single: try evaluate(Float.self, plan, parameters, batches, settings, cost, workspace.pool)
    case .double: try evaluate(Double.self, plan, parameters, batches, settings, cost, workspace.pool)
    }
  }

  private func evaluate<Scalar: LaneScalar>(
    _ type: Scalar.Type, _ plan: ExecutionPlan, _ parameters: ParameterSource, _ batches: [SampleBatch],
    _ settings: KernelSettings, _ cost: KernelCost, _ pool: BufferPool
  ) throws(KernelError) -> KernelEvaluation {
    var clock = PhaseClock()
    var seconds = PhaseSeconds()
    let workers = Workers(threads: threads)
    defer { workers.end() }
    let lanes = batches.map { Self.lanes(samples: $0.count) }
    let rounds = rounds(of: plan, samples: batches.map(\.count), settings)
    let context = PassContext<Scalar>(
      kernels: Scalar.kernels(of: variant.pointer), workers: workers, pool: pool,
      samples: batches[0].count, blocks: lanes.joined().count,
      realLanes: Array(lanes.joined()),
      statisticsLanes: lanes[0] + Array(repeating: 0, count: lanes.dropFirst().joined().count),
      isCoupled: plan.isCoupled, keepsWeights: rounds.count > 1 || plan.isCoupled,
      filter: settings.parameterFilter,
      meter: plan.extras.contains(.phaseSeconds) ? PhaseMeter() : nil)
    let passes = try PassFactory<Scalar>(
      plan: plan, settings: settings, source: parameters, workers: workers, pool: pool
    ).passes()
    seconds.initialization = clock.lap()

    let computation = KernelComputation(plan: plan, passes: passes, context: context)
    let observer = SignalObserver<Scalar>(plan, context)
    var values = computation.forward(
      Self.laneTensor(batches, plan.network.network.inputShape, context), observer: observer)
    let outputs = values.steps[plan.output].map { Self.outputs($0, count: batches[0].count) } ?? []
    if plan.isCoupled { computation.separateSamples(&values) }
    seconds.forward = clock.lap()

    let gram = GramAccumulator<Scalar>(
      kernels: context.kernels, blocks: plan.isCoupled ? rounds.gramBlocks : context.blocks,
      directions: plan.isCoupled ? 1 : rounds.directionsPerRound,
      reduction: plan.isCoupled ? .sum : settings.outputReduction,
      keepsArrays: plan.extras.contains(.perLayerKernels), pool: pool)
    let inputGradients =
      plan.extras.contains(.inputGradientKernel)
      ? InputGradients<Scalar>(shape: plan.network.network.inputShape, context) : nil
    gram.gathersRows = rounds.roundsPerGram > 1
    let sweeps = plan.isCoupled ? BackwardSweeps(plan) : nil
    for round in 0..<rounds.count {
      let directions = rounds.directions(ofRound: round)
      (gram.firstDirection, gram.isComplete) = rounds.place(ofRound: round)
      gram.directionCount = directions.count
      if let sweeps {
        computation.backward(values, directions, sweeps, into: gram, inputGradients: inputGradients)
      } else {
        computation.backward(
          &values, directions, into: gram, isLast: round == rounds.count - 1,
          inputGradients: inputGradients)
      }
    }
    computation.releaseAll(&values)
    seconds.backward = clock.lap()

    let samples = batches.map(\.count)
    let layout = { (matrix: UnsafeMutablePointer<Double>) in
      Self.matrix(
        matrix, gram, rounds, samples: samples, outputs: plan.network.network.outputCount,
        settings.outputReduction)
    }
    let kernel = context.meter.section(.gram) { layout(gram.sum) }
    let roles = ParameterArray.Role.allCases
    let layers = gram.arrays.map { array in
      (
        array, owner: plan.owner(of: array.role, step: array.step),
        place: roles.firstIndex(of: array.role) ?? 0
      )
    }.sorted { ($0.owner, $0.place) < ($1.owner, $1.place) }.map { array, owner, _ in
      LayerKernel(layer: plan.originalName(owner), role: array.role, kernel: layout(array.matrix))
    }
    let inputGradientKernel = inputGradients.map { $0.kernel(samples: samples, context) }
    seconds.gram = clock.lap()
    return KernelEvaluation(
      kernel: kernel, outputs: outputs, isFinite: values.isFinite && kernel.values.allSatisfy(\.isFinite),
      seconds: seconds, cost: cost, perLayerKernels: plan.extras.contains(.perLayerKernels) ? layers : nil,
      inputGradientKernel: inputGradientKernel, conjugateKernel: observer?.conjugateKernel(samples: samples),
      signalStatistics: observer?.statistics, activationPatterns: observer?.patterns(samples: samples),
      phaseSeconds: context.meter?.seconds)
  }

  private func cost(of plan: ExecutionPlan, samples: [Int], _ settings: KernelSettings) -> KernelCost {
    let blocks = samples.reduce(0) { $0 + ($1 + laneCount - 1) / laneCount }
    let rounds = rounds(of: plan, samples: samples, settings)
    return KernelCost(
      multiplyAdds: plan.multiplyAdds(
        samples: samples.reduce(0, +), outputs: plan.network.network.outputCount,
        reduction: settings.outputReduction),
      bytes: plan.peakBytes(
        scalarBytes: settings.precision == .single ? 4 : 8, blocks: blocks, rounds: rounds))
  }

  private func rounds(of plan: ExecutionPlan, samples: [Int], _ settings: KernelSettings) -> BackwardRounds {
    BackwardRounds(
      settings.outputReduction, outputs: plan.network.network.outputCount, samples: samples[0],
      blocks: samples.reduce(0) { $0 + ($1 + laneCount - 1) / laneCount }, isCoupled: plan.isCoupled,
      sizes: plan.gradientSizes)
  }

  // MARK: Layout

  private static func lanes(samples: Int) -> [Int] {
    stride(from: 0, to: samples, by: laneCount).map { min(laneCount, samples - $0) }
  }

  /// Row-major samples into lanes; padding lanes are zero.
  private static func laneTensor<Scalar: LaneScalar>(
    _ batches: [SampleBatch], _ shape: TensorShape, _ context: PassContext<Scalar>
  ) -> LaneTensor<Scalar> {
    let elements = shape.elementCount
    let tensor = LaneTensor(
      base: context.pool.take(Scalar.self, count: elements * context.blocks * laneCount), shape: shape,
      columns: context.blocks)
    tensor.base.fillWithZeros(tensor.count)
    var firstBlock = 0
    for batch in batches {
      for sample in 0..<batch.count {
        let column = tensor.column(firstBlock + sample / laneCount) + sample % laneCount
        for element in 0..<elements {
          column[element * laneCount] = Scalar(batch.values[sample * elements + element])
        }
      }
      firstBlock += (batch.count + laneCount - 1) / laneCount
    }
    return tensor
  }

  private static func outputs<Scalar: LaneScalar>(_ output: LaneTensor<Scalar>, count: Int) -> [Double] {
    (0..<count).flatMap { sample in
      (0..<output.vectors).map {
        Double(output.column(sample / laneCount)[$0 * laneCount + sample % laneCount])
      }
    }
  }

  private static func matrix<Scalar: LaneScalar>(
    _ matrix: UnsafeMutablePointer<Double>, _ gram: GramAccumulator<Scalar>, _ rounds: BackwardRounds,
    samples: [Int], outputs: Int,
    _ reduction: OutputReduction
  ) -> KernelMatrix {
    let perSample = reduction == .full ? outputs : 1
    let share = reduction == .trace ? 1 / Double(outputs) : 1
    let rows = samples[0] * perSample
    let columns = samples[samples.count - 1] * perSample
    let firstColumnBlock = samples.count == 1 ? 0 : (samples[0] + laneCount - 1) / laneCount
    let columnLanes = (0..<columns).map { rounds.lane(ofRow: $0, firstBlock: firstColumnBlock) }
    var values: [Double] = []
    values.reserveCapacity(rows * columns)
    for row in 0..<rows {
      let lane = rounds.lane(ofRow: row, firstBlock: 0)
      for column in columnLanes { values.append(share * gram.entry(lane, column, of: matrix)) }
    }
    return KernelMatrix(rows: rows, columns: columns, values: values)
  }
}

/// Which instruction-set variant an engine uses.
package struct LaneVariantChoice: @unchecked Sendable {
  // Sendable because the pointer leads to an immutable table in the program's constant data.
  let pointer: UnsafePointer<LaneVariant>

  package init(_ pointer: UnsafePointer<LaneVariant>) { self.pointer = pointer }

  static var current: LaneVariantChoice { LaneVariantChoice(LaneVariants.current) }
}

/// Wall time between successive laps.
private struct PhaseClock {
  private var last = ContinuousClock.now

  mutating func lap() -> Double {
    let now = ContinuousClock.now
    defer { last = now }
    return (now - last) / .seconds(1)
  }
}
