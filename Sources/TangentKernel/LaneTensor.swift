import LaneKernels
import NetworkGraph

/// Values or gradients of one node for a whole batch in the lane layout: [column][channel][row][column][lane], where
/// a column is a block of sixteen samples, and for gradients a (direction, block) pair, directions outermost.
///
/// Where samples are coupled, lanes of gradients are directions instead: a column is a (block of sixteen directions,
/// sample) pair, blocks outermost. The values that they meet have a column a sample and one lane.
struct LaneTensor<Scalar: LaneScalar> {
  let base: UnsafeMutablePointer<Scalar>
  let shape: TensorShape
  let columns: Int
  /// Scalars of one element of a column.
  let lanes: Int
  /// Where its first column stands among a gradient's columns, of which it may hold some.
  let firstColumn: Int
  /// Zeros around each channel of maps.
  let border: MapBorder
  /// Vectors from a channel's first position to its last, zeros of borders between them.
  let channelSpan: Int
  /// Vectors from one row to the next and from one channel to the next, and from a channel's start to its first
  /// position.
  let rowStride: Int
  private let channelStride, borderOffset: Int

  init(
    base: UnsafeMutablePointer<Scalar>, shape: TensorShape, columns: Int, lanes: Int = laneCount,
    firstColumn: Int = 0, border: MapBorder = MapBorder()
  ) {
    (self.base, self.shape, self.columns) = (base, shape, columns)
    (self.lanes, self.firstColumn, self.border) = (lanes, firstColumn, border)
    if case .maps(let channels, let rows, let columns) = shape {
      let map = LaneMap(channels: channels, rows: rows, columns: columns, border: border)
      (rowStride, channelStride) = (map.rowStride, map.channelStride)
      borderOffset = border.top * map.rowStride + border.left
      channelSpan = (rows - 1) * map.rowStride + columns
    } else {
      (rowStride, channelStride, borderOffset, channelSpan) = (1, 1, 0, 1)
    }
  }

  /// Scalars of one column in lanes.
  static func columnScalars(_ shape: TensorShape, border: MapBorder) -> Int {
    guard !border.isEmpty, case .maps(let channels, let rows, let columns) = shape else {
      return shape.elementCount * laneCount
    }
    return LaneMap(channels: channels, rows: rows, columns: columns, border: border).channelStride * channels
      * laneCount
  }

  /// Scalars of one column, with borders.
  var columnStride: Int { shape.channels * channelStride * lanes }
  var count: Int { columns * columnStride }
  /// Vectors of one column, without borders.
  var vectors: Int { shape.elementCount }

  /// A column's first position.
  func column(_ index: Int) -> UnsafeMutablePointer<Scalar> { channel(0, ofColumn: index) }

  func channel(_ channel: Int, ofColumn index: Int) -> UnsafeMutablePointer<Scalar> {
    base + index * columnStride + (channel * channelStride + borderOffset) * lanes
  }

  /// The same memory under another shape of as many elements: flattening keeps the order channel, row, column.
  func reshaped(_ shape: TensorShape) -> LaneTensor {
    LaneTensor(
      base: base, shape: shape, columns: columns, lanes: lanes, firstColumn: firstColumn, border: border)
  }

  /// The columns of each block of directions that it holds some of, where samples are coupled.
  func runsOfDirections(samples: Int) -> [(block: Int, columns: Range<Int>)] {
    let end = firstColumn + columns
    return (firstColumn / samples..<(end + samples - 1) / samples).map { block in
      (
        block,
        max(block * samples, firstColumn) - firstColumn..<min((block + 1) * samples, end) - firstColumn
      )
    }
  }

  /// Some of its columns.
  func columns(_ range: Range<Int>) -> LaneTensor {
    LaneTensor(
      base: base + range.lowerBound * columnStride, shape: shape, columns: range.count, lanes: lanes,
      firstColumn: firstColumn + range.lowerBound, border: border)
  }

  /// Writes the zeros of its border.
  func clearBorder() {
    guard !border.isEmpty, case .maps(let channels, let rows, let width) = shape else { return }
    // The right end of a row and the left end of the next are neighbours.
    let sides = (border.left + border.right) * lanes
    let end = (border.right + border.bottom * rowStride) * lanes
    for channel in 0..<columns * channels {
      let start = base + channel * channelStride * lanes
      start.fillWithZeros(borderOffset * lanes)
      var rowEnd = start + (borderOffset + width) * lanes
      for _ in 1..<max(1, rows) {
        rowEnd.fillWithZeros(sides)
        rowEnd += rowStride * lanes
      }
      rowEnd.fillWithZeros(end)
    }
  }
}

/// Where a pass puts the gradient of one of its inputs.
struct GradientTarget<Scalar: LaneScalar> {
  let tensor: LaneTensor<Scalar>
  /// Whether the tensor already holds another consumer's share.
  let accumulate: Bool
}

extension UnsafeMutablePointer {
  /// Zeros for numbers, whose zero is all zero bits: `update(repeating:)` goes element by element in generic code.
  func fillWithZeros(_ count: Int) where Pointee: BinaryFloatingPoint {
    UnsafeMutableRawPointer(self).initializeMemory(
      as: UInt8.self, repeating: 0, count: count * MemoryLayout<Pointee>.stride)
  }
}
