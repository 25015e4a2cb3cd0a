import LaneKernels
import NetworkGraph

/// How many partial sums of the kernel there are: the most workers that can form weight gradients at once.
let gramSlotCount = 16

/// The kernel while it is being summed, layer by layer, in double precision.
///
/// Contributions of one parameter array go to a fixed number of slots, each a matrix of its own filled in a fixed
/// order; when the array is done its slots are summed and added to the total. Work is split over slots by its position
/// in the network, never by thread, so the result does not depend on how many threads there are; and since every array
/// is summed by itself first, neither does it depend on whether the arrays' own kernels are kept.
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
  /// The step of the layer whose arrays come next.
  var step = 0
  /// Of what is added next: its first direction's place among the matrix's rows, how many directions there are, whether
  /// the matrix has all its rows with them, and whether they come bit by bit. Used only where samples are coupled.
  var firstDirection = 0
  var directionCount = 0
  var isComplete = true
  var gathersRows = false
  /// The gradients by one parameter array of the directions so far, where samples are coupled.
  private struct Rows {
    let step: Int
    let role: ParameterArray.Role
    let scalars: UnsafeMutablePointer<Scalar>
  }
  private var rows: [Rows] = []
  /// One array's own kernel, over all rounds.
  struct ArrayKernel {
    let step: Int
    let role: ParameterArray.Role
    let matrix: UnsafeMutablePointer<Double>
  }
  /// Kept when asked for; in the order in which they were closed first.
  private(set) var arrays: [ArrayKernel] = []
  private let keepsArrays: Bool
  private let pool: BufferPool
  private let slots: [UnsafeMutablePointer<Double>]
  let sum: UnsafeMutablePointer<Double>

  init(
    kernels: Scalar.Kernels, blocks: Int, directions: Int, reduction: OutputReduction, keepsArrays: Bool,
    pool: BufferPool
  ) {
    self.kernels = kernels
    self.blocks = blocks
    self.directions = directions
    self.reduction = reduction
    self.keepsArrays = keepsArrays
    self.pool = pool
    let order = (reduction == .full ? directions * blocks : blocks) * laneCount
    self.order = order
    slots = (0..<gramSlotCount).map { _ in Self.zeros(order * order, pool) }
    sum = Self.zeros(order * order, pool)
  }

  deinit {
    slots.forEach(pool.giveBack)
    rows.forEach { pool.giveBack($0.scalars) }
    arrays.forEach { pool.giveBack($0.matrix) }
    pool.giveBack(sum)
  }

  private static func zeros(_ count: Int, _ pool: BufferPool) -> UnsafeMutablePointer<Double> {
    let matrix = pool.take(Double.self, count: count)
    matrix.fillWithZeros(count)
    return matrix
  }

  /// Where gradients by an array of the current step gather until the matrix has all its rows: zeros at first, for
  /// directions fill lanes of their own. `giveBackRows` must follow when it has.
  func rows(of role: ParameterArray.Role, count: Int) -> UnsafeMutablePointer<Scalar> {
    if let held = rows.first(where: { $0.step == step && $0.role == role }) { return held.scalars }
    let scalars = pool.take(Scalar.self, count: count)
    scalars.fillWithZeros(count)
    rows.append(Rows(step: step, role: role, scalars: scalars))
    return scalars
  }

  func giveBackRows(of role: ParameterArray.Role) {
    guard let index = rows.firstIndex(where: { $0.step == step && $0.role == role }) else { return }
    pool.giveBack(rows.remove(at: index).scalars)
  }

  /// Ends the contributions of one parameter array of the current step: they were made to `used` slots and to no
  /// other. Slots are empty afterwards.
  func close(_ role: ParameterArray.Role, slots used: Range<Int>, _ workers: Workers) {
    nonisolated(unsafe) let (slots, sum, own) = (
      Array(slots[used]), sum, keepsArrays ? matrix(of: role) : nil
    )
    let order = order
    func fold(_ block: Int) {
      for row in block * laneCount..<(block + 1) * laneCount {
        let start = row * order + block * laneCount
        foldRow(slots, at: start, count: order - block * laneCount, into: sum, own)
      }
    }
    // Waking other threads costs more than adding up small matrices.
    if order * order * used.count > 1 << 18 {
      workers.forEach(order / laneCount, fold)
    } else {
      for block in 0..<order / laneCount { fold(block) }
    }
  }

  private func matrix(of role: ParameterArray.Role) -> UnsafeMutablePointer<Double> {
    if let held = arrays.last(where: { $0.step == step && $0.role == role }) { return held.matrix }
    let matrix = Self.zeros(order * order, pool)
    arrays.append(ArrayKernel(step: step, role: role, matrix: matrix))
    return matrix
  }

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

  /// The slots of `addProduct`.
  static var weightSlots: Range<Int> { 0..<1 }
  static var biasSlots: Range<Int> { 1..<2 }

  /// Adds for every pair of rows i, j: weightFactor · A_ij G_ij to the weights' slot and biasFactor · G_ij to the
  /// biases', with A between samples and G between (direction, sample) pairs of one direction group (SPEC 3.6). `a`
  /// and `g` as from `gram(of:)`.
  func addProduct(
    inputs a: UnsafePointer<Double>, gradients g: UnsafePointer<Double>, gradientBlocks: Int,
    weightFactor: Double, biasFactor: Double
  ) {
    let out = slots[0]
    let bias = slots[1]
    let gradientOrder = gradientBlocks * laneCount
    let samples = blocks * laneCount
    for i in 0..<gradientOrder {
      let sampleRow = i % samples
      for j in (i / laneCount * laneCount)..<gradientOrder {
        let sampleColumn = j % samples
        // Only the upper triangle of blocks is filled in `a`; a sample's own block is whole.
        let upper = sampleRow / laneCount <= sampleColumn / laneCount
        let input = upper ? a[sampleRow * samples + sampleColumn] : a[sampleColumn * samples + sampleRow]
        let gradient = g[i * gradientOrder + j]
        out[i * order + j] += weightFactor * input * gradient
        if biasFactor != 0 { bias[i * order + j] += biasFactor * gradient }
      }
    }
  }

  private func addRow(
    _ base: UnsafePointer<Scalar>, block: Int, of blocks: Int, _ parameters: Int, _ columnStride: Int,
    _ factor: Double, _ out: UnsafeMutablePointer<Double>
  ) {
    let column = base + block * columnStride
    kernels.gram(
      parameters: parameters, column, column, blocks: blocks - block, bBlockStride: columnStride,
      factor: factor,
      into: out + block * laneCount * order + block * laneCount, outStride: order)
  }

  /// Entry (i, j) of the sum or of an array's own kernel, by lane indices.
  func entry(_ i: Int, _ j: Int, of matrix: UnsafeMutablePointer<Double>) -> Double {
    matrix[i / laneCount <= j / laneCount ? i * order + j : j * order + i]
  }
}

/// Adds up one stretch of the slots, in order, gives it to the sum and to the array's own kernel, and empties it.
private func foldRow(
  _ slots: [UnsafeMutablePointer<Double>], at start: Int, count: Int, into sum: UnsafeMutablePointer<Double>,
  _ own: UnsafeMutablePointer<Double>?
) {
  let first = slots[0] + start
  let sum = sum + start
  for slot in slots.dropFirst() {
    let other = slot + start
    for index in 0..<count { first[index] += other[index] }
    other.fillWithZeros(count)
  }
  for index in 0..<count { sum[index] += first[index] }
  if let own {
    let own = own + start
    for index in 0..<count { own[index] += first[index] }
  }
  first.fillWithZeros(count)
}
