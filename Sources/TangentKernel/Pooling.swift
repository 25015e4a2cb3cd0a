import CLaneKernels
import LaneKernels
import NetworkGraph

/// Average pooling: a depthwise correlation with weight 1, then one factor for each output position (1/kernel², or
/// one over the number of real positions in its window).
final class AveragePoolingPass<Scalar: LaneScalar>: LanePass {
  private let sum: ConvolutionPass<Scalar>
  private let factors: [Scalar]
  private let output: TensorShape
  private let ones: LayerParameters<Scalar>

  init(_ pool: Pooling, input: TensorShape, output: TensorShape, memory: BufferPool) {
    self.output = output
    let channels = input.channels, (height, width) = (input.dimensions[1], input.dimensions[2])
    ones = LayerParameters(ones: channels * pool.kernel * pool.kernel, pool: memory)
    sum = ConvolutionPass(
      Convolution(
        filters: channels, kernelHeight: pool.kernel, kernelWidth: pool.kernel, stride: pool.stride,
        padding: pool.padding, groups: channels, bias: false),
      input: input, output: output, parameters: ones)
    let inside = { (position: Int, size: Int) in
      let start = position * pool.stride - pool.padding
      return min(start + pool.kernel, size) - max(start, 0)
    }
    factors = (0..<output.dimensions[1]).flatMap { row in
      (0..<output.dimensions[2]).map { column in
        let count = pool.countsPadding ? pool.kernel * pool.kernel : inside(row, height) * inside(column, width)
        return 1 / Scalar(count)
      }
    }
  }

  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    sum.forward(inputs, into: output, context)
    scale(output, into: output, context)
  }

  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    let scaled = LaneTensor(
      base: context.pool.take(Scalar.self, count: gradient.count), shape: gradient.shape, columns: gradient.columns)
    scale(gradient, into: scaled, context)
    sum.backward(scaled, inputs: inputs, output: nil, into: targets, context)
    context.pool.giveBack(scaled.base)
  }

  private func scale(
    _ source: LaneTensor<Scalar>, into target: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    factors.withUnsafeBufferPointer { factors in
      guard let factors = factors.baseAddress else { return }
      nonisolated(unsafe) let constants = factors
      context.workers.forEach(target.columns) { column in
        context.kernels.scalePositions(
          channels: output.channels, positions: output.positions, factors: constants, source.column(column),
          into: target.column(column))
      }
    }
  }
}

/// Max pooling; the gradient goes to the first largest position of each window.
final class MaxPoolingPass<Scalar: LaneScalar>: LanePass {
  private let shape: LanePooling

  init(_ pool: Pooling, input: TensorShape, output: TensorShape) {
    var shape = LanePooling()
    shape.channels = Int64(input.channels)
    shape.sourceRows = Int64(input.dimensions[1])
    shape.sourceColumns = Int64(input.dimensions[2])
    shape.targetRows = Int64(output.dimensions[1])
    shape.targetColumns = Int64(output.dimensions[2])
    shape.kernel = Int64(pool.kernel)
    shape.stride = Int64(pool.stride)
    shape.padding = Int64(pool.padding)
    self.shape = shape
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
      let block = column % context.blocks, start = target.tensor.column(column)
      if !target.accumulate { start.fillWithZeros(target.tensor.columnStride) }
      context.kernels.maxPoolBackward(
        shape, input.column(block), output.column(block), gradient.column(column), into: start)
    }
  }
}
