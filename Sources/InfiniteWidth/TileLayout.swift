/// The product of numbers that are not negative, or the largest integer where it does not fit: sizes are held against
/// budgets before anything is made.
func saturatingProduct(_ factors: Int...) -> Int {
  factors.reduce(1) { product, factor in
    let (result, overflow) = product.multipliedReportingOverflow(by: factor)
    return overflow ? .max : result
  }
}

/// The sum of numbers that are not negative, in the same way.
func saturatingSum(_ terms: some Sequence<Int>) -> Int {
  terms.reduce(0) { sum, term in
    let (result, overflow) = sum.addingReportingOverflow(term)
    return overflow ? .max : result
  }
}

/// How the covariances between the positions of one value stand in a tile. All counts are entries; each entry holds one
/// number for every pair of samples in the tile.
struct TileLayout: Hashable {
  var height: Int
  var width: Int
  /// Covariances between all pairs of positions, [y][y′][x][x′], instead of only those of a position with itself,
  /// [y][x].
  var isFull: Bool

  /// One position, which is all that a vector of features has.
  static let single = TileLayout(height: 1, width: 1, isFull: false)

  init(height: Int, width: Int, isFull: Bool) {
    self.height = height
    self.width = width
    self.isFull = isFull
  }

  /// True when there are covariances between different positions.
  var hasPairs: Bool { isFull && positions > 1 }

  var positions: Int { height * width }
  var entries: Int { isFull ? saturatingProduct(positions, positions) : positions }
  /// Rows, or pairs of rows, are blocks of neighbouring entries.
  var blocks: Int { isFull ? height * height : height }
  var blockEntries: Int { isFull ? width * width : width }

  /// The entry of a position's variance.
  func diagonalEntry(of position: Int) -> Int {
    guard isFull else { return position }
    let (y, x) = (position / width, position % width)
    return (y * height + y) * blockEntries + x * width + x
  }

  var diagonal: TileLayout { TileLayout(height: height, width: width, isFull: false) }
}
