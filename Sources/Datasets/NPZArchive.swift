/// Arrays by name in one file, as `numpy.savez` and `numpy.savez_compressed` write them: a ZIP archive of NPY
/// members. Members are inflated when asked for, one at a time; the file's bytes stay in memory.
public struct NPZArchive: Sendable {
  /// The file's name, for errors.
  public let name: String
  /// Names of the arrays without `.npy`, in the order of the file.
  public let arrayNames: [String]
  private let bytes: [UInt8]
  private let members: [String: ZipDirectory.Member]
  private let limits: ReadLimits

  /// Reads the file and its directory, none of its arrays.
  /// - Throws: `DatasetError` naming the file and the byte.
  public init(path: String, limits: ReadLimits = .init()) throws(DatasetError) {
    try self.init(bytes: try FileBytes.read(path, limits: limits), name: path, limits: limits)
  }

  /// Reads an archive held in memory; `name` stands for the file in errors.
  public init(bytes: [UInt8], name: String, limits: ReadLimits = .init()) throws(DatasetError) {
    self.name = name
    self.bytes = bytes
    self.limits = limits
    var names: [String] = []
    var members: [String: ZipDirectory.Member] = [:]
    for member in try ZipDirectory(bytes, file: name).members where member.name.hasSuffix(".npy") {
      let arrayName = String(member.name.dropLast(4))
      names.append(arrayName)
      members[arrayName] = member
    }
    arrayNames = names
    self.members = members
  }

  /// One array, checked against the archive's checksum.
  /// - Throws: `DatasetError.missingMember` listing what is there, or the error of its bytes.
  public func array(_ arrayName: String) throws(DatasetError) -> NumericArray {
    let location = DataLocation(file: name, member: arrayName)
    return try encodedArray(arrayName).numericArray(at: location, limits: limits)
  }

  /// Every array. Together they have to stay within the limits too.
  public func arrays() throws(DatasetError) -> [String: NumericArray] {
    var arrays: [String: NumericArray] = [:]
    var total = 0
    for arrayName in arrayNames {
      let array = try array(arrayName)
      total += array.values.count * 8
      guard total <= limits.maximumBytes else {
        throw .tooLarge(.init(file: name), bytes: nil, limit: limits.maximumBytes)
      }
      arrays[arrayName] = array
    }
    return arrays
  }

  func encodedArray(_ arrayName: String) throws(DatasetError) -> EncodedArray {
    guard let member = members[arrayName] else {
      throw .missingMember(file: name, member: arrayName, available: arrayNames)
    }
    let location = DataLocation(file: name, member: arrayName)
    let start = try dataStart(of: member, arrayName)
    let stored = bytes[start..<start + member.compressedSize]
    guard member.size <= limits.maximumBytes else {
      throw .tooLarge(location, bytes: member.size, limit: limits.maximumBytes)
    }
    if member.isDeflated {
      let output: Inflation.Output
      do {
        output = try Inflation.inflate(stored, .raw, bound: member.size + 1)
      } catch {
        throw error.datasetError(name, member: arrayName, base: start)
      }
      guard output.bytes.count == member.size else {
        throw .malformed(
          location, problem: "it inflates to another size than the \(member.size) bytes declared")
      }
      try check(output.bytes[...], member, location)
      return try EncodedArray(
        npy: output.bytes, start: 0, end: output.bytes.count, at: location, limits: limits)
    }
    try check(stored, member, location)
    return try EncodedArray(
      npy: bytes, start: stored.startIndex, end: stored.endIndex, at: location, limits: limits)
  }

  /// The local header repeats the name and has extra fields of its own length.
  private func dataStart(of member: ZipDirectory.Member, _ arrayName: String) throws(DatasetError) -> Int {
    let location = DataLocation(file: name, byteOffset: member.headerOffset)
    guard bytes.integer(at: member.headerOffset, width: 4) == ZipDirectory.localSignature,
      let nameLength = bytes.integer(at: member.headerOffset + 26, width: 2),
      let extraLength = bytes.integer(at: member.headerOffset + 28, width: 2)
    else { throw .malformed(location, problem: "the array '\(arrayName)' is not where the directory says") }
    let start = member.headerOffset + 30 + Int(nameLength) + Int(extraLength)
    guard start <= bytes.count, member.compressedSize <= bytes.count - start else {
      throw .malformed(location, problem: "the array '\(arrayName)' runs beyond the end of the file")
    }
    return start
  }

  private func check(
    _ content: ArraySlice<UInt8>, _ member: ZipDirectory.Member, _ location: DataLocation
  ) throws(DatasetError) {
    guard Inflation.checksum(content) == member.checksum else {
      throw .malformed(location, problem: "the bytes do not match their checksum (CRC-32)")
    }
  }
}

extension Inflation.Failure {
  /// `base`: where the compressed bytes begin in the file.
  func datasetError(_ file: String, member: String? = nil, base: Int) -> DatasetError {
    switch self {
    case .truncated:
      .malformed(.init(file: file, member: member), problem: "the compressed data end too early")
    case .corrupt(let words, let offset):
      .malformed(
        .init(file: file, byteOffset: base + offset), problem: "the compressed data are damaged: \(words)")
    }
  }
}
