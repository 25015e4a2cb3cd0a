extension NPZArchive {
  /// Writes arrays under their names as an uncompressed NPZ file that `numpy.load` reads, replacing an older
  /// file in one step. Equal arrays give equal bytes: no time stamp is written.
  /// - Throws: `DatasetError.invalidValues` when a name occurs twice or is empty, or an array is 4 GiB or
  ///   more.
  public static func write(
    _ arrays: [(name: String, array: NumericArray)], to path: String,
    as type: NumericArray.StoredType = .float64
  ) throws(DatasetError) {
    try FileBytes.write(try encode(arrays, as: type), to: path)
  }

  /// The bytes that `write` writes.
  public static func encode(
    _ arrays: [(name: String, array: NumericArray)], as type: NumericArray.StoredType = .float64
  ) throws(DatasetError) -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    var names: Set<String> = []
    for (name, array) in arrays {
      guard !name.isEmpty, name.utf8.count < 65_000, names.insert(name).inserted else {
        throw .invalidValues("'\(name)' cannot name an array of an NPZ file, or names two")
      }
      let content = try array.npyBytes(as: type)
      let memberName = Array((name + ".npy").utf8)
      let headerOffset = file.count
      guard content.count < 0xffff_ffff, headerOffset < 0xffff_ffff, names.count < 0xffff else {
        throw .invalidValues(
          "'\(name)' does not fit an NPZ file without ZIP64: 4 GiB and 65,535 arrays at most")
      }
      var common: [UInt8] = []
      common.append(20, width: 2)  // version needed to extract
      common.append(0x0800, width: 2)  // the name is UTF-8
      common.append(0, width: 2)  // stored
      common.append(0, width: 2)  // midnight
      common.append(0x21, width: 2)  // 1 January 1980
      common.append(Int(Inflation.checksum(content[...])), width: 4)
      common.append(content.count, width: 4)
      common.append(content.count, width: 4)
      common.append(memberName.count, width: 2)
      common.append(0, width: 2)  // no extra fields

      file.append(Int(ZipDirectory.localSignature), width: 4)
      file += common + memberName + content

      directory.append(Int(ZipDirectory.centralSignature), width: 4)
      directory.append(20, width: 2)  // version made by
      directory += common
      directory.append(0, width: 6)  // no comment, disk 0, no internal attributes
      directory.append(0, width: 4)  // no external attributes
      directory.append(headerOffset, width: 4)
      directory += memberName
    }
    let directoryOffset = file.count
    guard directoryOffset < 0xffff_ffff else {
      throw .invalidValues("the arrays do not fit an NPZ file without ZIP64: 4 GiB at most")
    }
    file += directory
    file.append(Int(ZipDirectory.endSignature), width: 4)
    file.append(0, width: 4)  // one disk
    file.append(arrays.count, width: 2)
    file.append(arrays.count, width: 2)
    file.append(directory.count, width: 4)
    file.append(directoryOffset, width: 4)
    file.append(0, width: 2)  // no comment
    return file
  }
}

extension [UInt8] {
  /// The low bytes of a value, least significant first.
  fileprivate mutating func append(_ value: Int, width: Int) {
    for index in 0..<width { append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }
}
