import LaneKernels
import NetworkGraph

/// Adds the Gram matrix of per-channel offsets (convolution biases, β): the gradient by a channel's offset is the
/// sum of the back-propagated gradient over its positions.
func accumulateChannelSums<Scalar: LaneScalar>(
  of gradient: LaneTensor<Scalar>, _ role: ParameterArray.Role, factor: Double,
  into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>
) {
  accumulatePerChannel(gradient, role, factor: factor, into: gram, context) { column, channel in
    channelSum(gradient, column: column, channel, context)
  }
}

/// The sum of one channel of one column over its positions, lane by lane.
func channelSum<Scalar: LaneScalar>(
  _ tensor: LaneTensor<Scalar>, column: Int, _ channel: Int, _ context: PassContext<Scalar>
) -> LaneSums {
  var sum = LaneSums()
  sum.withPointer {
    context.kernels.sum(vectors: tensor.channelSpan, tensor.channel(channel, ofColumn: column), into: $0)
  }
  return sum
}

/// Adds the Gram matrix of one parameter a channel, whose gradients `value` gives for each (column, channel).
///
/// Where samples are coupled a direction's gradient is the sum over all samples.
func accumulatePerChannel<Scalar: LaneScalar>(
  _ gradient: LaneTensor<Scalar>, _ role: ParameterArray.Role, factor: Double,
  into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>,
  value: (_ column: Int, _ channel: Int) -> LaneSums
) {
  let channels = gradient.shape.channels
  if context.isCoupled {
    let runs = gradient.runsOfDirections(samples: context.samples)
    accumulateCoupled(runs, channels, role, factor: factor, into: gram, context) { columns, channel, place in
      // Sample by sample: how many columns a gradient holds must change no bits.
      for column in columns {
        let lanes = value(column, channel)
        for lane in 0..<laneCount { place[lane] += Scalar(lanes.values[lane]) }
      }
    }
    return
  }
  let columns = gradient.columns
  nonisolated(unsafe) let sums = context.pool.take(Scalar.self, count: columns * channels * laneCount)
  let start = context.meter?.now
  context.workers.forEach(columns) { column in
    for channel in 0..<channels {
      let lanes = value(column, channel)
      let place = sums + (column * channels + channel) * laneCount
      for lane in 0..<laneCount { place[lane] = Scalar(lanes.values[lane]) }
    }
  }
  context.meter?.claim(.weightGradients, since: start)
  gram.add(sums, parameters: channels, columnStride: channels * laneCount, factor: factor, slot: 0)
  gram.close(role, slots: 0..<1, context.workers)
  context.pool.giveBack(sums)
}

/// Adds the Gram matrix of one parameter a channel where samples are coupled: `add` adds what the columns of each run
/// bring to its gradients by one block of directions, for each channel.
func accumulateCoupled<Scalar: LaneScalar>(
  _ runs: [(block: Int, columns: Range<Int>)], _ channels: Int, _ role: ParameterArray.Role, factor: Double,
  into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>,
  add: (_ columns: Range<Int>, _ channel: Int, _ place: UnsafeMutablePointer<Scalar>) -> Void
) {
  let firstBlock = gram.firstDirection / laneCount
  nonisolated(unsafe) let sums = gram.rows(of: role, count: gram.blocks * channels * laneCount)
  let start = context.meter?.now
  context.workers.forEach(runs.count * channels) { index in
    let (run, channel) = index.quotientAndRemainder(dividingBy: channels)
    add(runs[run].columns, channel, sums + ((firstBlock + runs[run].block) * channels + channel) * laneCount)
  }
  context.meter?.claim(.weightGradients, since: start)
  guard gram.isComplete else { return }
  gram.add(sums, parameters: channels, columnStride: channels * laneCount, factor: factor, slot: 0)
  gram.close(role, slots: 0..<1, context.workers)
  gram.giveBackRows(of: role)
}

/// One double for each lane of a block.
struct LaneSums {
  var values = SIMD16<Double>()

  mutating func withPointer(_ body: (UnsafeMutablePointer<Double>) -> Void) {
    withUnsafeMutableBytes(of: &values) { bytes in
      if let base = bytes.bindMemory(to: Double.self).baseAddress { body(base) }
    }
  }
}

extension PassContext {
  /// Adds Σ dy and Σ dy·x over the positions of one channel of one column, lane by lane, x being what the column meets.
  func dot(
    _ input: LaneTensor<Scalar>, _ gradient: LaneTensor<Scalar>, column: Int, _ channel: Int,
    sum: UnsafeMutablePointer<Double>, product: UnsafeMutablePointer<Double>
  ) {
    let positions = gradient.shape.positions
    let place = gradient.channel(channel, ofColumn: column)
    if isCoupled {
      kernels.dotOfSample(
        vectors: positions, input.channel(channel, ofColumn: sample(of: column, gradient)), place, sum: sum,
        product: product)
    } else {
      kernels.dot(
        vectors: positions, input.channel(channel, ofColumn: column % blocks), place, sum: sum,
        product: product)
    }
  }
}
