import CLaneKernels
import GaussianDuals
import LaneKernels

/// What activations and normalizations know of every sample of one set, written by the tiles of samples with
/// themselves and read by all others.
final class SampleTables {
  private let base: UnsafeMutablePointer<Double>
  private let offsets: [Int]
  let samples: Int

  init(_ tables: [KernelPlan.Table], samples: Int) {
    self.samples = samples
    var size = 0
    offsets = tables.map { table in
      defer { size += table.numbers * samples }
      return size
    }
    // Vectors are read whole, also the last.
    base = .allocate(capacity: size + laneCount)
    base.initialize(repeating: 0, count: size + laneCount)
  }

  deinit { base.deallocate() }

  /// Of an activation the first coefficient of its closed form, or the variance; of a normalization 1/deviation;
  /// [position][sample].
  func first(_ table: Int) -> UnsafeMutablePointer<Double> { base + offsets[table] }

  /// The second coefficient of a closed form, [position][sample].
  func second(_ table: Int, positions: Int) -> UnsafeMutablePointer<Double> {
    base + offsets[table] + positions * samples
  }

  /// The coefficients of a series, [position][sample][`HermiteSeries.stride`].
  func series(_ table: Int, positions: Int) -> UnsafeMutablePointer<Double> {
    base + offsets[table] + 2 * positions * samples
  }

  /// Numbers of one sample.
  static func numbers(_ plan: KernelPlan) -> Int { plan.tables.reduce(0) { $0 + $1.numbers } }
}

extension KernelPlan.Table {
  /// For one sample: two at each position, and where there is no closed form a series.
  fileprivate var numbers: Int {
    positions * (hasSeries ? 2 + HermiteSeries.stride : 2)
  }
}
