import LaneKernels
import NetworkGraph

/// A convolution and the batch norm that alone reads it, when statistics are constants in the backward pass.
///
/// y = a_c z + b_c with z the convolution and a = γ/√(σ² + ε): the map z is normalized where it stands, a channel at
/// a time while it is in cache. Backward, a is multiplied into the weights, so no pass over the map is needed; and
/// since z is linear in the weights, Σ dy·z = Σ w·∂/∂w, so γ's gradient comes from the weight gradients and z need
/// not be kept.
final class NormalizedConvolutionPass<Scalar: LaneScalar>: LanePass {
  private let convolution: ConvolutionPass<Scalar>
  private let epsilon: Double
  private let parameters: NormalizationParameters
  private let usesStoredStatistics: Bool
  private var mean: [Double] = []
  /// 1/√(σ² + ε) per channel.
  private var inverse: [Double] = []

  init(
    _ convolution: ConvolutionPass<Scalar>, _ layer: BatchNormalization, parameters: NormalizationParameters,
    usesStoredStatistics: Bool
  ) {
    self.convolution = convolution
    epsilon = layer.epsilon
    self.parameters = parameters
    self.usesStoredStatistics = usesStoredStatistics
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    convolution.forward(inputs, into: output, context)
    let channels = output.shape.channels
    mean = parameters.runningMean
    inverse = parameters.runningVariance.map { 1 / ($0 + epsilon).squareRoot() }
    mean.withUnsafeMutableBufferPointer { mean in
      inverse.withUnsafeMutableBufferPointer { inverse in
        nonisolated(unsafe) let (mean, inverse) = (mean, inverse)
        context.forEachDivided(channels) { channel, stopwatch in
          if !usesStoredStatistics {
            (mean[channel], inverse[channel]) = batchStatistics(
              output, channel: channel, epsilon: epsilon, context)
            stopwatch?.lap(.statistics)
          }
          let factor = parameters.gamma[channel] * inverse[channel]
          for block in 0..<output.columns {
            let map = output.channel(channel, ofColumn: block)
            context.kernels.affine(
              vectors: output.shape.positions, factor: Scalar(factor),
              offset: Scalar(parameters.beta[channel] - mean[channel] * factor), map, into: map,
              accumulate: false)
          }
          stopwatch?.lap(.forward)
        }
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
    convolution.backward(gradient, factor: channelFactor, mask: nil, into: target, context)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func accumulateGram(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>
  ) {
    guard let input = inputs[0] else { return }
    let channels = gradient.shape.channels
    let columns = gradient.columns
    let taps = convolution.taps
    let wantsScale = context.filter != .kernels
    let parts = convolution.weightGradientChunks(columns: columns).sourceParts
    // Σ w·∂/∂w per [part of the sources][column][channel][lane]: parts are formed by different workers.
    nonisolated(unsafe) let products = context.pool.take(
      Double.self, count: parts * columns * channels * laneCount)
    products.fillWithZeros(parts * columns * channels * laneCount)
    convolution.accumulateWeightGram(gradient, input: input, into: gram, context) {
      chunk, gradients, columnStride in
      for (index, target) in chunk.targets.enumerated() {
        let channel = chunk.group * convolution.targetChannels + target
        let count = chunk.sources.count * taps
        let weights =
          convolution.weights.weight + channel * weightsPerChannel + chunk.sources.lowerBound * taps
        let factor = channelFactor(channel)
        for column in 0..<columns {
          let place = gradients + column * columnStride + index * count * laneCount
          if wantsScale {
            let sum = products + ((chunk.sourcePart * columns + column) * channels + channel) * laneCount
            context.kernels.weightedSum(vectors: count, weights: weights, place, sum: sum)
          }
          context.kernels.affine(
            vectors: count, factor: factor, offset: 0, place, into: place, accumulate: false)
        }
      }
    }
    if wantsScale {
      accumulatePerChannel(gradient, .normalizationScale, factor: 1, into: gram, context) { column, channel in
        var product = LaneSums()
        for part in 0..<parts {
          let place = products + ((part * columns + column) * channels + channel) * laneCount
          for lane in 0..<laneCount { product.values[lane] += place[lane] }
        }
        // ∂/∂γ = Σ dy·x̂, x̂ = (z + bias − μ)/√(σ² + ε).
        let offset = (convolution.weights.bias.map { Double($0[channel]) } ?? 0) - mean[channel]
        let sum = channelSum(gradient, column: column, channel, context)
        return LaneSums(values: (product.values + sum.values * offset) * inverse[channel])
      }
    }
    context.pool.giveBack(products)
    guard context.filter == .all else { return }
    accumulateChannelSums(of: gradient, .normalizationShift, factor: 1, into: gram, context)
    if convolution.weights.bias != nil {
      let factor = convolution.weights.biasFactor * convolution.weights.biasFactor
      accumulatePerChannel(gradient, .bias, factor: factor, into: gram, context) { column, channel in
        let sum = channelSum(gradient, column: column, channel, context)
        return LaneSums(values: sum.values * Double(channelFactor(channel)))
      }
    }
  }

  private var weightsPerChannel: Int { convolution.sourceChannels * convolution.taps }

  private func channelFactor(_ channel: Int) -> Scalar {
    Scalar(parameters.gamma[channel] * inverse[channel])
  }
}
