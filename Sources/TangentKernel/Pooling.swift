import CLaneKernels
import LaneKernels
import NetworkGraph

/// Average pooling.
final class AveragePoolingPass<Scalar: LaneScalar>: LanePass {
  private let shape: LanePooling

  init(_ pool: Pooling, input: TensorShape, output: TensorShape) {
    shape = LanePooling(pool, input: input, output: output)
  }

  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    context.workers.forEach(output.columns) { column in
      context.kernels.averagePool(shape, inputs[0].column(column), into: output.column(column))
    }
  }

  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    guard let target = targets[0] else { return }
    context.workers.forEach(gradient.columns) { column in
      context.kernels.averagePoolBackward(
        shape, gradient.column(column), into: target.tensor.column(column), accumulate: target.accumulate)
    }
  }
}

/// Max pooling; the gradient goes to the first largest position of each window.
final class MaxPoolingPass<Scalar: LaneScalar>: LanePass {
  private let shape: LanePooling

  init(_ pool: Pooling, input: TensorShape, output: TensorShape) {
    shape = LanePooling(pool, input: input, output: output)
  }

  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    context.workers.forEach(output.columns) { column in
      context.kernels.maxPool(shape, inputs[0].column(column), into: output.column(column))
    }
  }

  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    guard let target = targets[0], let input = inputs[0], let output else { return }
    context.workers.forEach(gradient.columns) { column in
      let block = column % context.blocks
      let start = target.tensor.column(column)
      if !target.accumulate { start.fillWithZeros(target.tensor.columnStride) }
      context.kernels.maxPoolBackward(
        shape, input.column(block), output.column(block), gradient.column(column), into: start)
    }
  }
}

extension LanePooling {
  fileprivate init(_ pool: Pooling, input: TensorShape, output: TensorShape) {
    self.init(
      channels: Int64(input.channels), targetRows: Int64(output.dimensions[1]),
      targetColumns: Int64(output.dimensions[2]), sourceRows: Int64(input.dimensions[1]),
      sourceColumns: Int64(input.dimensions[2]), kernel: Int64(pool.kernel), stride: Int64(pool.stride),
      padding: Int64(pool.padding), countsPadding: pool.countsPadding)
  }
}
