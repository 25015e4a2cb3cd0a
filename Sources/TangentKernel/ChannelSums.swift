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
    context.kernels.sum(vectors: tensor.shape.positions, tensor.channel(channel, ofColumn: column), into: $0)
  }
  return sum
}

/// Adds the Gram matrix of one parameter a channel, whose gradients `value` gives for each (column, channel).
///
/// Where samples are coupled a direction's gradient is the sum over all samples, and directions stand in the lanes.
func accumulatePerChannel<Scalar: LaneScalar>(
  _ gradient: LaneTensor<Scalar>, _ role: ParameterArray.Role, factor: Double,
  into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>,
  value: (_ column: Int, _ channel: Int) -> LaneSums
) {
  let channels = gradient.shape.channels
  if context.isCoupled {
    accumulateCoupled(gradient, role, factor: factor, into: gram, context) { direction, channel in
      var total = 0.0
      for block in 0..<context.blocks {
        let lanes = value(direction * context.blocks + block, channel)
        for lane in 0..<context.realLanes[block] { total += lanes.values[lane] }
      }
      return total
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

/// Adds the Gram matrix of one parameter a channel where samples are coupled: `total` gives its gradient for each of
/// the directions that `gradient` holds and each channel.
func accumulateCoupled<Scalar: LaneScalar>(
  _ gradient: LaneTensor<Scalar>, _ role: ParameterArray.Role, factor: Double,
  into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>,
  total: (_ direction: Int, _ channel: Int) -> Double
) {
  let channels = gradient.shape.channels
  let firstDirection = gram.firstDirection
  nonisolated(unsafe) let sums = gram.rows(of: role, count: gram.blocks * channels * laneCount)
  let start = context.meter?.now
  context.workers.forEach(gradient.columns / context.blocks * channels) { index in
    let (part, channel) = index.quotientAndRemainder(dividingBy: channels)
    let direction = firstDirection + part
    sums[(direction / laneCount * channels + channel) * laneCount + direction % laneCount] =
      Scalar(total(part, channel))
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
