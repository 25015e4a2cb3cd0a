extension EncodedArray {
  /// The array of an NPY file or member whose bytes run from `start` to `end`.
  /// - Throws: `DatasetError.malformed` when the header is wrong or the elements are not exactly the bytes
  ///   that follow it; `.tooLarge` when widening them to float64 would exceed the limit.
  init(
    npy bytes: [UInt8], start: Int, end: Int, at location: DataLocation, limits: ReadLimits
  ) throws(DatasetError) {
    let header = try NPYHeader(bytes[start..<end], at: location)
    let present = end - start - header.dataOffset
    guard let count = checkedProduct(header.shape), count <= Int.max / 8 else {
      throw .tooLarge(location, bytes: nil, limit: limits.maximumBytes)
    }
    let needed = count * header.elementType.size
    guard needed == present else {
      let place = DataLocation(
        file: location.file, member: location.member, byteOffset: header.dataOffset + min(needed, present))
      throw .malformed(
        place,
        problem: needed > present
          ? "the file ends here: shape \(header.shape) needs \(needed) bytes of elements and "
            + "\(present) are there"
          : "\(present - needed) bytes follow the array")
    }
    guard
      let array = EncodedArray(
        shape: header.shape, elementType: header.elementType, bigEndian: header.bigEndian,
        fortranOrder: header.fortranOrder, bytes: bytes, start: start + header.dataOffset)
    else { throw .malformed(location, problem: "the elements do not fit the file") }
    self = array
  }

  /// Widened to float64, if that stays within the limit.
  func numericArray(at location: DataLocation, limits: ReadLimits) throws(DatasetError) -> NumericArray {
    let (bytes, overflow) = elementCount.multipliedReportingOverflow(by: 8)
    guard !overflow, bytes <= limits.maximumBytes else {
      throw .tooLarge(location, bytes: overflow ? nil : bytes, limit: limits.maximumBytes)
    }
    return numericArray()
  }
}

extension NumericArray {
  /// What an array can be written as.
  public enum StoredType: Sendable {
    case float64
    /// Rounded to nearest.
    case float32
    /// Every value has to be an integer.
    case int64
  }

  /// Reads an NPY file: versions 1 to 3, either byte order, C or Fortran order, real numbers and booleans.
  /// - Throws: `DatasetError` naming the file and the byte.
  public init(npy path: String, limits: ReadLimits = .init()) throws(DatasetError) {
    try self.init(npyBytes: try FileBytes.read(path, limits: limits), name: path, limits: limits)
  }

  /// Reads the bytes of an NPY file; `name` stands for the file in errors.
  public init(npyBytes bytes: [UInt8], name: String, limits: ReadLimits = .init()) throws(DatasetError) {
    let location = DataLocation(file: name)
    let array = try EncodedArray(npy: bytes, start: 0, end: bytes.count, at: location, limits: limits)
    self = try array.numericArray(at: location, limits: limits)
  }

  /// Writes an NPY file (version 1.0, little-endian, C order), replacing an older one in one step.
  public func write(npy path: String, as type: StoredType = .float64) throws(DatasetError) {
    try FileBytes.write(try npyBytes(as: type), to: path)
  }

  /// The bytes of an NPY file.
  /// - Throws: `DatasetError.invalidValues` when a value is not an integer and `type` is.
  public func npyBytes(as type: StoredType = .float64) throws(DatasetError) -> [UInt8] {
    let elementType: ElementType =
      switch type {
      case .float64: .float64
      case .float32: .float32
      case .int64: .int64
      }
    var bytes = NPYHeader.encode(shape: shape, elementType: elementType)
    bytes.reserveCapacity(bytes.count + values.count * elementType.size)
    func append(_ stored: some FixedWidthInteger) {
      withUnsafeBytes(of: stored.littleEndian) { bytes.append(contentsOf: $0) }
    }
    switch type {
    case .float64: for value in values { append(value.bitPattern) }
    case .float32: for value in values { append(Float(value).bitPattern) }
    case .int64:
      for (index, value) in values.enumerated() {
        guard let integer = Int64(exactly: value) else {
          throw .invalidValues("element \(index) is \(value), which cannot be written as a 64-bit integer")
        }
        append(integer)
      }
    }
    return bytes
  }
}
