import LaneKernels
import NetworkGraph

/// Values or gradients of one node for a whole batch in the lane layout: [column][channel][row][column][lane], where
/// a column is a block of sixteen samples, and for gradients a (direction, block) pair, directions outermost.
struct LaneTensor<Scalar: LaneScalar> {
  let base: UnsafeMutablePointer<Scalar>
  let shape: TensorShape
  let columns: Int

  /// Scalars of one column.
  var columnStride: Int { shape.elementCount * laneCount }
  var count: Int { columns * columnStride }
  /// Vectors of one column.
  var vectors: Int { shape.elementCount }

  func column(_ index: Int) -> UnsafeMutablePointer<Scalar> { base + index * columnStride }

  func channel(_ channel: Int, ofColumn index: Int) -> UnsafeMutablePointer<Scalar> {
    base + index * columnStride + channel * shape.positions * laneCount
  }

  /// The same memory under another shape of as many elements: flattening keeps the order channel, row, column.
  func reshaped(_ shape: TensorShape) -> LaneTensor { LaneTensor(base: base, shape: shape, columns: columns) }
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
