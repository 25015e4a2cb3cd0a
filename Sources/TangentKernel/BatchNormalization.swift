import LaneKernels
import NetworkGraph

/// Batch normalization. Its statistics are constants in the backward pass, taken from the batch (`frozen`) or stored
/// with the weights (`running`), or part of it (`batch`: exactly autograd's training mode).
final class BatchNormalizationPass<Scalar: LaneScalar>: LanePass {
  private let epsilon: Double
  private let parameters: NormalizationParameters
  private let mode: NormalizationMode
  private var mean: [Double] = []
  /// 1/√(σ² + ε) per channel.
  private var inverse: [Double] = []
  /// Of the gradient at hand: what γ's gradient, β's and the input's are all made of where samples are coupled.
  private var directionSums: [DirectionSums]?

  /// Σ dy and Σ dy·x over all samples and positions of one direction and channel.
  private struct DirectionSums {
    var sum = 0.0
    var product = 0.0
  }

  init(
    _ layer: BatchNormalization, parameters: NormalizationParameters, mode: NormalizationMode
  ) {
    epsilon = layer.epsilon
    self.parameters = parameters
    self.mode = mode
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    let input = inputs[0]
    let channels = input.shape.channels
    if mode == .running {
      mean = parameters.runningMean
      inverse = parameters.runningVariance.map { 1 / ($0 + epsilon).squareRoot() }
    } else {
      (mean, inverse) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
      mean.withUnsafeMutableBufferPointer { mean in
        inverse.withUnsafeMutableBufferPointer { inverse in
          nonisolated(unsafe) let (mean, inverse) = (mean, inverse)
          context.meter.section(.statistics) {
            context.workers.forEach(channels) { channel in
              (mean[channel], inverse[channel]) = batchStatistics(
                input, channel: channel, epsilon: epsilon, context)
            }
          }
        }
      }
    }
    context.workers.forEach(output.columns) { column in
      for channel in 0..<channels {
        let factor = parameters.gamma[channel] * inverse[channel]
        context.kernels.affine(
          vectors: input.shape.positions, factor: Scalar(factor),
          offset: Scalar(parameters.beta[channel] - mean[channel] * factor),
          input.channel(channel, ofColumn: column), into: output.channel(channel, ofColumn: column),
          accumulate: false)
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    guard let target = targets[0] else { return }
    if context.isCoupled {
      if let input = inputs[0] { backwardThroughStatistics(gradient, input: input, into: target, context) }
      return
    }
    context.workers.forEach(gradient.columns) { column in
      for channel in 0..<gradient.shape.channels {
        context.kernels.affine(
          vectors: gradient.shape.positions, factor: Scalar(parameters.gamma[channel] * inverse[channel]),
          offset: 0,
          gradient.channel(channel, ofColumn: column), into: target.tensor.channel(channel, ofColumn: column),
          accumulate: target.accumulate)
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func accumulateGram(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>
  ) {
    if context.isCoupled {
      accumulateCoupledGram(gradient, input: inputs[0], into: gram, context)
      return
    }
    if context.filter != .kernels, let input = inputs[0] {
      accumulatePerChannel(gradient, .normalizationScale, factor: 1, into: gram, context) { column, channel in
        let lanes = gradientSums(gradient, column: column, channel, input, context)
        // ∂/∂γ = Σ dy·x̂, x̂ = (x − μ)/√(σ² + ε).
        return LaneSums(values: (lanes.product.values - lanes.sum.values * mean[channel]) * inverse[channel])
      }
    }
    if context.filter == .all {
      accumulateChannelSums(of: gradient, .normalizationShift, factor: 1, into: gram, context)
    }
  }

  private func accumulateCoupledGram(
    _ gradient: LaneTensor<Scalar>, input: LaneTensor<Scalar>?, into gram: GramAccumulator<Scalar>,
    _ context: PassContext<Scalar>
  ) {
    guard context.filter != .kernels, let input else { return }
    let channels = gradient.shape.channels
    let sums = sumsOfDirections(gradient, input: input, context)
    directionSums = sums
    accumulateCoupled(gradient, .normalizationScale, factor: 1, into: gram, context) { direction, channel in
      normalizedProduct(sums[direction * channels + channel], channel)
    }
    if context.filter == .all {
      accumulateCoupled(gradient, .normalizationShift, factor: 1, into: gram, context) { direction, channel in
        sums[direction * channels + channel].sum
      }
    }
  }

  /// Σ dy·x̂ with x̂ = (x − μ)/√(σ² + ε), from Σ dy·x and Σ dy.
  private func normalizedProduct(_ sums: DirectionSums, _ channel: Int) -> Double {
    (sums.product - mean[channel] * sums.sum) * inverse[channel]
  }

  /// dx = γ/√(σ² + ε) · (dy − mean(dy) − x̂ · mean(dy · x̂)), means over all samples and positions of a direction
  /// (Ioffe & Szegedy 2015, section 3). Padding lanes stay zero, so that nothing further back sees them.
  private func backwardThroughStatistics(
    _ gradient: LaneTensor<Scalar>, input: LaneTensor<Scalar>, into target: GradientTarget<Scalar>,
    _ context: PassContext<Scalar>
  ) {
    let positions = gradient.shape.positions
    let blocks = context.blocks
    let count = Double(context.realLanes.reduce(0, +) * positions)
    let channels = gradient.shape.channels
    let sums = directionSums ?? sumsOfDirections(gradient, input: input, context)
    directionSums = nil
    context.workers.forEach(gradient.columns / blocks * channels) { index in
      let (direction, channel) = index.quotientAndRemainder(dividingBy: channels)
      let factor = parameters.gamma[channel] * inverse[channel]
      let slope = -factor * inverse[channel] * normalizedProduct(sums[index], channel) / count
      let offset = -factor * sums[index].sum / count - slope * mean[channel]
      for block in 0..<blocks {
        let column = direction * blocks + block
        context.kernels.combine(
          vectors: positions, lanes: context.realLanes[block], Scalar(factor),
          gradient.channel(channel, ofColumn: column), Scalar(slope), input.channel(channel, ofColumn: block),
          Scalar(offset), into: target.tensor.channel(channel, ofColumn: column),
          accumulate: target.accumulate)
      }
    }
  }

  /// For each direction and channel of a gradient, channels innermost.
  private func sumsOfDirections(
    _ gradient: LaneTensor<Scalar>, input: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) -> [DirectionSums] {
    let channels = gradient.shape.channels
    var sums = [DirectionSums](
      repeating: DirectionSums(), count: gradient.columns / context.blocks * channels)
    sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = sums
      context.workers.forEach(sums.count) { index in
        let (direction, channel) = index.quotientAndRemainder(dividingBy: channels)
        var total = DirectionSums()
        for block in 0..<context.blocks {
          let lanes = gradientSums(
            gradient, column: direction * context.blocks + block, channel, input, context)
          for lane in 0..<context.realLanes[block] {
            total.sum += lanes.sum.values[lane]
            total.product += lanes.product.values[lane]
          }
        }
        sums[index] = total
      }
    }
    return sums
  }

  /// Σ dy and Σ dy·x over the positions of one channel of one column, lane by lane.
  private func gradientSums(
    _ gradient: LaneTensor<Scalar>, column: Int, _ channel: Int, _ input: LaneTensor<Scalar>,
    _ context: PassContext<Scalar>
  ) -> (sum: LaneSums, product: LaneSums) {
    var sum = LaneSums()
    var product = LaneSums()
    sum.withPointer { sum in
      product.withPointer { product in
        context.kernels.dot(
          vectors: gradient.shape.positions, input.channel(channel, ofColumn: column % context.blocks),
          gradient.channel(channel, ofColumn: column), sum: sum, product: product)
      }
    }
    return (sum, product)
  }
}

/// Mean and 1/√(σ² + ε) of one channel over samples and positions (biased variance), in double precision and in a
/// fixed order.
///
/// In two passes: the second measures about the first one's mean, since E x² − (E x)² leaves nothing of a variance
/// that is small beside the mean (Chan, Golub & LeVeque 1983). A first mean that is off by rounding does no harm.
func batchStatistics<Scalar: LaneScalar>(
  _ input: LaneTensor<Scalar>, channel: Int, epsilon: Double, _ context: PassContext<Scalar>
) -> (mean: Double, inverse: Double) {
  let count = Double(context.statisticsLanes.reduce(0, +) * input.shape.positions)
  var total = 0.0
  for block in 0..<context.blocks {
    var sum = LaneSums()
    sum.withPointer { sum in
      context.kernels.sum(vectors: input.shape.positions, input.channel(channel, ofColumn: block), into: sum)
    }
    for lane in 0..<context.statisticsLanes[block] { total += sum.values[lane] }
  }
  let center = total / count
  var deviation = 0.0
  var squaredDeviation = 0.0
  for block in 0..<context.blocks {
    var sum = LaneSums()
    var squares = LaneSums()
    sum.withPointer { sum in
      squares.withPointer { squares in
        context.kernels.moments(
          vectors: input.shape.positions, center: center, input.channel(channel, ofColumn: block), sum: sum,
          squares: squares)
      }
    }
    for lane in 0..<context.statisticsLanes[block] {
      deviation += sum.values[lane]
      squaredDeviation += squares.values[lane]
    }
  }
  let shift = deviation / count
  let variance = squaredDeviation / count - shift * shift
  // In exact arithmetic never negative; what is not a number stays so.
  return (center + shift, 1 / ((variance < 0 ? 0 : variance) + epsilon).squareRoot())
}
