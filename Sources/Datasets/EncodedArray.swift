import Foundation

/// An array as it stands in a file's bytes, decoded piece by piece: a dataset of 8-bit images stays one
/// eighth of its float64 size.
struct EncodedArray: Sendable {
  let shape: [Int]
  let elementType: NumericArray.ElementType
  let bigEndian: Bool
  /// First axis fastest.
  let fortranOrder: Bool
  private let bytes: [UInt8]
  private let start: Int
  /// The product of `shape`.
  let elementCount: Int

  /// Nil when the elements do not all lie in `bytes` from `start` on.
  init?(
    shape: [Int], elementType: NumericArray.ElementType, bigEndian: Bool = false, fortranOrder: Bool = false,
    bytes: [UInt8], start: Int = 0
  ) {
    guard let count = checkedProduct(shape), start >= 0, start <= bytes.count,
      count <= (bytes.count - start) / elementType.size
    else { return nil }
    self.shape = shape
    self.elementType = elementType
    self.bigEndian = bigEndian
    self.fortranOrder = fortranOrder
    self.bytes = bytes
    self.start = start
    elementCount = count
  }

  /// How many numbers one entry of the first axis holds.
  var rowLength: Int { (shape.first ?? 0) == 0 ? 0 : elementCount / shape[0] }

  /// The bytes of the elements, in file order.
  func withElementBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withUnsafeBytes { body(.init(rebasing: $0[start..<start + elementCount * elementType.size])) }
  }

  /// Elements by their row-major index, whatever the order on disk.
  func values(_ range: Range<Int>) -> [Double] {
    precondition(range.lowerBound >= 0 && range.upperBound <= elementCount)
    return switch elementType {
    case .float16: decode(range, UInt16.self) { doubleFromHalf($0) }
    case .float32: decode(range, UInt32.self) { Double(Float(bitPattern: $0)) }
    case .float64: decode(range, UInt64.self) { Double(bitPattern: $0) }
    case .int8: decode(range, UInt8.self) { Double(Int8(bitPattern: $0)) }
    case .int16: decode(range, UInt16.self) { Double(Int16(bitPattern: $0)) }
    case .int32: decode(range, UInt32.self) { Double(Int32(bitPattern: $0)) }
    case .int64: decode(range, UInt64.self) { Double(Int64(bitPattern: $0)) }
    case .uint8: decode(range, UInt8.self) { Double($0) }
    case .uint16: decode(range, UInt16.self) { Double($0) }
    case .uint32: decode(range, UInt32.self) { Double($0) }
    case .uint64: decode(range, UInt64.self) { Double($0) }
    case .boolean: decode(range, UInt8.self) { $0 == 0 ? 0 : 1 }
    }
  }

  /// Every element, widened.
  func numericArray() -> NumericArray {
    NumericArray(uncheckedShape: shape, values: values(0..<elementCount), elementType: elementType)
  }

  private func decode<Stored: FixedWidthInteger>(
    _ range: Range<Int>, _: Stored.Type, _ widen: (Stored) -> Double
  ) -> [Double] {
    withElementBytes { raw in
      [Double](unsafeUninitializedCapacity: range.count) { buffer, filled in
        for (slot, index) in range.enumerated() {
          let position = fortranOrder ? fortranPosition(ofRowMajor: index) : index
          let stored = raw.loadUnaligned(
            fromByteOffset: position * MemoryLayout<Stored>.size, as: Stored.self)
          buffer[slot] = widen(bigEndian ? Stored(bigEndian: stored) : Stored(littleEndian: stored))
        }
        filled = range.count
      }
    }
  }

  private func fortranPosition(ofRowMajor index: Int) -> Int {
    var rest = index
    var stride = elementCount
    var position = 0
    for length in shape.reversed() {
      stride /= length
      position += rest % length * stride
      rest /= length
    }
    return position
  }
}

/// IEEE 754 binary16, widened exactly. `Float16` is not there on every platform.
private func doubleFromHalf(_ bits: UInt16) -> Double {
  let magnitude: Double
  let fraction = Double(bits & 0x3ff)
  switch Int(bits >> 10 & 0x1f) {
  case 0: magnitude = fraction * 0x1p-24
  case 31: magnitude = fraction == 0 ? .infinity : .nan
  case let exponent:
    magnitude = Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction * 0x1p-10)
  }
  return bits >> 15 == 0 ? magnitude : -magnitude
}
