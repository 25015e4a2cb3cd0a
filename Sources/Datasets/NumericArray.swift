/// A dense array of numbers as NumPy's files hold it, widened to float64.
public struct NumericArray: Hashable, Sendable {
  /// How the numbers stand on disk: NumPy's kind letter and size in bytes.
  public enum ElementType: String, Hashable, Sendable, CaseIterable {
    case float16 = "f2"
    case float32 = "f4"
    case float64 = "f8"
    case int8 = "i1"
    case int16 = "i2"
    case int32 = "i4"
    case int64 = "i8"
    case uint8 = "u1"
    case uint16 = "u2"
    case uint32 = "u4"
    case uint64 = "u8"
    case boolean = "b1"

    /// Bytes of one element.
    public var size: Int {
      switch self {
      case .int8, .uint8, .boolean: 1
      case .float16, .int16, .uint16: 2
      case .float32, .int32, .uint32: 4
      case .float64, .int64, .uint64: 8
      }
    }

    /// Whether it is one of IEEE 754's binary formats.
    public var isFloatingPoint: Bool {
      switch self {
      case .float16, .float32, .float64: true
      default: false
      }
    }
  }

  /// The length of each axis; empty for a single number.
  public let shape: [Int]
  /// Row-major (the last axis runs fastest), whatever the order on disk. 64-bit integers beyond 2⁵³ are
  /// rounded.
  public let values: [Double]
  /// The element type on disk: what the array was read from, or will be written as.
  public let elementType: ElementType

  /// - Throws: `DatasetError.invalidValues` when the number of values is not the product of the shape.
  public init(shape: [Int], values: [Double], elementType: ElementType = .float64) throws(DatasetError) {
    guard let count = checkedProduct(shape), count == values.count else {
      throw .invalidValues("an array of shape \(shape) does not hold \(values.count) numbers")
    }
    self.init(uncheckedShape: shape, values: values, elementType: elementType)
  }

  init(uncheckedShape shape: [Int], values: [Double], elementType: ElementType) {
    self.shape = shape
    self.values = values
    self.elementType = elementType
  }

  /// The values as class labels.
  /// - Throws: `DatasetError.malformed` naming `name` and the row when the array is not one column of
  ///   integers.
  public func labels(name: String) throws(DatasetError) -> [Int] {
    guard shape.count == 1 || (shape.count == 2 && shape[1] == 1) else {
      throw .malformed(.init(file: name), problem: "labels are one column, not an array of shape \(shape)")
    }
    var labels: [Int] = []
    labels.reserveCapacity(values.count)
    for (row, value) in values.enumerated() {
      guard let label = Int(exactly: value) else {
        throw .malformed(.init(file: name, row: row), problem: "the label \(value) is not an integer")
      }
      labels.append(label)
    }
    return labels
  }
}
