import LaneKernels

/// Pairs of samples that are computed together.
enum PairTile {
  /// Some samples of the first set, each with the same neighbours in the second: lanes are [first][second]. With maps it is
  /// one first sample.
  case cross(firsts: Range<Int>, seconds: Range<Int>)
  /// Samples with themselves, of the first set or of the second.
  case itself(Range<Int>, isSecondSet: Bool)

  var lanes: Int {
    switch self {
    case .cross(let firsts, let seconds): firsts.count * seconds.count
    case .itself(let samples, _): samples.count
    }
  }

  /// Lanes of one first sample.
  var stride: Int {
    guard case .cross(_, let seconds) = self else { return lanes }
    return seconds.count
  }

  /// The same in whole vectors.
  var wholeStride: Int { (stride + laneCount - 1) / laneCount * laneCount }
  var wholeLanes: Int {
    guard case .cross(let firsts, _) = self else { return wholeStride }
    return firsts.count * wholeStride
  }

  /// Pairs whose result is kept: of one set those above the diagonal, and the diagonal from samples with themselves.
  func pairs(isOneSet: Bool) -> Int {
    guard case .cross(let firsts, let seconds) = self, isOneSet else { return lanes }
    return firsts.reduce(0) { $0 + max(0, seconds.upperBound - max(seconds.lowerBound, $1 + 1)) }
  }
}

/// The tiles of one kernel.
struct TileSchedule {
  /// Samples with themselves, which have to come first.
  let selves: [PairTile]
  let crosses: [PairTile]

  /// Pairs of one tile, at most: enough to fill vectors, few enough that both kernels' values stay in the second-level
  /// cache.
  static func lanes(_ plan: KernelPlan) -> Int { min(512, max(1, 16_384 / plan.largestEntries)) }

  /// - Parameter secondRows: nil for one set.
  init(_ plan: KernelPlan, rows: Int, secondRows: Int?) {
    let lanes = Self.lanes(plan)
    // With covariances between positions a first sample is shared by a tile, so a sample with itself is one.
    let step = plan.hasPositionPairs ? 1 : lanes
    func selves(_ count: Int, isSecondSet: Bool) -> [PairTile] {
      stride(from: 0, to: count, by: step).map {
        .itself($0..<min(count, $0 + step), isSecondSet: isSecondSet)
      }
    }
    self.selves =
      selves(rows, isSecondSet: false) + (secondRows.map { selves($0, isSecondSet: true) } ?? [])
    var crosses: [PairTile] = []
    var row = 0
    while row < rows {
      let (start, most) = Self.place(row, plan, isOneSet: secondRows == nil)
      let columns = secondRows ?? rows
      guard start < columns else { break }
      let firsts = row..<min(rows, row + most)
      let width = plan.isOfVectors ? lanes / laneCount : lanes
      for second in stride(from: start, to: columns, by: width) {
        crosses.append(.cross(firsts: firsts, seconds: second..<min(columns, second + width)))
      }
      row = firsts.upperBound
    }
    self.crosses = crosses
  }

  /// The first second sample of a row, and how many rows may share a tile with it. Vectors are computed a block of
  /// rows at a time, and from the beginning of their own block: some pairs twice, but all of them in whole vectors.
  private static func place(_ row: Int, _ plan: KernelPlan, isOneSet: Bool) -> (start: Int, rows: Int) {
    guard plan.isOfVectors else { return (isOneSet ? row + 1 : 0, 1) }
    return isOneSet
      ? ((row + 1) / laneCount * laneCount, laneCount - row % laneCount) : (0, laneCount)
  }
}
