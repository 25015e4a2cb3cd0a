import CLaneKernels
import LaneKernels

/// The QR factorization A = Q R of a tall matrix by Householder reflections, R with positive diagonal, of which Q is
/// kept (Golub & Van Loan, Matrix Computations, 4th ed., algorithms 5.2.1 and 5.2.3, in the compact WY form of
/// Schreiber & Van Loan 1989: sixteen columns at a time within blocks of 64).
///
/// Columns stand in panels of sixteen, a row of a panel being one lane vector, so that the engine's own `gram` and
/// `correlate` do nearly all the arithmetic: the bits are the same on every instruction set, and, since every panel is
/// updated whole by one call, for any number of threads. (LAPACK's bits change with the processor.)
package struct HouseholderFactorization {
  /// Rows; at least `columns`.
  let rows: Int
  let columns: Int
  private let kernels: LaneKernelsDouble
  /// Reflection vectors below the diagonal of what was A, with their ones and zeros written out.
  private let reflections: UnsafeMutablePointer<Double>
  /// Upper triangular, of order `blockOrder`, one for each block: H_1 H_2 … = I − V T Vᵀ.
  private var factors: [[Double]]
  /// Of R's diagonal: Q's columns are multiplied by them.
  private var signs: [Double]

  /// Calls its second argument once for each of 0..<count, in any order and on any thread.
  package typealias ForEach = (_ count: Int, _ body: (Int) -> Void) -> Void

  private static let panelsPerBlock = 4
  private static var blockOrder: Int { panelsPerBlock * laneCount }

  /// Doubles of a rows × columns matrix in panels.
  package static func elementCount(rows: Int, columns: Int) -> Int { panelCount(columns) * rows * laneCount }

  private static func panelCount(_ columns: Int) -> Int { (columns + laneCount - 1) / laneCount }

  /// Where entry (row, column) of a matrix with so many rows stands.
  package static func place(row: Int, column: Int, rows: Int) -> Int {
    (column / laneCount * rows + row) * laneCount + column % laneCount
  }

  /// Factorizes a matrix where it stands; `q(into:forEach:)` reads what is left there.
  ///
  /// - Parameters:
  ///   - matrix: rows × columns in panels, aligned to a lane vector; the lanes of the last panel beyond `columns` hold
  ///     zeros. Numbers whose squares neither overflow nor vanish.
  ///   - columns: at most `rows`.
  ///
  /// Complexity: O(rows · columns²).
  package init(
    _ matrix: UnsafeMutablePointer<Double>, rows: Int, columns: Int,
    variant: UnsafePointer<LaneVariant> = LaneVariants.current, forEach: ForEach
  ) {
    self.rows = rows
    self.columns = columns
    kernels = variant.pointee.dual
    reflections = matrix
    signs = [Double](repeating: 1, count: columns)
    let blocks = (Self.panelCount(columns) + Self.panelsPerBlock - 1) / Self.panelsPerBlock
    factors = .init(
      repeating: .init(repeating: 0, count: Self.blockOrder * Self.blockOrder), count: blocks)
    for block in 0..<blocks {
      let panels = panels(ofBlock: block)
      for panel in panels {
        // What earlier panels of the block do to this one, then its own reflections.
        apply(block, panels: panel - panels.lowerBound, transposed: true, to: matrix, panel)
        let scales = reflect(panel, topRow: panels.lowerBound * laneCount)
        extendFactor(of: block, panel, scales)
      }
      let trailing = panels.upperBound..<Self.panelCount(columns)
      nonisolated(unsafe) let matrix = matrix
      forEach(trailing.count) { index in
        apply(block, panels: panels.count, transposed: true, to: matrix, trailing.lowerBound + index)
      }
    }
  }

  /// The first `columns` columns of Q, orthonormal, in panels.
  ///
  /// Complexity: O(rows · columns²).
  package func q(into target: UnsafeMutablePointer<Double>, forEach: ForEach) {
    nonisolated(unsafe) let target = target
    forEach(Self.panelCount(columns)) { panel in
      let start = target + panel * rows * laneCount
      for index in 0..<rows * laneCount { start[index] = 0 }
      for lane in 0..<laneCount where panel * laneCount + lane < columns {
        start[(panel * laneCount + lane) * laneCount + lane] = 1
      }
      // Q = H_1 H_2 … applied to unit vectors, the last first: those of later columns leave them alone.
      for block in (0...panel / Self.panelsPerBlock).reversed() {
        apply(block, panels: panels(ofBlock: block).count, transposed: false, to: target, panel)
      }
      for lane in 0..<laneCount where panel * laneCount + lane < columns {
        let sign = signs[panel * laneCount + lane]
        if sign < 0 { for row in 0..<rows { start[row * laneCount + lane] *= sign } }
      }
    }
  }

  private func panels(ofBlock block: Int) -> Range<Int> {
    let first = block * Self.panelsPerBlock
    return first..<min(first + Self.panelsPerBlock, Self.panelCount(columns))
  }

  // MARK: Within a panel

  /// Turns a panel into its reflection vectors v, v_c = 1 for column c and zero above, from the block's top row on.
  ///
  /// - Returns: τ of each column, H = I − τ v vᵀ; 0 where nothing is below the diagonal, and for padding.
  private mutating func reflect(_ panel: Int, topRow: Int) -> [Double] {
    var scales = [Double](repeating: 0, count: laneCount)
    let first = panel * laneCount
    var reflection = [Double](repeating: 0, count: rows)
    let base = reflections + panel * rows * laneCount
    base.withMemoryRebound(to: SIMD16<Double>.self, capacity: rows) { vectors in
      for lane in 0..<laneCount {
        let column = first + lane
        guard column < columns else { continue }
        var squares = 0.0
        for row in column..<rows {
          reflection[row] = vectors[row][lane]
          if row > column { squares += reflection[row] * reflection[row] }
        }
        let diagonal = reflection[column]
        var (length, scale) = (diagonal, 1.0)
        if squares > 0 {
          length = (diagonal * diagonal + squares).squareRoot()
          if diagonal >= 0 { length = -length }
          scales[lane] = (length - diagonal) / length
          scale = 1 / (diagonal - length)
        }
        signs[column] = length < 0 ? -1 : 1
        reflection[column] = 1
        for row in column + 1..<max(rows, column + 1) { reflection[row] *= scale }
        var products = SIMD16<Double>()
        for row in column..<rows { products += vectors[row] * reflection[row] }
        // Only the columns to the right are changed.
        for done in 0...lane { products[done] = 0 }
        products *= scales[lane]
        for row in column..<rows {
          var changed = vectors[row] - products * reflection[row]
          changed[lane] = reflection[row]
          vectors[row] = changed
        }
        for row in topRow..<column { vectors[row][lane] = 0 }
      }
    }
    return scales
  }

  /// T's columns for a panel: T_qq = τ, and above it −τ T Vᵀv.
  private mutating func extendFactor(of block: Int, _ panel: Int, _ scales: [Double]) {
    let order = Self.blockOrder
    let panels = panels(ofBlock: block)
    let first = panels.lowerBound * laneCount
    let done = (panel - panels.lowerBound) * laneCount
    var products = [Double](repeating: 0, count: order * laneCount)
    products.withUnsafeMutableBufferPointer { products in
      guard let products = products.baseAddress else { return }
      for other in panels.lowerBound...panel {
        multiply(
          other, from: first, reflections + panel * rows * laneCount,
          into: products + (other - panels.lowerBound) * laneCount * laneCount)
      }
    }
    for lane in 0..<laneCount {
      let column = done + lane
      for row in 0..<column {
        var sum = 0.0
        for inner in row..<column {
          sum += factors[block][row * order + inner] * products[inner * laneCount + lane]
        }
        factors[block][row * order + column] = -scales[lane] * sum
      }
      factors[block][column * order + column] = scales[lane]
    }
  }

  // MARK: Between panels

  /// C ← (I − V T Vᵀ) C, or with Tᵀ, for one panel C of a matrix and the first `count` panels of a block's V.
  private func apply(
    _ block: Int, panels count: Int, transposed: Bool, to matrix: UnsafeMutablePointer<Double>, _ panel: Int
  ) {
    guard count > 0 else { return }
    let target = matrix + panel * rows * laneCount
    let first = panels(ofBlock: block).lowerBound
    let order = Self.blockOrder
    let used = count * laneCount
    // Two lane-aligned order × 16 matrices.
    let scratch = UnsafeMutableRawPointer.allocate(
      byteCount: 2 * used * laneCount * MemoryLayout<Double>.stride,
      alignment: laneCount * MemoryLayout<Double>.stride)
    defer { scratch.deallocate() }
    let products = scratch.bindMemory(to: Double.self, capacity: 2 * used * laneCount)
    for index in 0..<used * laneCount { products[index] = 0 }
    for other in 0..<count {
      multiply(first + other, from: first * laneCount, target, into: products + other * laneCount * laneCount)
    }
    let combined = products + used * laneCount
    factors[block].withUnsafeBufferPointer { factor in
      products.withMemoryRebound(to: SIMD16<Double>.self, capacity: 2 * used) { vectors in
        for row in 0..<used {
          var sum = SIMD16<Double>()
          for inner in transposed ? 0..<row + 1 : row..<used {
            sum -= vectors[inner] * factor[transposed ? inner * order + row : row * order + inner]
          }
          vectors[used + row] = sum
        }
      }
    }
    for other in 0..<count {
      add(first + other, from: first * laneCount, combined + other * laneCount * laneCount, to: target)
    }
  }

  /// products (16 × 16) += VᵀC over the rows from `row` on, for one panel of V and one panel C.
  private func multiply(
    _ panel: Int, from row: Int, _ target: UnsafePointer<Double>, into products: UnsafeMutablePointer<Double>
  ) {
    kernels.gram(
      parameters: rows - row, reflections + (panel * rows + row) * laneCount, target + row * laneCount,
      blocks: 1,
      bBlockStride: 0, factor: 1, into: products, outStride: laneCount)
  }

  /// C += V W over the rows from `row` on: a correlation with one tap, whose channels are rows and reflections.
  private func add(
    _ panel: Int, from row: Int, _ combined: UnsafePointer<Double>, to target: UnsafeMutablePointer<Double>
  ) {
    let zero: [Int32] = [0]
    zero.withUnsafeBufferPointer { zero in
      var shape = LaneCorrelation(
        from: LaneMap(channels: laneCount, rows: 1, columns: 1),
        to: LaneMap(channels: rows - row, rows: 1, columns: 1))
      shape.taps = 1
      shape.tapRow = zero.baseAddress
      shape.tapColumn = zero.baseAddress
      shape.tapWeight = zero.baseAddress
      shape.weightTargetStride = Int64(laneCount)
      shape.weightSourceStride = 1
      shape.accumulate = true
      kernels.correlate(
        shape, source: combined, weights: reflections + (panel * rows + row) * laneCount, bias: nil,
        into: target + row * laneCount)
    }
  }
}
