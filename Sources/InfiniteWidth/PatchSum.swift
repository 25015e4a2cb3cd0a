import CLaneKernels
import NetworkGraph

/// Which sum over patches is made of what: all that its cost depends on.
struct PatchShape {
  enum Window {
    case convolution(Convolution)
    case pooling(Pooling)
  }

  let window: Window
  let source: TileLayout
  let target: TileLayout

  /// Entries of one padded block; 0 when sums go straight from the source.
  var scratchEntries: Int {
    let padding: Int
    switch window {
    case .convolution(let convolution):
      if convolution.isPointwise { return 0 }
      padding = convolution.padding
    case .pooling(let pooling): padding = pooling.padding
    }
    let padded = source.width + 2 * padding
    return source.isFull ? saturatingProduct(padded, padded) : padded
  }
}

extension Convolution {
  /// A kernel of one position that is moved over all.
  fileprivate var isPointwise: Bool {
    kernelHeight == 1 && kernelWidth == 1 && stride == 1 && padding == 0
  }
}

/// The sum over patches that a convolution or a pooling makes of covariances: Σ_δ M(p + δ, p′ + δ) for a convolution
/// (Arora et al. 2019), a mean over both windows for a pooling. It is separable: rows of positions are added first, into a
/// padded block, and then columns within the block.
struct PatchSum {
  let source: TileLayout
  let target: TileLayout
  /// Entries of one padded block; 0 when sums go straight from the source.
  let scratchEntries: Int
  /// From source blocks into the padded block.
  private(set) var gatherRuns: [LaneRun] = []
  private(set) var blocks: [Block] = []
  private(set) var blockTerms: [Int64] = []
  /// From the padded block, or the source, to the target block.
  private(set) var sumRuns: [LaneRun] = []
  private(set) var sumTerms: [Int64] = []

  struct Block {
    var target: Int
    var terms: Range<Int>
    var factor: Double
  }

  /// Its size grows with the positions of a map, squared where all pairs are wanted.
  init(_ shape: PatchShape) {
    (source, target, scratchEntries) = (shape.source, shape.target, shape.scratchEntries)
    switch shape.window {
    case .convolution(let convolution): sum(convolution)
    case .pooling(let pooling): sum(pooling)
    }
  }

  /// The mean over a convolution's kernel, within one channel.
  private mutating func sum(_ convolution: Convolution) {
    let area = Double(convolution.kernelHeight * convolution.kernelWidth)
    if convolution.isPointwise {
      sumRuns = [LaneRun(target: 0, source: 0, length: Int64(source.entries), factor: 1)]
      sumTerms = [0]
      blocks = [Block(target: 0, terms: 0..<0, factor: 1)]
      return
    }
    let isCircular = convolution.paddingMode == .circular
    // Per target row, the source row under each row of the kernel.
    let rows = (0..<target.height).map { row in
      (0..<convolution.kernelHeight).map { k -> Int? in
        let place = row * convolution.stride - convolution.padding + k * convolution.dilation
        if isCircular { return (place + source.height) % source.height }
        return (0..<source.height).contains(place) ? place : nil
      }
    }
    for row in 0..<target.height {
      for other in target.isFull ? Array(0..<target.height) : [row] {
        let start = blockTerms.count
        for case (let a?, let b?) in zip(rows[row], rows[other]) { appendTerm(a, b) }
        appendBlock(row, other, from: start, factor: 1 / area)
      }
    }
    gather(padding: convolution.padding, isCircular: isCircular)
    let width = source.width + 2 * convolution.padding
    sumTerms = (0..<convolution.kernelWidth).map {
      Int64($0 * convolution.dilation * (source.isFull ? width + 1 : 1))
    }
    appendSums(paddedWidth: width, stride: convolution.stride) { _ in 1 }
  }

  /// The mean over the windows of an average pooling, from covariances between all positions (or of a single position
  /// each, where windows are single positions).
  private mutating func sum(_ pooling: Pooling) {
    let source = source
    func window(_ place: Int, size: Int) -> Range<Int> {
      let start = place * pooling.stride - pooling.padding
      return max(0, start)..<min(size, start + pooling.kernel)
    }
    func share(_ place: Int, size: Int) -> Double {
      1 / Double(pooling.countsPadding ? pooling.kernel : window(place, size: size).count)
    }
    for row in 0..<target.height {
      for other in target.isFull ? Array(0..<target.height) : [row] {
        let start = blockTerms.count
        for a in window(row, size: source.height) {
          for b in source.isFull ? window(other, size: source.height) : a..<(a + 1) { appendTerm(a, b) }
        }
        appendBlock(
          row, other, from: start,
          factor: share(row, size: source.height) * share(other, size: source.height))
      }
    }
    gather(padding: pooling.padding, isCircular: false)
    let width = source.width + 2 * pooling.padding
    sumTerms = (0..<pooling.kernel).flatMap { a in
      (source.isFull ? Array(0..<pooling.kernel) : [a]).map { Int64(source.isFull ? a * width + $0 : a) }
    }
    appendSums(paddedWidth: width, stride: pooling.stride) { share($0, size: source.width) }
  }

  private mutating func appendTerm(_ row: Int, _ other: Int) {
    blockTerms.append(Int64((source.isFull ? row * source.height + other : row) * source.blockEntries))
  }

  private mutating func appendBlock(_ row: Int, _ other: Int, from start: Int, factor: Double) {
    let index = target.isFull ? row * target.height + other : row
    blocks.append(
      Block(target: index * target.blockEntries, terms: start..<blockTerms.count, factor: factor))
  }

  /// Copies of a block's columns with what the padding adds on both sides; zeros are there already.
  private mutating func gather(padding: Int, isCircular: Bool) {
    let width = source.width
    let padded = width + 2 * padding
    var segments = [(target: padding, source: 0, length: width)]
    if isCircular, padding > 0 {
      segments.insert((target: 0, source: width - padding, length: padding), at: 0)
      segments.append((target: padding + width, source: 0, length: padding))
    }
    guard source.isFull else {
      gatherRuns = segments.map { Self.run(to: $0.target, from: $0.source, $0.length) }
      return
    }
    for rows in segments {
      for row in 0..<rows.length {
        for columns in segments {
          gatherRuns.append(
            Self.run(
              to: (rows.target + row) * padded + columns.target,
              from: (rows.source + row) * width + columns.source, columns.length))
        }
      }
    }
  }

  /// One run for a whole row where neighbours in the target are neighbours in the source, and have one factor.
  private mutating func appendSums(paddedWidth: Int, stride: Int, share: (Int) -> Double) {
    let shares = (0..<target.width).map(share)
    let isUniform = shares.allSatisfy { $0 == shares[0] }
    // Without all pairs in the target, columns with themselves: on the padded block's diagonal when that has all pairs.
    let diagonalStep = source.isFull && !target.isFull ? paddedWidth + 1 : 1
    for row in target.isFull ? Array(0..<target.width) : [0] {
      let from = target.isFull ? row * stride * paddedWidth : 0
      if stride == 1, isUniform, diagonalStep == 1 {
        sumRuns.append(Self.run(to: row * target.width, from: from, target.width, shares[0] * shares[0]))
        continue
      }
      for column in 0..<target.width {
        let factor = shares[target.isFull ? row : column] * shares[column]
        sumRuns.append(
          Self.run(to: row * target.width + column, from: from + column * stride * diagonalStep, 1, factor))
      }
    }
  }

  private static func run(to target: Int, from source: Int, _ length: Int, _ factor: Double = 1) -> LaneRun {
    LaneRun(target: Int64(target), source: Int64(source), length: Int64(length), factor: factor)
  }
}
