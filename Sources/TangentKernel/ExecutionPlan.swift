import CLaneKernels
import LaneKernels
import NetworkGraph

/// What a computation does and when each buffer is needed: decided before anything is allocated, so that the memory
/// and the multiply–adds of a candidate are known beforehand.
///
/// Time runs over forward steps 0..<N and then backward steps N..<2N, where node i is computed at time i and
/// propagated at time 2N − 1 − i, unless samples are coupled: then `BackwardSweeps` has the order.
struct ExecutionPlan {
  struct Step {
    let node: Node
    /// The steps whose values it reads. Flatten, identity and removed batch norms are not steps: their readers
    /// read what they would have read.
    let inputs: [Int]
    /// Whether anything upstream of (and including) this step has parameters, or gradients by the input are wanted:
    /// only then gradients flow here.
    let carriesGradient: Bool
    /// What the backward pass reads again.
    let reads: Reads
    /// Index in `network.nodes`.
    let index: Int
    /// Index of the batch norm that is computed with this convolution, if any.
    var normalization: Int?
  }

  /// What an operation's backward pass and Gram contribution read again; anything else is released after the
  /// forward pass.
  struct Reads {
    var inputs = false
    var output = false

    init(_ operation: Operation, filter: ParameterFilter, mode: NormalizationMode) {
      switch operation {
      case .dense, .convolution, .layerNormalization, .groupNormalization, .multiply: inputs = true
      case .batchNormalization: inputs = filter != .kernels || mode == .batch
      // The sign of ReLU's output is its mask; the others' derivatives are of their input.
      case .activation(.relu): output = true
      case .activation: inputs = true
      case .maxPooling: (inputs, output) = (true, true)
      default: break
      }
    }
  }

  let network: CanonicalNetwork
  /// In order of evaluation; step 0 is the input.
  let steps: [Step]
  /// The step whose value is the network's output.
  let output: Int
  /// Whether a sample's output depends on the other samples and gradients follow: batch norm in training mode.
  let isCoupled: Bool
  let extras: KernelExtras
  private let initialization: Initialization

  init(_ network: CanonicalNetwork, settings: KernelSettings, extras: KernelExtras = []) {
    initialization = settings.initialization
    var steps: [Step] = []
    var readers = [Int](repeating: 0, count: network.network.nodes.count)
    for input in network.network.nodes.flatMap(\.inputs) { readers[input] += 1 }
    readers[network.network.output] += 1
    var stepOfNode = [Int](repeating: 0, count: network.network.nodes.count)
    for (index, node) in network.network.nodes.enumerated() {
      let inputs = node.inputs.map { stepOfNode[$0] }
      let mode = settings.normalizationMode
      if let only = inputs.first, Self.isTransparent(node.operation, mode) {
        stepOfNode[index] = only
        continue
      }
      if case .batchNormalization = node.operation, let only = inputs.first,
        Self.canAbsorb(node, into: steps[only], readers: readers, network.network, mode)
      {
        steps[only].normalization = index
        stepOfNode[index] = only
        continue
      }
      stepOfNode[index] = steps.count
      steps.append(
        Step(
          node: node, inputs: inputs,
          carriesGradient: node.operation.hasParameters || inputs.contains { steps[$0].carriesGradient }
            || inputs.isEmpty && extras.contains(.inputGradientKernel) && node.operation == .input,
          reads: Reads(node.operation, filter: settings.parameterFilter, mode: mode), index: index))
    }
    self.network = network
    self.extras = extras
    self.steps = steps
    output = stepOfNode[network.network.output]
    isCoupled =
      settings.normalizationMode == .batch
      && steps.contains { if case .batchNormalization = $0.node.operation { true } else { false } }
  }

  /// The step whose value the last dense layer reads: the last hidden features. The output itself where the output
  /// is not a dense layer's.
  var features: Int {
    if case .dense = steps[output].node.operation { steps[output].inputs[0] } else { output }
  }

  /// What a node is called in the original network.
  func originalName(_ node: Int) -> String { network.originalNames[node] ?? network.network.nodes[node].name }

  /// The node that an array of a step's belongs to: a convolution's batch norm may be computed with it.
  func owner(of role: ParameterArray.Role, step: Int) -> Int {
    let isNormalization = role == .normalizationScale || role == .normalizationShift
    return isNormalization ? steps[step].normalization ?? steps[step].index : steps[step].index
  }

  /// The node whose value a step's is, for statistics by layer: every activation and layer with parameters. A
  /// convolution that a batch norm alone reads counts with it, since the two may be computed as one.
  func observedNode(_ step: Int) -> Int? {
    if let normalization = steps[step].normalization { return normalization }
    switch steps[step].node.operation {
    case .convolution:
      let readers = steps.filter { $0.inputs.contains(step) }
      if readers.count == 1, case .batchNormalization = readers[0].node.operation, step != output {
        return nil
      }
      return steps[step].index
    case .activation: return steps[step].index
    case let operation: return operation.hasParameters ? steps[step].index : nil
    }
  }

  /// The shapes that a step's node declares for its inputs: the values themselves may stand unflattened.
  func inputShapes(of step: Step) -> [TensorShape] {
    step.node.inputs.map { network.network.nodes[$0].shape }
  }

  /// Whether a batch norm may be computed with the convolution it reads: nothing else reads the convolution, and its
  /// statistics are constants in the backward pass.
  private static func canAbsorb(
    _ node: Node, into step: Step, readers: [Int], _ network: Network, _ mode: NormalizationMode
  ) -> Bool {
    guard case .convolution(let layer) = step.node.operation, mode == .frozen || mode == .running else {
      return false
    }
    return layer.paddingMode == .zeros && node.inputs == [step.index] && readers[step.index] == 1
  }

  private static func isTransparent(_ operation: Operation, _ mode: NormalizationMode) -> Bool {
    switch operation {
    case .flatten, .identity: true
    case .batchNormalization: mode == .removed
    default: false
    }
  }

  /// For each step, the last time its value is read.
  func lastUse() -> [Int] {
    let end = 2 * steps.count
    var last = [Int](repeating: 0, count: steps.count)
    for (time, step) in steps.enumerated() {
      last[time] = max(last[time], time)
      for input in step.inputs { last[input] = max(last[input], time) }
      guard step.carriesGradient else { continue }
      let backward = end - 1 - time
      if step.reads.output { last[time] = max(last[time], backward) }
      if step.reads.inputs { for input in step.inputs { last[input] = max(last[input], backward) } }
    }
    last[output] = max(last[output], steps.count)
    return last
  }

  /// An upper bound of the bytes that values, gradients, parameters and the Gram matrix take at once; `Int.max`
  /// when it does not fit an integer.
  func peakBytes(scalarBytes: Int, blocks: Int, rounds: BackwardRounds) -> Int {
    var last = lastUse()
    let end = 2 * steps.count
    // All rounds but the last keep what is read again until their end; so does every sweep of coupled samples.
    if rounds.count > 1 || isCoupled { last = last.map { $0 < steps.count ? $0 : end - 1 } }
    var firstGradient = [Int](repeating: end, count: steps.count)
    for (time, step) in steps.enumerated() {
      for input in step.inputs { firstGradient[input] = end - 1 - time }
    }
    firstGradient[output] = steps.count
    // In floating point: a hostile network must give a large number here, not a trap.
    let columnBytes = Double(laneCount * scalarBytes)
    var change = [Double](repeating: 0, count: end + 1)
    // Values that are laid out sample by sample stand twice, one at a time.
    var separated = 0.0
    var parameters = 0.0
    var scratch = 0.0
    var kept = 0.0
    for (time, step) in steps.enumerated() {
      let bytes = Double(step.node.shape.elementCount) * columnBytes
      change[time] += bytes * Double(blocks)
      change[last[time] + 1] -= bytes * Double(blocks)
      if isCoupled { separated = max(separated, bytes * Double(blocks)) }
      if !isCoupled, step.carriesGradient || time == output, firstGradient[time] < end - time {
        change[firstGradient[time]] += bytes * Double(rounds.columns)
        change[end - time] -= bytes * Double(rounds.columns)
      }
      scratch = max(scratch, scratchBytes(of: step, scalarBytes: scalarBytes, rounds))
      parameters += Double(network.network.parameterCount(at: step.index)) * Double(scalarBytes)
      kept += keptBytes(of: step, scalarBytes: scalarBytes, rounds)
      for array in network.network.parameterArrays(at: step.index) {
        scratch = max(scratch, initialization.scratchBytes(of: array))
      }
    }
    var live = 0.0
    var peak = 0.0
    for delta in change {
      live += delta
      peak = max(peak, live)
    }
    let order = Double(rounds.gramBlocks * laneCount)
    let matrices = Double(gramSlotCount + 4) * order * order * 8
    let extra = extraBytes(scalarBytes: scalarBytes, blocks: blocks, order: order)
    let sweeping = isCoupled ? BackwardSweeps(self).peakBytes(scalarBytes: scalarBytes, rounds) : 0
    let wanted = parameters + peak + sweeping + separated + matrices + scratch + kept + extra
    // Buffers may be larger than what is wanted of them, by that share of the whole.
    let share = Double(BufferPool.largestExcessShare)
    return Int(exactly: (wanted * share / (share - 1)).rounded(.up) + share) ?? .max
  }

  /// What a step keeps from round to round, or from column to column: what backward passes read of its weights, and the directions' gradients by
  /// its parameters until one matrix has all its rows.
  private func keptBytes(of step: Step, scalarBytes: Int, _ rounds: BackwardRounds) -> Double {
    guard rounds.count > 1 || isCoupled, step.carriesGradient else { return 0 }
    var scalars = 0.0
    var rows = Double(network.network.parameterCount(at: step.index))
    if case .convolution(let declared) = step.node.operation {
      let (layer, input) = declared.computed(on: inputShapes(of: step)[0])
      let winograd = WinogradConvolution(layer, input: input, output: step.node.shape)?.ofPasses
      scalars += winograd.map { Double($0.transformedWeightCount) } ?? rows
      let chunks = WeightGradientChunks(
        layer, input: input, output: step.node.shape, columns: rounds.gramBlocks, scalarBytes: scalarBytes)
      if isCoupled { rows += chunks.gatheredVectors(blocks: 1, samples: rounds.samples) }
    }
    if rounds.roundsPerGram > 1 { scalars += rows * Double(rounds.gramBlocks * laneCount) }
    return scalars * Double(scalarBytes)
  }

  /// What decides how many directions a round has.
  var gradientSizes: BackwardRounds.Sizes {
    let carrying = steps.filter(\.carriesGradient)
    return BackwardRounds.Sizes(
      largestGradient: carrying.map(\.node.shape.elementCount).max() ?? 1,
      hasMaps: carrying.contains { $0.node.shape.positions > 1 },
      parameters: carrying.reduce(0) { $0 + network.network.parameterCount(at: $1.index) })
  }

  /// What a step's pass takes beside values and gradients while it runs.
  private func scratchBytes(of step: Step, scalarBytes: Int, _ rounds: BackwardRounds) -> Double {
    // Gradients by parameters have a column for each block of kernel rows.
    let columns = isCoupled ? rounds.gramBlocks : rounds.columns
    let channels = Double(step.node.shape.channels)
    let lanes = Double(laneCount * columns)
    let perChannel = channels * lanes * Double(scalarBytes)
    let map = { (shape: TensorShape) in
      Double(shape.elementCount) * Double(laneCount * scalarBytes) * Double(rounds.columns)
    }
    // Forward values in all lanes, of as many columns as are at work.
    let repeated = { (shapes: [TensorShape]) in
      isCoupled
        ? shapes.reduce(0) { $0 + Double($1.elementCount) } * Double(laneCount * scalarBytes * gramSlotCount)
        : 0
    }
    switch step.node.operation {
    case .convolution(let declared):
      let (layer, input) = declared.computed(on: inputShapes(of: step)[0])
      let chunks = WeightGradientChunks(
        layer, input: input, output: step.node.shape, columns: columns, scalarBytes: scalarBytes)
      var bytes = perChannel
      if isCoupled {
        bytes += chunks.coupledScratchBytes(
          blocks: columns, samples: rounds.samples, scalarBytes: scalarBytes)
      } else {
        bytes += chunks.scratchBytes(columns: columns, scalarBytes: scalarBytes)
      }
      if let winograd = WinogradConvolution(layer, input: input, output: step.node.shape)?.ofPasses {
        bytes +=
          Double(winograd.transformedWeightCount * scalarBytes)
          + Double(gramSlotCount * winograd.scratchVectors * laneCount * scalarBytes)
      }
      if layer.kernelHeight == 1, layer.kernelWidth == 1 {
        bytes += Double(gramSlotCount * Int(lanePointwiseScratch) * scalarBytes)
      }
      if declared.paddingMode == .circular { bytes += map(input) }
      if step.normalization != nil {
        bytes += Double(chunks.sourceParts) * channels * lanes * 8
        bytes += Double(network.network.parameterCount(at: step.index)) * Double(scalarBytes)
      }
      return bytes
    case .dense(let layer) where isCoupled:
      let inputs = inputShapes(of: step)[0]
      let convolution = DensePass<Float>.asConvolution(
        layer, inputs: inputs.elementCount, samples: rounds.samples)
      let copies = map(step.node.shape) + Double(inputs.elementCount) * Double(rounds.samples * scalarBytes)
      return perChannel + Double(gramSlotCount * Int(PACKED_SCALARS) * scalarBytes) + copies
        + WeightGradientChunks(
          convolution.layer, input: convolution.input, output: convolution.output, columns: columns,
          scalarBytes: scalarBytes
        ).coupledScratchBytes(blocks: columns, samples: 1, scalarBytes: scalarBytes)
    case .dense: return Double(gramSlotCount * Int(PACKED_SCALARS) * scalarBytes)
    case .batchNormalization: return 3 * perChannel
    case .layerNormalization, .groupNormalization: return perChannel + repeated(inputShapes(of: step))
    case .multiply: return map(step.node.shape) + repeated(inputShapes(of: step))
    case .activation: return repeated([step.node.shape])
    case .maxPooling: return repeated(inputShapes(of: step) + [step.node.shape])
    default: return 0
    }
  }

  /// What extras add: each matrix once in lanes and once in the result.
  private func extraBytes(scalarBytes: Int, blocks: Int, order: Double) -> Double {
    let lanes = Double(blocks * laneCount)
    let sampleMatrix = 2 * lanes * lanes * 8
    var bytes = 0.0
    if extras.contains(.perLayerKernels) {
      let arrays = network.network.nodes.indices.reduce(0) {
        $0 + network.network.parameterArrays(at: $1).count(where: \.role.isTrainable)
      }
      bytes += Double(arrays) * 2 * order * order * 8
    }
    if extras.contains(.inputGradientKernel) {
      bytes += sampleMatrix + Double(network.network.inputShape.elementCount) * lanes * Double(scalarBytes)
    }
    if extras.contains(.conjugateKernel) { bytes += sampleMatrix }
    if extras.contains(.activationPatterns) { bytes += sampleMatrix }
    if !extras.isDisjoint(with: [.activationPatterns, .signalStatistics]) {
      bytes += Double(3 * signalChunk * scalarBytes) * lanes
    }
    return bytes
  }

  /// Multiply–adds of forward, backward, weight gradients and Gram for a batch, by formula.
  func multiplyAdds(samples: Int, outputs: Int, reduction: OutputReduction) -> Int {
    // Backward passes over the whole batch, and pairs of kernel rows that share a backward round.
    let directions = Double(reduction == .sum ? 1 : outputs) * Double(isCoupled ? samples : 1)
    let rows = Double(samples) * Double(reduction == .full ? outputs : 1)
    let pairs = rows * (rows + 1) / 2 * Double(reduction == .trace ? outputs : 1)
    let samplePairs = Double(samples) * Double(samples + 1) / 2
    var total = 0.0
    for step in steps {
      let forward = Double(network.network.multiplyAdds(at: step.index)) * Double(samples)
      total += forward
      guard step.carriesGradient else { continue }
      let perDirection = forward * directions
      if step.inputs.contains(where: { steps[$0].carriesGradient }) { total += perDirection }
      switch step.node.operation {
      case .dense(let layer) where !isCoupled:
        total += samplePairs * Double(inputShapes(of: step)[0].elementCount) + pairs * Double(layer.units)
      case .dense, .convolution:
        total += perDirection + pairs * Double(network.network.parameterArrays(at: step.index)[0].count)
      default: break
      }
    }
    if extras.contains(.inputGradientKernel) {
      total += samplePairs * Double(network.network.inputShape.elementCount)
    }
    if extras.contains(.conjugateKernel) {
      total += samplePairs * Double(steps[features].node.shape.elementCount)
    }
    if extras.contains(.activationPatterns) {
      for step in steps where step.node.operation.activationSource != nil {
        total += samplePairs * Double(step.node.shape.elementCount)
      }
    }
    return Int(exactly: total.rounded()) ?? .max
  }
}
