import CLaneKernels
import Synchronization

/// Where results go; tiles write to places of their own.
struct KernelBuffers {
  let kernel: UnsafeMutableBufferPointer<Double>
  let tangent: UnsafeMutableBufferPointer<Double>?
  let columns: Int
  let isOneSet: Bool
  let variant: UnsafePointer<LaneVariant>

  var hasTangent: Bool { tangent != nil }

  /// - Parameter stride: numbers between the rows of a tile.
  func store(
    _ tile: PairTile, _ values: UnsafePointer<Double>, _ tangents: UnsafePointer<Double>, stride: Int
  ) {
    switch tile {
    case .itself(let samples, let isSecondSet):
      guard isOneSet, !isSecondSet else { return }
      for (lane, sample) in samples.enumerated() {
        kernel[sample * columns + sample] = values[lane]
        tangent?[sample * columns + sample] = tangents[lane]
      }
    case .cross(let firsts, let seconds):
      store(values, into: kernel, firsts, seconds, stride)
      if let tangent { store(tangents, into: tangent, firsts, seconds, stride) }
    }
  }

  /// Of one set what is above the diagonal, and its mirror image while it is in cache.
  private func store(
    _ values: UnsafePointer<Double>, into matrix: UnsafeMutableBufferPointer<Double>, _ firsts: Range<Int>,
    _ seconds: Range<Int>, _ stride: Int
  ) {
    guard let matrix = matrix.baseAddress else { return }
    for (row, first) in firsts.enumerated() {
      let start = isOneSet ? max(seconds.lowerBound, first + 1) : seconds.lowerBound
      guard start < seconds.upperBound else { continue }
      (matrix + first * columns + start).update(
        from: values + row * stride + start - seconds.lowerBound, count: seconds.upperBound - start)
    }
    guard isOneSet else { return }
    // What all rows have beyond the diagonal is a rectangle.
    let corner = min(seconds.upperBound, max(seconds.lowerBound, firsts.upperBound))
    for second in seconds.lowerBound..<corner {
      for first in firsts where first < second {
        matrix[second * columns + first] =
          values[(first - firsts.lowerBound) * stride + second - seconds.lowerBound]
      }
    }
    variant.pointee.transpose(
      Int64(firsts.count), Int64(seconds.upperBound - corner), values + corner - seconds.lowerBound,
      Int64(stride), matrix + corner * columns + firsts.lowerBound, Int64(columns))
  }
}

/// Counts pairs of samples done.
final class PairCounter: Sendable {
  private let done = Atomic<Int>(0)
  private let all: Int
  private let report: (@Sendable (Int, Int) -> Void)?

  init(all: Int, report: (@Sendable (Int, Int) -> Void)?) {
    self.all = all
    self.report = report
  }

  func add(_ pairs: Int) {
    let total = done.add(pairs, ordering: .relaxed).newValue
    report?(total, all)
  }
}
