import LaneKernels
import NetworkGraph

/// Backward passes where samples are coupled.
extension KernelComputation {
  /// What a sweep works on.
  private struct Sweeping {
    let values: ForwardValues
    let gram: GramAccumulator<Scalar>
    let sweeps: BackwardSweeps
    /// Columns of whole gradients.
    let columns: Int
    /// By storage: whole gradients, and those of the columns at work.
    var held: [LaneTensor<Scalar>?]
  }

  /// Adds the kernel's share of some directions.
  ///
  /// - Parameter inputGradients: where gradients by the input go when they are wanted.
  func backward(
    _ values: ForwardValues, _ directions: [Direction], _ sweeps: BackwardSweeps,
    into gram: GramAccumulator<Scalar>, inputGradients: InputGradients<Scalar>? = nil
  ) {
    let seed = seed(directions)
    var sweeping = Sweeping(
      values: values, gram: gram, sweeps: sweeps, columns: seed.columns,
      held: .init(repeating: nil, count: sweeps.storages.count))
    sweeping.held[0] = seed
    for sweep in sweeps.sweeps {
      for time in sweep.normalizations {
        if let gradient = gradient(of: time, nil, sweeping) {
          accumulateGram(time, gradient, operands(of: time, sweeping), sweeping)
        }
      }
      for propagation in sweep.whole {
        let time = propagation.step
        if case .input = plan.steps[time].node.operation {
          if let gradient = gradient(of: time, nil, sweeping) {
            inputGradients?.add(gradient, directions, context)
          }
        } else {
          propagate(propagation, operands(of: time, sweeping), columns: nil, &sweeping)
        }
      }
      goColumnByColumn(through: sweep, &sweeping)
      for index in sweep.closes { giveBack(index, &sweeping) }
    }
  }

  private func goColumnByColumn(through sweep: BackwardSweeps.Sweep, _ sweeping: inout Sweeping) {
    guard !sweep.work.isEmpty else { return }
    let gram = sweeping.gram
    let width = BackwardSweeps.columnsAtOnce(
      bytesPerColumn: sweep.largestGradient(plan) * laneCount * MemoryLayout<Scalar>.stride,
      workers: context.workers.threads)
    let (isComplete, gathersRows) = (gram.isComplete, gram.gathersRows)
    gram.gathersRows = true
    let operands = sweep.work.map { work in
      switch work.action {
      case .measure(let time): self.operands(of: time, sweeping)
      case .propagate(let propagation):
        self.operands(of: propagation.step, sweeping, isRectifying: propagation.rectifier != nil)
      }
    }
    for first in stride(from: 0, to: sweeping.columns, by: width) {
      let columns = first..<min(first + width, sweeping.columns)
      gram.isComplete = isComplete && columns.upperBound == sweeping.columns
      for (work, operands) in zip(sweep.work, operands) {
        for index in work.opens { open(index, columns: columns, &sweeping) }
        switch work.action {
        case .measure(let time):
          guard let gradient = gradient(of: time, columns, sweeping) else { break }
          context.meter.section(.backward) {
            passes[time].measure(gradient, ofColumns: sweeping.columns, inputs: operands.inputs, context)
          }
        case .propagate(let propagation):
          propagate(propagation, operands, columns: columns, fetching: work.fetches, &sweeping)
        }
        for index in work.closes { giveBack(index, &sweeping) }
      }
    }
    (gram.isComplete, gram.gathersRows) = (isComplete, gathersRows)
  }

  /// What a step reads again for every column.
  private struct Operands {
    let inputs: [LaneTensor<Scalar>?]
    let output: LaneTensor<Scalar>?
    let inputShapes: [TensorShape]
    /// The step's pass, where it takes a ReLU's along.
    let rectifying: ConvolutionPass<Scalar>?
  }

  private func operands(of time: Int, _ sweeping: Sweeping, isRectifying: Bool = false) -> Operands {
    let (inputs, output) = operands(of: time, sweeping.values)
    return Operands(
      inputs: inputs, output: output, inputShapes: plan.inputShapes(of: plan.steps[time]),
      rectifying: isRectifying ? passes[time] as? ConvolutionPass<Scalar> : nil)
  }

  /// Adds one step's share of the kernel and passes some columns of its gradient on, or all of them.
  private func propagate(
    _ propagation: BackwardSweeps.Propagation, _ operands: Operands, columns: Range<Int>?,
    fetching fetches: [BackwardSweeps.Fetch] = [], _ sweeping: inout Sweeping
  ) {
    let time = propagation.step
    guard let gradient = gradient(of: time, columns, sweeping) else { return }
    if !propagation.isMeasured {
      accumulateGram(time, gradient, operands, sweeping, upcoming: upcoming(fetches, columns, sweeping))
    }
    var targets: [GradientTarget<Scalar>?] = []
    for (target, shape) in zip(propagation.targets, operands.inputShapes) {
      guard let target else {
        targets.append(nil)
        continue
      }
      if sweeping.held[target.storage] == nil { open(target.storage, columns: nil, &sweeping) }
      let tensor = storage(target.storage, columns, sweeping)?.reshaped(shape)
      targets.append(tensor.map { GradientTarget(tensor: $0, accumulate: target.accumulate) })
    }
    guard targets.contains(where: { $0 != nil }) else { return }
    context.meter.section(.backward) {
      if let convolution = operands.rectifying, let target = targets[0] {
        convolution.backward(gradient, factor: nil, mask: operands.inputs[0], into: target, context)
      } else {
        passes[time].backward(
          gradient, inputs: operands.inputs, output: operands.output, into: targets, context)
      }
    }
  }

  private func accumulateGram(
    _ time: Int, _ gradient: LaneTensor<Scalar>, _ operands: Operands, _ sweeping: Sweeping,
    upcoming: [LaneTensor<Scalar>] = []
  ) {
    sweeping.gram.step = time
    var context = context
    context.upcoming = upcoming
    context.meter.section(.gram) {
      passes[time].accumulateGram(
        gradient, inputs: operands.inputs, output: operands.output, into: sweeping.gram, context)
    }
  }

  /// The columns of whole gradients that are fetched along with some.
  private func upcoming(
    _ fetches: [BackwardSweeps.Fetch], _ columns: Range<Int>?, _ sweeping: Sweeping
  ) -> [LaneTensor<Scalar>] {
    guard let columns else { return [] }
    let next = columns.upperBound..<min(columns.upperBound + columns.count, sweeping.columns)
    return fetches.compactMap { fetch in
      sweeping.held[fetch.storage]?.columns(fetch.isOfNextColumns ? next : columns)
    }
  }

  /// Some columns of a step's gradient, or all of them.
  private func gradient(of time: Int, _ columns: Range<Int>?, _ sweeping: Sweeping) -> LaneTensor<Scalar>? {
    guard let index = sweeping.sweeps.storageOfStep[time] else { return nil }
    return storage(index, columns, sweeping)?.reshaped(plan.steps[time].node.shape)
  }

  private func storage(_ index: Int, _ columns: Range<Int>?, _ sweeping: Sweeping) -> LaneTensor<Scalar>? {
    guard let held = sweeping.held[index] else { return nil }
    guard let columns, !sweeping.sweeps.storages[index].isLocal else { return held }
    return held.columns(columns)
  }

  /// - Parameter columns: those at work, of a local storage.
  private func open(_ index: Int, columns: Range<Int>?, _ sweeping: inout Sweeping) {
    let storage = sweeping.sweeps.storages[index]
    let range = columns ?? 0..<sweeping.columns
    let layout = LaneTensor<Scalar>.columnScalars(storage.shape, border: storage.border)
    let tensor = LaneTensor(
      base: context.pool.take(Scalar.self, count: layout * range.count), shape: storage.shape,
      columns: range.count, firstColumn: range.lowerBound, border: storage.border)
    tensor.clearBorder()
    sweeping.held[index] = tensor
  }

  private func giveBack(_ index: Int, _ sweeping: inout Sweeping) {
    if let tensor = sweeping.held[index] { context.pool.giveBack(tensor.base) }
    sweeping.held[index] = nil
  }
}
