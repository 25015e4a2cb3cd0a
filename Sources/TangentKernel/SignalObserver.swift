import CLaneKernels
import LaneKernels
import NetworkGraph

/// Vectors that are looked at together: few enough to stay in cache, and to be counted exactly in single precision.
let signalChunk = 1024

extension Operation {
  enum ActivationSource { case input, output }

  /// For a function whose slope depends on whether its input is positive: where that can be read from.
  var activationSource: ActivationSource? {
    switch self {
    case .activation(.relu): .output
    case .activation(.leakyRelu), .activation(.abs): .input
    default: nil
    }
  }
}

/// Gathers what extras ask for of the forward pass, from each value as it is computed.
final class SignalObserver<Scalar: LaneScalar> {
  private let plan: ExecutionPlan
  private let features: SampleGram<Scalar>?
  private let active: SampleGram<Scalar>?
  /// Of one sample, over all ReLU-like activations.
  private var units = 0
  private(set) var statistics: [LayerSignal]?

  /// Nil when no extra is about the forward pass.
  init?(_ plan: ExecutionPlan, _ context: PassContext<Scalar>) {
    let extras = plan.extras
    guard !extras.isDisjoint(with: [.conjugateKernel, .signalStatistics, .activationPatterns]) else {
      return nil
    }
    self.plan = plan
    features = extras.contains(.conjugateKernel) ? SampleGram(context) : nil
    active = extras.contains(.activationPatterns) ? SampleGram(context) : nil
    statistics = extras.contains(.signalStatistics) ? [] : nil
  }

  func observe(
    _ step: Int, inputs: [LaneTensor<Scalar>], output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    let operation = plan.steps[step].node.operation
    if statistics != nil, let node = plan.observedNode(step) { addStatistics(node, output, context) }
    guard let active else { return }
    switch operation.activationSource {
    case .output: addPattern(output, to: active, context)
    case .input: addPattern(inputs[0], to: active, context)
    case nil: break
    }
  }

  func observeFeatures(_ value: LaneTensor<Scalar>?, _ context: PassContext<Scalar>) {
    guard let value else { return }
    features?.add(value.base, vectors: value.vectors, columnStride: value.columnStride, context.workers)
  }

  func conjugateKernel(samples: [Int]) -> KernelMatrix? { features?.kernel(samples: samples) }

  /// Active in both, or in neither: G_ij + (units − G_ii − G_jj + G_ij), with G the count of units active in both.
  func patterns(samples: [Int]) -> ActivationPatterns? {
    guard let active else { return nil }
    let units = Double(units)
    let agreements = active.kernel(samples: samples) { ij, ii, jj in units - ii - jj + 2 * ij }
    return ActivationPatterns(agreements: agreements, units: self.units)
  }

  /// Counts are whole numbers, so no order of adding them changes a bit.
  private func addPattern(
    _ value: LaneTensor<Scalar>, to active: SampleGram<Scalar>, _ context: PassContext<Scalar>
  ) {
    units += value.vectors
    let size = signalChunk * laneCount
    nonisolated(unsafe) let masks = context.pool.take(Scalar.self, count: context.blocks * size)
    withOnes(context) { ones in
      for first in stride(from: 0, to: value.vectors, by: signalChunk) {
        let vectors = min(signalChunk, value.vectors - first)
        context.workers.forEach(context.blocks) { block in
          // ReLU's derivative is the indicator of a positive input.
          context.kernels.activateBackward(
            LaneActivationRelu, 0, vectors: vectors, value.column(block) + first * laneCount, ones,
            into: masks + block * size, accumulate: false)
        }
        active.add(masks, vectors: vectors, columnStride: size, context.workers)
      }
    }
    context.pool.giveBack(masks)
  }

  private func addStatistics(_ node: Int, _ value: LaneTensor<Scalar>, _ context: PassContext<Scalar>) {
    let size = signalChunk * laneCount
    nonisolated(unsafe) let scratch = context.pool.take(Scalar.self, count: context.blocks * 2 * size)
    nonisolated(unsafe) let sums = context.pool.take(Double.self, count: context.blocks * 3 * laneCount)
    sums.fillWithZeros(context.blocks * 3 * laneCount)
    withOnes(context) { ones in
      context.workers.forEach(context.blocks) { block in
        let (magnitudes, mask) = (scratch + block * 2 * size, scratch + (block * 2 + 1) * size)
        let sum = sums + block * 3 * laneCount
        for first in stride(from: 0, to: value.vectors, by: signalChunk) {
          let vectors = min(signalChunk, value.vectors - first)
          let place = value.column(block) + first * laneCount
          context.kernels.moments(
            vectors: vectors, center: 0, place, sum: sum, squares: sum + laneCount)
          context.kernels.activate(LaneActivationAbs, 0, vectors: vectors, place, into: magnitudes)
          context.kernels.activateBackward(
            LaneActivationRelu, 0, vectors: vectors, magnitudes, ones, into: mask, accumulate: false)
          context.kernels.sum(vectors: vectors, mask, into: sum + 2 * laneCount)
        }
      }
    }
    var total = [0.0, 0.0, 0.0]
    var samples = 0
    for (block, lanes) in context.statisticsLanes.enumerated() {
      samples += lanes
      for quantity in 0..<3 {
        for lane in 0..<lanes { total[quantity] += sums[(block * 3 + quantity) * laneCount + lane] }
      }
    }
    context.pool.giveBack(scratch)
    context.pool.giveBack(sums)
    let count = Double(samples) * Double(value.vectors)
    statistics?.append(
      LayerSignal(
        layer: plan.originalName(node), operation: plan.network.network.nodes[node].operation.name,
        units: value.vectors, mean: total[0] / count, meanSquare: total[1] / count,
        zeroFraction: 1 - total[2] / count))
  }

  private func withOnes(_ context: PassContext<Scalar>, _ body: (UnsafePointer<Scalar>) -> Void) {
    let ones = context.pool.take(Scalar.self, count: signalChunk * laneCount)
    ones.update(repeating: 1, count: signalChunk * laneCount)
    body(ones)
    context.pool.giveBack(ones)
  }
}
