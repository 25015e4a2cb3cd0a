import LaneKernels
import NetworkGraph

/// The sum of two or more nodes.
final class AdditionPass<Scalar: LaneScalar>: LanePass {
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    context.workers.forEachPiece(columns: output.columns, vectors: output.vectors) { column, first, vectors in
      for (index, input) in inputs.enumerated() {
        context.kernels.affine(
          vectors: vectors, factor: 1, offset: 0, input.column(column) + first * laneCount,
          into: output.column(column) + first * laneCount, accumulate: index > 0)
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    for case let target? in targets { copy(gradient, to: target, factor: 1, context) }
  }
}

/// Multiplication by a constant.
final class ScalingPass<Scalar: LaneScalar>: LanePass {
  private let factor: Scalar

  init(factor: Double) { self.factor = Scalar(factor) }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    copy(inputs[0], to: GradientTarget(tensor: output, accumulate: false), factor: factor, context)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    if let target = targets[0] { copy(gradient, to: target, factor: factor, context) }
  }
}

/// The elementwise product of two or more nodes.
final class MultiplicationPass<Scalar: LaneScalar>: LanePass {

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    nonisolated(unsafe) let scratch = context.pool.take(Scalar.self, count: output.count)
    context.workers.forEach(output.columns) { column in
      multiply(
        inputs.map { $0.column(column) }, into: GradientTarget(tensor: output, accumulate: false), column,
        scratch, context)
    }
    context.pool.giveBack(scratch)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    nonisolated(unsafe) let scratch = context.pool.take(Scalar.self, count: gradient.count)
    for (index, target) in targets.enumerated() {
      guard let target else { continue }
      let others = inputs.indices.filter { $0 != index }.compactMap { inputs[$0] }
      context.forEachColumn(of: gradient, reading: others) { column, values in
        multiply([gradient.column(column)] + values, into: target, column, scratch, context)
      }
    }
    context.pool.giveBack(scratch)
  }

  private func multiply(
    _ factors: [UnsafeMutablePointer<Scalar>], into target: GradientTarget<Scalar>, _ column: Int,
    _ scratch: UnsafeMutablePointer<Scalar>, _ context: PassContext<Scalar>
  ) {
    let partial = scratch + column * target.tensor.columnStride
    var product = factors[0]
    for (index, factor) in factors.enumerated().dropFirst() {
      let isLast = index == factors.count - 1
      context.kernels.product(
        vectors: target.tensor.vectors, product, factor,
        into: isLast ? target.tensor.column(column) : partial, accumulate: isLast && target.accumulate)
      product = partial
    }
  }
}

/// Channels (or features) one after another.
final class ConcatenationPass<Scalar: LaneScalar>: LanePass {
  private let channels: [Int]

  init(inputs: [TensorShape]) { channels = inputs.map(\.channels) }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    context.workers.forEach(output.columns) { column in
      var first = 0
      for input in inputs {
        output.channel(first, ofColumn: column).update(from: input.column(column), count: input.columnStride)
        first += input.shape.channels
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    context.workers.forEach(gradient.columns) { column in
      var first = 0
      for (target, count) in zip(targets, channels) {
        if let target {
          context.kernels.affine(
            vectors: target.tensor.vectors, factor: 1, offset: 0, gradient.channel(first, ofColumn: column),
            into: target.tensor.column(column), accumulate: target.accumulate)
        }
        first += count
      }
    }
  }
}

/// Zeros; nothing flows back.
final class ZeroPass<Scalar: LaneScalar>: LanePass {
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    output.base.fillWithZeros(output.count)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    for case let target? in targets where !target.accumulate {
      target.tensor.base.fillWithZeros(target.tensor.count)
    }
  }
}

/// target (+)= factor · source.
private func copy<Scalar: LaneScalar>(
  _ source: LaneTensor<Scalar>, to target: GradientTarget<Scalar>, factor: Scalar,
  _ context: PassContext<Scalar>
) {
  context.workers.forEachPiece(columns: source.columns, vectors: source.vectors) { column, first, vectors in
    context.kernels.affine(
      vectors: vectors, factor: factor, offset: 0, source.column(column) + first * laneCount,
      into: target.tensor.column(column) + first * laneCount, accumulate: target.accumulate)
  }
}
