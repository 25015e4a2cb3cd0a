import CLaneKernels
import GaussianDuals

/// What activations and normalizations know of every sample of one set, written by the tiles of samples with
/// themselves and read by all others.
final class SampleTables {
  /// Numbers of one table for one sample and position: two coefficients of a closed form, else the variance alone (the
  /// second is unused); of a normalization 1/deviation.
  private let base: UnsafeMutablePointer<Double>
  private let offsets: [Int]
  let samples: Int

  init(_ tables: [KernelPlan.Table], samples: Int) {
    self.samples = samples
    var size = 0
    offsets = tables.map { table in
      defer { size += 2 * table.positions * samples }
      return size
    }
    base = .allocate(capacity: max(1, size))
    base.initialize(repeating: 0, count: size)
  }

  deinit { base.deallocate() }

  /// The first numbers, [position][sample].
  func first(_ table: Int) -> UnsafeMutablePointer<Double> { base + offsets[table] }

  /// The second numbers, [position][sample].
  func second(_ table: Int, positions: Int) -> UnsafeMutablePointer<Double> {
    base + offsets[table] + positions * samples
  }

  static func bytes(_ plan: KernelPlan, samples: Int) -> Int {
    plan.tables.reduce(0) { $0 + 2 * $1.positions } * samples * MemoryLayout<Double>.stride
  }
}
