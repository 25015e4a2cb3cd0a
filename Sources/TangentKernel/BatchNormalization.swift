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
  /// Of the gradient at hand, where samples are coupled: what γ's gradient, β's and the input's are all made of, for
  /// each block of directions and channel, channels innermost.
  private var directionSums: [DirectionSums] = []
  /// While they are being measured, the same of each column and channel: Σ dy and Σ dy·x, a number a lane.
  private var columnSums: UnsafeMutablePointer<Double>?
  /// dx = factor · dy + slope · x + offset, a vector of each for every block of directions and channel.
  private var slopes: [Scalar] = []
  private var offsets: [Scalar] = []

  /// Σ dy and Σ dy·x over positions of one channel, for each direction of a block.
  private struct DirectionSums {
    var sum = LaneSums()
    var product = LaneSums()
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
      accumulateCoupledGram(gradient, into: gram, context)
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

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func measure(
    _ gradient: LaneTensor<Scalar>, ofColumns columns: Int, inputs: [LaneTensor<Scalar>?],
    _ context: PassContext<Scalar>
  ) {
    guard let input = inputs[0] else { return }
    let channels = gradient.shape.channels
    let perColumn = 2 * laneCount * channels
    nonisolated(unsafe) let sums = columnSums ?? context.pool.take(Double.self, count: columns * perColumn)
    columnSums = sums
    context.workers.forEach(gradient.columns) { column in
      let place = sums + (gradient.firstColumn + column) * perColumn
      place.fillWithZeros(perColumn)
      for channel in 0..<channels {
        let sum = place + 2 * laneCount * channel
        context.dot(input, gradient, column: column, channel, sum: sum, product: sum + laneCount)
      }
    }
    if gradient.firstColumn + gradient.columns == columns {
      addUp(sums, columns: columns, gradient.shape, context)
      context.pool.giveBack(sums)
      columnSums = nil
    }
  }

  /// What the sums of all columns come to.
  ///
  /// dx = γ/√(σ² + ε) · (dy − mean(dy) − x̂ · mean(dy · x̂)), means over all samples and positions of a direction
  /// (Ioffe & Szegedy 2015, section 3).
  private func addUp(
    _ sums: UnsafeMutablePointer<Double>, columns: Int, _ shape: TensorShape, _ context: PassContext<Scalar>
  ) {
    let channels = shape.channels
    directionSums = [DirectionSums](repeating: DirectionSums(), count: columns / context.samples * channels)
    var place = UnsafeMutableRawPointer(sums)
    for column in 0..<columns {
      let first = column / context.samples * channels
      for index in first..<first + channels {
        directionSums[index].sum.values += place.load(as: SIMD16<Double>.self)
        place += MemoryLayout<SIMD16<Double>>.stride
        directionSums[index].product.values += place.load(as: SIMD16<Double>.self)
        place += MemoryLayout<SIMD16<Double>>.stride
      }
    }
    let count = Double(context.samples * shape.positions)
    (slopes, offsets) = ([], [])
    for (index, sums) in directionSums.enumerated() {
      let channel = index % channels
      let factor = parameters.gamma[channel] * inverse[channel]
      let slope = normalizedProduct(sums, channel).values * (-factor * inverse[channel] / count)
      let offset = sums.sum.values * (-factor / count) - slope * mean[channel]
      for lane in 0..<laneCount {
        slopes.append(Scalar(slope[lane]))
        offsets.append(Scalar(offset[lane]))
      }
    }
  }

  private func accumulateCoupledGram(
    _ gradient: LaneTensor<Scalar>, into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>
  ) {
    guard context.filter != .kernels else { return }
    accumulate(gradient, .normalizationScale, into: gram, context) { normalizedProduct($0, $1) }
    if context.filter == .all {
      accumulate(gradient, .normalizationShift, into: gram, context) { sums, _ in sums.sum }
    }
  }

  private func accumulate(
    _ gradient: LaneTensor<Scalar>, _ role: ParameterArray.Role, into gram: GramAccumulator<Scalar>,
    _ context: PassContext<Scalar>, value: (_ sums: DirectionSums, _ channel: Int) -> LaneSums
  ) {
    let runs = gradient.runsOfDirections(samples: context.samples)
    let channels = gradient.shape.channels
    accumulateCoupled(runs, channels, role, factor: 1, into: gram, context) { columns, channel, place in
      let block = (gradient.firstColumn + columns.lowerBound) / context.samples
      let lanes = value(directionSums[block * channels + channel], channel)
      for lane in 0..<laneCount { place[lane] = Scalar(lanes.values[lane]) }
    }
  }

  /// Σ dy·x̂ with x̂ = (x − μ)/√(σ² + ε), from Σ dy·x and Σ dy.
  private func normalizedProduct(_ sums: DirectionSums, _ channel: Int) -> LaneSums {
    LaneSums(values: (sums.product.values - mean[channel] * sums.sum.values) * inverse[channel])
  }

  private func backwardThroughStatistics(
    _ gradient: LaneTensor<Scalar>, input: LaneTensor<Scalar>, into target: GradientTarget<Scalar>,
    _ context: PassContext<Scalar>
  ) {
    let channels = gradient.shape.channels
    let rows = target.tensor.border.isEmpty ? 1 : gradient.shape.dimensions[1]
    slopes.withUnsafeBufferPointer { slopes in
      offsets.withUnsafeBufferPointer { offsets in
        guard let slopes = slopes.baseAddress, let offsets = offsets.baseAddress else { return }
        nonisolated(unsafe) let (firstSlope, firstOffset) = (slopes, offsets)
        context.workers.forEach(gradient.columns) { column in
          let block = (gradient.firstColumn + column) / context.samples
          let sample = context.sample(of: column, gradient)
          for channel in 0..<channels {
            let place = (block * channels + channel) * laneCount
            context.kernels.combineOfSample(
              rows: rows, columns: gradient.shape.positions / rows,
              Scalar(parameters.gamma[channel] * inverse[channel]),
              gradient.channel(channel, ofColumn: column), firstSlope + place,
              input.channel(channel, ofColumn: sample), firstOffset + place,
              into: target.tensor.channel(channel, ofColumn: column), rowStride: target.tensor.rowStride,
              accumulate: target.accumulate)
          }
        }
      }
    }
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
        context.dot(input, gradient, column: column, channel, sum: sum, product: product)
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
