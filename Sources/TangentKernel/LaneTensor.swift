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
  var lanes = laneCount
  /// Where its first column stands among a gradient's columns, of which it may hold some.
  var firstColumn = 0

  /// Scalars of one column.
  var columnStride: Int { shape.elementCount * lanes }
  var count: Int { columns * columnStride }
  /// Vectors of one column.
  var vectors: Int { shape.elementCount }

  func column(_ index: Int) -> UnsafeMutablePointer<Scalar> { base + index * columnStride }

  func channel(_ channel: Int, ofColumn index: Int) -> UnsafeMutablePointer<Scalar> {
    base + index * columnStride + channel * shape.positions * lanes
  }

  /// The same memory under another shape of as many elements: flattening keeps the order channel, row, column.
  func reshaped(_ shape: TensorShape) -> LaneTensor {
    LaneTensor(base: base, shape: shape, columns: columns, lanes: lanes, firstColumn: firstColumn)
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
      base: column(range.lowerBound), shape: shape, columns: range.count, lanes: lanes,
      firstColumn: firstColumn + range.lowerBound)
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
