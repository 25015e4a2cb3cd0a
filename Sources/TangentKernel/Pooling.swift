import CLaneKernels
import LaneKernels
import NetworkGraph

/// Average pooling.
final class AveragePoolingPass<Scalar: LaneScalar>: LanePass {
  private let shape: LanePooling

  init(_ pool: Pooling, input: TensorShape, output: TensorShape) {
    shape = LanePooling(pool, input: input, output: output)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    context.workers.forEach(output.columns) { column in
      context.kernels.averagePool(shape, inputs[0].column(column), into: output.column(column))
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
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

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    context.workers.forEach(output.columns) { column in
      context.kernels.maxPool(shape, inputs[0].column(column), into: output.column(column))
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    guard let target = targets[0], let input = inputs[0], let output else { return }
    context.forEachColumn(of: gradient, reading: [input, output]) { column, values in
      let start = target.tensor.column(column)
      if !target.accumulate { start.fillWithZeros(target.tensor.columnStride) }
      context.kernels.maxPoolBackward(shape, values[0], values[1], gradient.column(column), into: start)
    }
  }
}

extension LanePooling {
  fileprivate init(_ pool: Pooling, input: TensorShape, output: TensorShape) {
    let map = { (shape: TensorShape) in
      LaneMap(channels: shape.channels, rows: shape.dimensions[1], columns: shape.dimensions[2])
    }
    self.init(
      from: map(input), to: map(output), kernel: pool.kernel, stride: pool.stride, padding: pool.padding,
      countsPadding: pool.countsPadding)
  }
}
