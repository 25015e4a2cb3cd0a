import LaneKernels
import NetworkGraph

/// The mean of each channel over its positions.
final class GlobalAveragePoolingPass<Scalar: LaneScalar>: LanePass {
  private let positions: Int

  init(input: TensorShape) { positions = input.positions }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    let input = inputs[0]
    let share = 1 / Double(positions)
    context.workers.forEach(output.columns) { column in
      for channel in 0..<input.shape.channels {
        var sum = LaneSums()
        sum.withPointer {
          context.kernels.sum(vectors: positions, input.channel(channel, ofColumn: column), into: $0)
        }
        let place = output.channel(channel, ofColumn: column)
        for lane in 0..<laneCount { place[lane] = Scalar(sum.values[lane] * share) }
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
    let share = 1 / Scalar(positions)
    context.workers.forEach(gradient.columns) { column in
      for channel in 0..<gradient.shape.channels {
        context.kernels.spread(
          vectors: positions, factor: share, gradient.channel(channel, ofColumn: column),
          into: target.tensor.channel(channel, ofColumn: column), accumulate: target.accumulate)
      }
    }
  }
}
