import LaneKernels
import NetworkGraph

/// The gradients of each sample's summed outputs by its own input, gathered from backward passes.
final class InputGradients<Scalar: LaneScalar> {
  private let gradients: LaneTensor<Scalar>
  private let pool: BufferPool

  init(shape: TensorShape, _ context: PassContext<Scalar>) {
    pool = context.pool
    gradients = LaneTensor(
      base: pool.take(Scalar.self, count: shape.elementCount * context.blocks * laneCount), shape: shape,
      columns: context.blocks)
    gradients.base.fillWithZeros(gradients.count)
  }

  deinit { pool.giveBack(gradients.base) }

  /// Adds what some directions brought to the input. Where samples are coupled a direction starts from one sample,
  /// and of all that it reaches only that sample's own input counts.
  func add(_ gradient: LaneTensor<Scalar>, _ directions: [Direction], _ context: PassContext<Scalar>) {
    for (index, direction) in directions.enumerated() {
      if let sample = direction.sample {
        let (block, lane) = sample.quotientAndRemainder(dividingBy: laneCount)
        let source = gradient.column(index / laneCount * context.samples + sample) + index % laneCount
        let target = gradients.column(block) + lane
        for vector in 0..<gradients.vectors { target[vector * laneCount] += source[vector * laneCount] }
      } else {
        context.workers.forEach(context.blocks) { block in
          context.kernels.affine(
            vectors: gradients.vectors, factor: 1, offset: 0, gradient.column(index * context.blocks + block),
            into: gradients.column(block), accumulate: true)
        }
      }
    }
  }

  func kernel(samples: [Int], _ context: PassContext<Scalar>) -> KernelMatrix {
    let gram = SampleGram(context)
    gram.add(
      gradients.base, vectors: gradients.vectors, columnStride: gradients.columnStride, context.workers)
    return gram.kernel(samples: samples)
  }
}
