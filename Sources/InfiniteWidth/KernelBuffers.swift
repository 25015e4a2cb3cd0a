import Synchronization

/// Where results go; tiles write to places of their own.
struct KernelBuffers {
  let kernel: UnsafeMutableBufferPointer<Double>
  let tangent: UnsafeMutableBufferPointer<Double>?
  let columns: Int
  let isOneSet: Bool

  var hasTangent: Bool { tangent != nil }

  func store(_ tile: PairTile, _ values: UnsafePointer<Double>, _ tangents: UnsafePointer<Double>) {
    switch tile {
    case .itself(let samples, let isSecondSet):
      guard isOneSet, !isSecondSet else { return }
      for (lane, sample) in samples.enumerated() {
        kernel[sample * columns + sample] = values[lane]
        tangent?[sample * columns + sample] = tangents[lane]
      }
    case .cross(let firsts, let seconds):
      for (row, first) in firsts.enumerated() {
        let start = isOneSet ? max(seconds.lowerBound, first + 1) : seconds.lowerBound
        guard start < seconds.upperBound else { continue }
        let (count, source) = (seconds.upperBound - start, row * seconds.count + start - seconds.lowerBound)
        let place = first * columns + start
        kernel.baseAddress.map { ($0 + place).update(from: values + source, count: count) }
        tangent?.baseAddress.map { ($0 + place).update(from: tangents + source, count: count) }
      }
    }
  }

  /// Fills what lies below the diagonal of a symmetric kernel, in squares that fit the first-level cache.
  func mirror() {
    guard isOneSet else { return }
    for matrix in [kernel, tangent].compactMap(\.self) {
      for top in stride(from: 0, to: columns, by: 32) {
        for left in stride(from: 0, through: top, by: 32) {
          for row in top..<min(columns, top + 32) {
            for column in left..<min(row, left + 32) {
              matrix[row * columns + column] = matrix[column * columns + row]
            }
          }
        }
      }
    }
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
