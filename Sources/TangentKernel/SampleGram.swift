import LaneKernels

/// A Gram matrix between samples while it is being summed, in double precision. Rows are lanes; only blocks on and
/// above the diagonal are filled.
final class SampleGram<Scalar: LaneScalar> {
  private let kernels: Scalar.Kernels
  private let blocks: Int
  private let matrix: UnsafeMutablePointer<Double>
  private let pool: BufferPool

  init(_ context: PassContext<Scalar>) {
    kernels = context.kernels
    blocks = context.blocks
    pool = context.pool
    let order = context.blocks * laneCount
    matrix = pool.take(Double.self, count: order * order)
    matrix.fillWithZeros(order * order)
  }

  deinit { pool.giveBack(matrix) }

  /// Adds the inner products of `vectors`-long columns, one a block; each row of blocks by one worker.
  func add(
    _ columns: UnsafePointer<Scalar>, vectors: Int, columnStride: Int, _ workers: Workers
  ) {
    let order = blocks * laneCount
    nonisolated(unsafe) let (columns, matrix) = (columns, matrix)
    workers.forEach(blocks) { block in
      kernels.gram(
        parameters: vectors, columns + block * columnStride, columns + block * columnStride,
        blocks: blocks - block,
        bBlockStride: columnStride, factor: 1, into: matrix + block * laneCount * (order + 1),
        outStride: order)
    }
  }

  /// Between the samples of the first set of inputs (rows) and of the last (columns).
  ///
  /// - Parameter entry: of the sum K_ij, K_ii and K_jj.
  func kernel(
    samples: [Int], entry: (_ ij: Double, _ ii: Double, _ jj: Double) -> Double = { ij, _, _ in ij }
  ) -> KernelMatrix {
    let order = blocks * laneCount
    let rows = samples[0]
    let columns = samples[samples.count - 1]
    let firstColumn = samples.count == 1 ? 0 : (samples[0] + laneCount - 1) / laneCount * laneCount
    var values: [Double] = []
    values.reserveCapacity(rows * columns)
    for i in 0..<rows {
      for j in firstColumn..<firstColumn + columns {
        let place = i / laneCount <= j / laneCount ? i * order + j : j * order + i
        values.append(entry(matrix[place], matrix[i * (order + 1)], matrix[j * (order + 1)]))
      }
    }
    return KernelMatrix(rows: rows, columns: columns, values: values)
  }
}
