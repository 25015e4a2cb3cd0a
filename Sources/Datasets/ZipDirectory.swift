/// The central directory of a ZIP archive (PKWARE APPNOTE 6.3), as far as NPZ files need it: stored and
/// deflated members of one unsplit, unencrypted archive, with ZIP64 sizes and offsets.
struct ZipDirectory {
  struct Member {
    let name: String
    let isDeflated: Bool
    let checksum: UInt32
    let compressedSize: Int
    let size: Int
    /// Where the member's local header begins.
    let headerOffset: Int
  }

  static let localSignature: UInt64 = 0x0403_4b50
  static let centralSignature: UInt64 = 0x0201_4b50
  static let endSignature: UInt64 = 0x0605_4b50
  static let end64Signature: UInt64 = 0x0606_4b50
  static let end64LocatorSignature: UInt64 = 0x0706_4b50
  /// More than any weights file has; a directory entry takes 46 bytes, so a hostile file could declare many.
  static let maximumMembers = 1_000_000

  /// In the order of the archive. Names are unique.
  let members: [Member]

  init(_ bytes: [UInt8], file: String) throws(DatasetError) {
    let (directory, declared) = try ZipDirectory.locate(bytes, file: file)
    guard declared <= ZipDirectory.maximumMembers else {
      throw .malformed(
        .init(file: file), problem: "\(declared) members; at most \(ZipDirectory.maximumMembers)")
    }
    var members: [Member] = []
    var names: Set<String> = []
    var offset = directory
    for _ in 0..<declared {
      let (member, next) = try ZipDirectory.entry(bytes, at: offset, file: file)
      guard names.insert(member.name).inserted else {
        throw .malformed(
          .init(file: file, member: member.name, byteOffset: offset), problem: "a name used twice")
      }
      members.append(member)
      offset = next
    }
    self.members = members
  }

  /// Where the directory begins and how many members it declares.
  private static func locate(_ bytes: [UInt8], file: String) throws(DatasetError) -> (Int, UInt64) {
    // The record is 22 bytes and a comment of up to 65,535, at the very end.
    var end = bytes.count - 22
    let earliest = max(0, bytes.count - 22 - 65_535)
    while end >= earliest {
      if bytes.integer(at: end, width: 4) == endSignature,
        let comment = bytes.integer(at: end + 20, width: 2), end + 22 + Int(comment) == bytes.count
      {
        break
      }
      end -= 1
    }
    guard end >= earliest, end >= 0 else {
      let isZip = bytes.integer(at: 0, width: 4) == localSignature
      throw .malformed(
        .init(file: file, byteOffset: bytes.count),
        problem: isZip
          ? "the archive's directory is missing: the file is cut short" : "not an NPZ file (no ZIP directory)"
      )
    }
    func field(_ offset: Int, _ width: Int) throws(DatasetError) -> UInt64 {
      guard let value = bytes.integer(at: offset, width: width) else {
        throw .malformed(
          .init(file: file, byteOffset: offset), problem: "the archive's directory is cut short")
      }
      return value
    }
    var count = try field(end + 10, 2)
    var start = try field(end + 16, 4)
    if end >= 20, try field(end - 20, 4) == end64LocatorSignature {
      let record = Int(clamping: try field(end - 12, 8))
      guard try field(record, 4) == end64Signature else {
        throw .malformed(
          .init(file: file, byteOffset: end - 12), problem: "the ZIP64 directory is not where it says")
      }
      count = try field(record + 32, 8)
      start = try field(record + 48, 8)
    }
    guard start <= UInt64(end) else {
      throw .malformed(
        .init(file: file, byteOffset: end + 16), problem: "the directory is said to begin after its end")
    }
    return (Int(start), count)
  }

  /// One directory entry and where the next begins.
  private static func entry(
    _ bytes: [UInt8], at offset: Int, file: String
  ) throws(DatasetError) -> (Member, Int) {
    func malformed(_ problem: String) -> DatasetError {
      .malformed(.init(file: file, byteOffset: offset), problem: problem)
    }
    guard bytes.integer(at: offset, width: 4) == centralSignature,
      let flags = bytes.integer(at: offset + 8, width: 2),
      let method = bytes.integer(at: offset + 10, width: 2),
      let checksum = bytes.integer(at: offset + 16, width: 4),
      var compressedSize = bytes.integer(at: offset + 20, width: 4),
      var size = bytes.integer(at: offset + 24, width: 4),
      let nameLength = bytes.integer(at: offset + 28, width: 2).map({ Int($0) }),
      let extraLength = bytes.integer(at: offset + 30, width: 2).map({ Int($0) }),
      let commentLength = bytes.integer(at: offset + 32, width: 2).map({ Int($0) }),
      var headerOffset = bytes.integer(at: offset + 42, width: 4),
      offset + 46 + nameLength + extraLength + commentLength <= bytes.count
    else { throw malformed("the archive's directory has no entry here") }
    let nameStart = offset + 46
    let extraStart = nameStart + nameLength
    let extra = bytes[extraStart..<extraStart + extraLength]

    // ZIP64: the fields that do not fit 32 bits stand, in this order, in extra record 1.
    var position = 0
    while let tag = extra.integer(at: position, width: 2),
      let length = extra.integer(at: position + 2, width: 2)
    {
      if tag == 1 {
        var field = position + 4
        for keyPath in [\Wide.size, \Wide.compressedSize, \Wide.headerOffset] {
          var wide = Wide(size: size, compressedSize: compressedSize, headerOffset: headerOffset)
          guard wide[keyPath: keyPath] == 0xffff_ffff else { continue }
          guard field + 8 <= position + 4 + Int(length), let value = extra.integer(at: field, width: 8) else {
            throw malformed("a ZIP64 record that is cut short")
          }
          wide[keyPath: keyPath] = value
          (size, compressedSize, headerOffset) = (wide.size, wide.compressedSize, wide.headerOffset)
          field += 8
        }
      }
      position += 4 + Int(length)
    }

    let name = String(decoding: bytes[nameStart..<extraStart], as: UTF8.self)
    guard flags & 1 == 0 else { throw malformed("member '\(name)' is encrypted") }
    guard method == 0 || method == 8 else {
      throw malformed("member '\(name)' is compressed by method \(method); only deflate is read")
    }
    guard method == 8 || size == compressedSize else {
      throw malformed("member '\(name)' is stored, yet its two sizes differ")
    }
    let member = Member(
      name: name, isDeflated: method == 8, checksum: UInt32(checksum),
      compressedSize: Int(clamping: compressedSize), size: Int(clamping: size),
      headerOffset: Int(clamping: headerOffset))
    return (member, extraStart + extraLength + commentLength)
  }

  private struct Wide {
    var size: UInt64
    var compressedSize: UInt64
    var headerOffset: UInt64
  }
}
