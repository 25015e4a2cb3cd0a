import LaneKernels
import NetworkGraph

/// Layer normalization (one group) and group normalization: statistics of each sample's own channels, so samples
/// stay independent and the backward pass goes through the statistics exactly.
final class GroupNormalizationPass<Scalar: LaneScalar>: LanePass {
  private let groups: Int
  private let epsilon: Double
  private let parameters: NormalizationParameters
  private let gamma: [Scalar]
  private let beta: [Scalar]
  /// [block][group][lane].
  private var mean: [Double] = []
  private var inverse: [Double] = []

  init(groups: Int, epsilon: Double, parameters: NormalizationParameters) {
    self.groups = groups
    self.epsilon = epsilon
    self.parameters = parameters
    gamma = parameters.gamma.map { Scalar($0) }
    beta = parameters.beta.map { Scalar($0) }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    let input = inputs[0]
    let size = input.shape.channels / groups
    let positions = input.shape.positions
    mean = [Double](repeating: 0, count: context.blocks * groups * laneCount)
    inverse = mean
    mean.withUnsafeMutableBufferPointer { mean in
      inverse.withUnsafeMutableBufferPointer { inverse in
        withAffine { gamma, beta in
          guard let firstMean = mean.baseAddress, let firstInverse = inverse.baseAddress else { return }
          nonisolated(unsafe) let (gamma, beta) = (gamma, beta)
          nonisolated(unsafe) let (means, inverses) = (firstMean, firstInverse)
          context.workers.forEach(output.columns) { column in
            for group in 0..<groups {
              let place = (column * groups + group) * laneCount
              context.kernels.normalize(
                channels: size, positions: positions, lanes: context.realLanes[column], epsilon: epsilon,
                gamma: gamma + group * size, beta: beta + group * size,
                input.channel(group * size, ofColumn: column),
                into: output.channel(group * size, ofColumn: column), mean: means + place,
                inverse: inverses + place)
            }
          }
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
    guard let target = targets[0], let input = inputs[0] else { return }
    let size = input.shape.channels / groups
    let groupScalars = size * input.shape.positions * laneCount
    withAffine { gamma, _ in
      nonisolated(unsafe) let gamma = gamma
      context.forEachColumn(of: gradient, reading: [input]) { column, values in
        for group in 0..<groups {
          withStatistics(column: column, of: gradient, group: group, context) { mean, inverse in
            context.kernels.normalizeBackward(
              channels: size, positions: input.shape.positions, mean: mean, inverse: inverse,
              gamma: gamma + group * size, values[0] + group * groupScalars,
              gradient.channel(group * size, ofColumn: column),
              into: target.tensor.channel(group * size, ofColumn: column), accumulate: target.accumulate)
          }
        }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func accumulateGram(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>
  ) {
    guard let input = inputs[0] else { return }
    let size = input.shape.channels / groups
    if context.filter != .kernels {
      accumulatePerChannel(gradient, .normalizationScale, factor: 1, into: gram, context) { column, channel in
        var sum = LaneSums()
        var product = LaneSums()
        var result = LaneSums()
        sum.withPointer { sum in
          product.withPointer { product in
            context.dot(input, gradient, column: column, channel, sum: sum, product: product)
          }
        }
        withStatistics(column: column, of: gradient, group: channel / size, context) { mean, inverse in
          for lane in 0..<laneCount {
            result.values[lane] = (product.values[lane] - sum.values[lane] * mean[lane]) * inverse[lane]
          }
        }
        return result
      }
    }
    if context.filter == .all {
      accumulateChannelSums(of: gradient, .normalizationShift, factor: 1, into: gram, context)
    }
  }

  private func withAffine(_ body: (UnsafePointer<Scalar>, UnsafePointer<Scalar>) -> Void) {
    gamma.withUnsafeBufferPointer { gamma in
      beta.withUnsafeBufferPointer { beta in
        if let gamma = gamma.baseAddress, let beta = beta.baseAddress { body(gamma, beta) }
      }
    }
  }

  /// Of the samples whose values a column of gradients meets.
  private func withStatistics(
    column: Int, of gradient: LaneTensor<Scalar>, group: Int, _ context: PassContext<Scalar>,
    _ body: (UnsafePointer<Double>, UnsafePointer<Double>) -> Void
  ) {
    if context.isCoupled {
      let (block, lane) = context.sample(of: column, gradient).quotientAndRemainder(dividingBy: laneCount)
      let place = (block * groups + group) * laneCount + lane
      var means = LaneSums(values: .init(repeating: mean[place]))
      var inverses = LaneSums(values: .init(repeating: inverse[place]))
      means.withPointer { means in inverses.withPointer { body(means, $0) } }
      return
    }
    let place = (column % context.blocks * groups + group) * laneCount
    mean.withUnsafeBufferPointer { mean in
      inverse.withUnsafeBufferPointer { inverse in
        if let mean = mean.baseAddress, let inverse = inverse.baseAddress {
          body(mean + place, inverse + place)
        }
      }
    }
  }
}
