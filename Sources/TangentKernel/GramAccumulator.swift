import LaneKernels

/// How many partial sums of the kernel there are: the most workers that can form weight gradients at once.
let gramSlotCount = 16

/// The kernel while it is being summed, layer by layer, in double precision.
///
/// Contributions go to a fixed number of slots, each a matrix of its own filled in a fixed order; the slots are summed
/// at the end. Work is split over slots by its position in the network, never by thread, so the result does not
/// depend on how many threads there are.
///
/// Rows are lanes: sixteen for every block, padding included. Only blocks on and above the diagonal are filled.
final class GramAccumulator<Scalar: LaneScalar> {
  let kernels: Scalar.Kernels
  let blocks: Int
  /// Directions of each contribution: 1 for `sum`; outputs (of one round) otherwise.
  let directions: Int
  let reduction: OutputReduction
  /// Rows (and columns) of the matrix, in lanes.
  let order: Int
  private let pool: BufferPool
  private var slots: [UnsafeMutablePointer<Double>]

  init(kernels: Scalar.Kernels, blocks: Int, directions: Int, reduction: OutputReduction, pool: BufferPool) {
    self.kernels = kernels
    self.blocks = blocks
    self.directions = directions
    self.reduction = reduction
    self.pool = pool
    let order = (reduction == .full ? directions * blocks : blocks) * laneCount
    self.order = order
    slots = (0..<gramSlotCount).map { _ in
      let slot = pool.take(Double.self, count: order * order)
      slot.fillWithZeros(order * order)
      return slot
    }
  }

  deinit { slots.forEach(pool.giveBack) }

  /// Adds factor · Σ_p g_p g_pᵀ, where column c of `gradients` starts at c · `columnStride` and holds `parameters`
  /// vectors. Safe from several threads when their slots differ.
  func add(
    _ gradients: UnsafePointer<Scalar>, parameters: Int, columnStride: Int, factor: Double, slot: Int
  ) {
    let groups = reduction == .full ? 1 : directions
    let groupBlocks = reduction == .full ? directions * blocks : blocks
    for group in 0..<groups {
      let base = gradients + group * blocks * columnStride
      for block in 0..<groupBlocks {
        addRow(base, block: block, of: groupBlocks, parameters, columnStride, factor, slots[slot])
      }
    }
  }

  /// The Gram matrix of `vectors`-long columns on and above the diagonal of blocks, blocks × blocks × 16 × 16 as one
  /// row-major matrix; each row of blocks by one worker.
  func gram(
    of columns: UnsafePointer<Scalar>, blocks: Int, parameters: Int, columnStride: Int, workers: Workers,
    into matrix: UnsafeMutablePointer<Double>
  ) {
    let order = blocks * laneCount
    nonisolated(unsafe) let (columns, matrix) = (columns, matrix)
    matrix.fillWithZeros(order * order)
    workers.forEach(blocks) { block in
      kernels.gram(
        parameters: parameters, columns + block * columnStride, columns + block * columnStride,
        blocks: blocks - block, bBlockStride: columnStride, factor: 1,
        into: matrix + block * laneCount * order + block * laneCount, outStride: order)
    }
  }

  /// Adds for every pair of rows i, j: weightFactor · A_ij G_ij + biasFactor · G_ij, with A between samples and G
  /// between (direction, sample) pairs of one direction group (SPEC 3.6). `a` and `g` as from `gram(of:)`.
  func addProduct(
    inputs a: UnsafePointer<Double>?, gradients g: UnsafePointer<Double>, gradientBlocks: Int,
    weightFactor: Double, biasFactor: Double
  ) {
    let out = slots[0], gradientOrder = gradientBlocks * laneCount, samples = blocks * laneCount
    for i in 0..<gradientOrder {
      let sampleRow = i % samples
      for j in (i / laneCount * laneCount)..<gradientOrder {
        let sampleColumn = j % samples
        var factor = biasFactor
        if let a {
          // Only the upper triangle of blocks is filled in `a`; a sample's own block is whole.
          let upper = sampleRow / laneCount <= sampleColumn / laneCount
          factor += weightFactor * (upper ? a[sampleRow * samples + sampleColumn] : a[sampleColumn * samples + sampleRow])
        }
        out[i * order + j] += factor * g[i * gradientOrder + j]
      }
    }
  }

  private func addRow(
    _ base: UnsafePointer<Scalar>, block: Int, of blocks: Int, _ parameters: Int, _ columnStride: Int,
    _ factor: Double, _ out: UnsafeMutablePointer<Double>
  ) {
    let column = base + block * columnStride
    kernels.gram(
      parameters: parameters, column, column, blocks: blocks - block, bBlockStride: columnStride, factor: factor,
      into: out + block * laneCount * order + block * laneCount, outStride: order)
  }

  /// Entry (i, j) of the whole sum, by lane indices; slots are added in order.
  func total(_ i: Int, _ j: Int) -> Double {
    let place = i / laneCount <= j / laneCount ? i * order + j : j * order + i
    return slots.reduce(0) { $0 + $1[place] }
  }
}
