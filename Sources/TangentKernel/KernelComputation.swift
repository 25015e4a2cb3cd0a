import CLaneKernels
import Datasets
import LaneKernels
import NetworkGraph

/// One evaluation of one network on one batch: forward over all blocks, then backward in rounds of directions, each
/// parametrised layer adding its share of the kernel as its gradient passes.
struct KernelComputation<Scalar: LaneScalar> {
  let plan: ExecutionPlan
  let passes: [any LanePass<Scalar>]
  let context: PassContext<Scalar>
  private let lastUse: [Int]
  /// How many shares each step's gradient is the sum of.
  private let shares: [Int]

  init(
    plan: ExecutionPlan, passes: [any LanePass<Scalar>],
    context: PassContext<Scalar>
  ) {
    self.plan = plan
    self.passes = passes
    self.context = context
    lastUse = plan.lastUse()
    var shares = [Int](repeating: 0, count: plan.steps.count)
    for step in plan.steps where step.carriesGradient {
      for source in step.inputs { shares[source] += 1 }
    }
    self.shares = shares
  }

  /// The values of every step that is still needed after the forward pass.
  struct ForwardValues {
    var steps: [LaneTensor<Scalar>?]
    /// False when an output of a real sample is not finite.
    var isFinite = true
  }

  /// - Parameter observer: told of every step's value as it is computed, before anything is released.
  func forward(_ input: LaneTensor<Scalar>, observer: SignalObserver<Scalar>? = nil) -> ForwardValues {
    var values = ForwardValues(steps: .init(repeating: nil, count: plan.steps.count))
    for (time, step) in plan.steps.enumerated() {
      if case .input = step.node.operation {
        values.steps[time] = input
      } else {
        let output = tensor(step.node.shape, columns: context.blocks)
        let inputs = zip(step.inputs, plan.inputShapes(of: step)).compactMap { source, shape in
          values.steps[source]?.reshaped(shape)
        }
        context.meter.section(.forward) { passes[time].forward(inputs, into: output, context) }
        values.steps[time] = output
        observer?.observe(time, inputs: inputs, output: output, context)
      }
      if time == plan.features { observer?.observeFeatures(values.steps[time], context) }
      release(&values, after: time)
    }
    if let output = values.steps[plan.output] { values.isFinite = isFinite(output) }
    return values
  }

  /// Lays out what backward passes read again sample by sample: where samples are coupled, the lanes of gradients are
  /// directions.
  func separateSamples(_ values: inout ForwardValues) {
    for time in values.steps.indices {
      guard let value = values.steps[time] else { continue }
      let separated = LaneTensor(
        base: context.pool.take(Scalar.self, count: value.vectors * context.samples), shape: value.shape,
        columns: context.samples, lanes: 1)
      context.workers.forEach(value.columns) { block in
        context.kernels.separateSamples(
          vectors: value.vectors, lanes: context.realLanes[block], value.column(block),
          into: separated.column(block * laneCount))
      }
      context.pool.giveBack(value.base)
      values.steps[time] = separated
    }
  }

  /// Adds the kernel's share of some directions, where samples are independent; values are released on the way in the
  /// last round.
  ///
  /// - Parameter inputGradients: where gradients by the input go when they are wanted.
  func backward(
    _ values: inout ForwardValues, _ directions: [Direction], into gram: GramAccumulator<Scalar>,
    isLast: Bool,
    inputGradients: InputGradients<Scalar>? = nil
  ) {
    let count = plan.steps.count
    var gradients = [LaneTensor<Scalar>?](repeating: nil, count: plan.steps.count)
    gradients[plan.output] = seed(directions)
    for time in plan.steps.indices.reversed() {
      let step = plan.steps[time]
      defer {
        release(&gradients, time)
        if isLast { release(&values, after: 2 * count - 1 - time) }
      }
      guard step.carriesGradient, let gradient = gradients[time]?.reshaped(step.node.shape) else { continue }
      if case .input = step.node.operation {
        inputGradients?.add(gradient, directions, context)
        continue
      }
      propagate(time, gradient, values, into: &gradients, gram)
    }
  }

  /// What a step's backward pass reads again.
  func operands(
    of time: Int, _ values: ForwardValues
  ) -> (inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?) {
    let step = plan.steps[time]
    let inputs = zip(step.inputs, plan.inputShapes(of: step)).map { source, shape in
      step.reads.inputs ? values.steps[source]?.reshaped(shape) : nil
    }
    return (inputs, step.reads.output ? values.steps[time]?.reshaped(step.node.shape) : nil)
  }

  /// Adds one step's share of the kernel and passes its whole gradient on.
  private func propagate(
    _ time: Int, _ gradient: LaneTensor<Scalar>, _ values: ForwardValues,
    into gradients: inout [LaneTensor<Scalar>?], _ gram: GramAccumulator<Scalar>
  ) {
    let step = plan.steps[time]
    let (inputs, output) = operands(of: time, values)
    gram.step = time
    context.meter.section(.gram) {
      passes[time].accumulateGram(gradient, inputs: inputs, output: output, into: gram, context)
    }
    if case .add = step.node.operation {
      context.meter.section(.backward) { passThrough(time, gradient, &gradients) }
      return
    }
    var targets: [GradientTarget<Scalar>?] = []
    for (source, shape) in zip(step.inputs, plan.inputShapes(of: step)) {
      targets.append(target(source, shape, columns: gradient.columns, &gradients))
    }
    if targets.contains(where: { $0 != nil }) {
      context.meter.section(.backward) {
        passes[time].backward(gradient, inputs: inputs, output: output, into: targets, context)
      }
    }
  }

  /// Where a step's gradient gathers; nil when it wants none.
  private func target(
    _ source: Int, _ shape: TensorShape, columns: Int, _ gradients: inout [LaneTensor<Scalar>?]
  ) -> GradientTarget<Scalar>? {
    guard plan.steps[source].carriesGradient else { return nil }
    let held = gradients[source]
    let target = held ?? tensor(shape, columns: columns)
    gradients[source] = target
    return GradientTarget(tensor: target.reshaped(shape), accumulate: held != nil)
  }

  /// A sum's gradient is its inputs' gradient as it stands. Inputs that nothing else reads share its memory, since
  /// nothing will be added to theirs; else the last input without a gradient takes the memory over, if no other step
  /// shares it. Only the others cost a pass over it.
  private func passThrough(
    _ time: Int, _ gradient: LaneTensor<Scalar>, _ gradients: inout [LaneTensor<Scalar>?]
  ) {
    let wanting = plan.steps[time].inputs.filter { plan.steps[$0].carriesGradient }
    var heirs = wanting.filter { shares[$0] == 1 }
    if heirs.isEmpty,
      !gradients.indices.contains(where: { $0 != time && gradients[$0]?.base == gradient.base })
    {
      heirs =
        wanting.last { source in
          gradients[source] == nil && wanting.count(where: { $0 == source }) == 1
        }.map { [$0] } ?? []
    }
    for source in wanting where !heirs.contains(source) {
      let held = gradients[source]
      let target = held ?? tensor(gradient.shape, columns: gradient.columns)
      gradients[source] = target
      passes[time].backward(
        gradient, inputs: [], output: nil,
        into: [GradientTarget(tensor: target.reshaped(gradient.shape), accumulate: held != nil)], context)
    }
    for heir in heirs { gradients[heir] = gradients[time] }
    if !heirs.isEmpty { gradients[time] = nil }
  }

  // MARK: Buffers

  func tensor(_ shape: TensorShape, columns: Int) -> LaneTensor<Scalar> {
    LaneTensor(
      base: context.pool.take(Scalar.self, count: shape.elementCount * columns * laneCount), shape: shape,
      columns: columns)
  }

  /// Gives a gradient's memory back unless another step's gradient stands in it too.
  private func release(_ gradients: inout [LaneTensor<Scalar>?], _ time: Int) {
    guard let gradient = gradients[time] else { return }
    gradients[time] = nil
    if !gradients.contains(where: { $0?.base == gradient.base }) { context.pool.giveBack(gradient.base) }
  }

  private func release(_ values: inout ForwardValues, after time: Int) {
    for source in values.steps.indices where lastUse[source] <= time {
      if let value = values.steps[source] { context.pool.giveBack(value.base) }
      values.steps[source] = nil
    }
  }

  /// Gives back whatever a computation that ended still holds.
  func releaseAll(_ values: inout ForwardValues) {
    for source in values.steps.indices {
      if let value = values.steps[source] { context.pool.giveBack(value.base) }
      values.steps[source] = nil
    }
  }

  private func isFinite(_ output: LaneTensor<Scalar>) -> Bool {
    (0..<context.blocks).allSatisfy { block in
      let lanes = context.realLanes[block]
      return context.kernels.allFinite(vectors: output.vectors, lanes: lanes, output.column(block))
    }
  }

  /// One in the chosen outputs of the real samples, zero elsewhere, padding lanes included: they stay out of the
  /// kernel because no gradient enters them.
  func seed(_ directions: [Direction]) -> LaneTensor<Scalar> {
    let shape = plan.steps[plan.output].node.shape
    let columns =
      context.isCoupled
      ? (directions.count + laneCount - 1) / laneCount * context.samples : directions.count * context.blocks
    let seed = tensor(shape, columns: columns)
    seed.base.fillWithZeros(seed.count)
    for (index, direction) in directions.enumerated() {
      if let sample = direction.sample {
        let column = seed.column(index / laneCount * context.samples + sample)
        for output in direction.outputs { column[output * laneCount + index % laneCount] = 1 }
        continue
      }
      for block in 0..<context.blocks {
        let column = seed.column(index * context.blocks + block)
        for lane in 0..<context.realLanes[block] {
          for output in direction.outputs { column[output * laneCount + lane] = 1 }
        }
      }
    }
    return seed
  }
}
