/// The header of an NPY file (numpy/lib/format.py, versions 1.0, 2.0 and 3.0): a magic string, a length, and
/// a Python dictionary literal with the keys `descr`, `fortran_order` and `shape`.
struct NPYHeader {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// NumPy refuses longer headers too; a plain array's is 128 bytes.
  static let maximumLength = 65_536

  let shape: [Int]
  let elementType: NumericArray.ElementType
  let bigEndian: Bool
  let fortranOrder: Bool
  /// Where the elements begin, from the start of the NPY bytes.
  let dataOffset: Int

  /// - Parameter location: the file and member, for errors.
  init(_ bytes: ArraySlice<UInt8>, at location: DataLocation) throws(DatasetError) {
    guard bytes.starts(with: NPYHeader.magic) else {
      throw NPYHeader.malformed(location, 0, "not an NPY file (it does not begin with \\x93NUMPY)")
    }
    guard let major = bytes.integer(at: 6, width: 1), (1...3).contains(major) else {
      throw NPYHeader.malformed(location, 6, "an NPY version other than 1, 2 or 3")
    }
    let lengthWidth = major == 1 ? 2 : 4
    guard let length = bytes.integer(at: 8, width: lengthWidth) else {
      throw NPYHeader.malformed(location, bytes.count, "the file ends inside its header")
    }
    guard length <= NPYHeader.maximumLength else {
      throw NPYHeader.malformed(
        location, 8, "a header of \(length) bytes; at most \(NPYHeader.maximumLength)")
    }
    let headerStart = 8 + lengthWidth
    dataOffset = headerStart + Int(length)
    guard dataOffset <= bytes.count else {
      throw NPYHeader.malformed(location, bytes.count, "the file ends inside its header of \(length) bytes")
    }
    let text = bytes[bytes.startIndex + headerStart..<bytes.startIndex + dataOffset]
    var parser = PythonDictionary(Array(text), offset: headerStart, location: location)
    let entries = try parser.parse()

    for name in ["descr", "fortran_order", "shape"] where entries[name] == nil {
      throw NPYHeader.malformed(location, headerStart, "the header has no '\(name)'")
    }
    guard case .boolean(let fortranOrder)? = entries["fortran_order"] else {
      throw NPYHeader.malformed(location, headerStart, "'fortran_order' is not True or False")
    }
    guard case .tuple(let shape)? = entries["shape"] else {
      throw NPYHeader.malformed(location, headerStart, "'shape' is not a tuple of integers")
    }
    guard case .text(let description)? = entries["descr"] else {
      throw NPYHeader.malformed(location, headerStart, "'descr' is not one plain number type")
    }
    let code = Array(description)
    guard let order = code.first, "<>|=".contains(order),
      let elementType = NumericArray.ElementType(rawValue: String(code.dropFirst())),
      order != "|" || elementType.size == 1
    else {
      let known = NumericArray.ElementType.allCases.map(\.rawValue).joined(separator: " ")
      throw NPYHeader.malformed(
        location, headerStart, "element type '\(description)'; numbers of type \(known) can be read")
    }
    self.shape = shape
    self.elementType = elementType
    self.bigEndian = order == ">"
    self.fortranOrder = fortranOrder && shape.count > 1
  }

  /// The bytes before the elements, padded so that these begin at a multiple of 64 as NumPy's do.
  static func encode(shape: [Int], elementType: NumericArray.ElementType) -> [UInt8] {
    let order = elementType.size == 1 ? "|" : "<"
    let lengths = shape.map { "\($0), " }.joined()
    let tuple = shape.count == 1 ? "(\(shape[0]),)" : "(\(lengths.dropLast(2)))"
    let dictionary =
      "{'descr': '\(order)\(elementType.rawValue)', 'fortran_order': False, 'shape': \(tuple), }"
    let unpadded = 10 + dictionary.utf8.count + 1
    let padding = (64 - unpadded % 64) % 64
    let text = Array(dictionary.utf8) + [UInt8](repeating: 0x20, count: padding) + [0x0a]
    return magic + [1, 0, UInt8(text.count & 0xff), UInt8(text.count >> 8 & 0xff)] + text
  }

  fileprivate static func malformed(_ location: DataLocation, _ offset: Int, _ problem: String)
    -> DatasetError
  {
    .malformed(.init(file: location.file, member: location.member, byteOffset: offset), problem: problem)
  }
}

/// The few Python literals that an NPY header is made of. Keys are unique.
private struct PythonDictionary {
  enum Value {
    case text(String)
    case boolean(Bool)
    case tuple([Int])
  }

  let bytes: [UInt8]
  let offset: Int
  let location: DataLocation
  private var position = 0

  init(_ bytes: [UInt8], offset: Int, location: DataLocation) {
    self.bytes = bytes
    self.offset = offset
    self.location = location
  }

  mutating func parse() throws(DatasetError) -> [String: Value] {
    var entries: [String: Value] = [:]
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      guard entries.updateValue(try value(), forKey: key) == nil else {
        throw error("the key '\(key)' twice")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == bytes.count else { throw error("text after the header's dictionary") }
    return entries
  }

  private mutating func value() throws(DatasetError) -> Value {
    skipSpace()
    switch position < bytes.count ? bytes[position] : 0 {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "("): return .tuple(try tuple())
    default:
      for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8)
      {
        position += word.utf8.count
        return .boolean(value)
      }
      throw error("expected a string, a tuple, True or False (structured types are not read)")
    }
  }

  private mutating func string() throws(DatasetError) -> String {
    skipSpace()
    guard position < bytes.count,
      bytes[position] == UInt8(ascii: "'") || bytes[position] == UInt8(ascii: "\"")
    else { throw error("expected a quoted string") }
    let quote = bytes[position]
    guard let end = bytes[(position + 1)...].firstIndex(of: quote), end - position <= 64,
      !bytes[position..<end].contains(UInt8(ascii: "\\"))
    else { throw error("a string that does not end") }
    defer { position = end + 1 }
    return String(decoding: bytes[position + 1..<end], as: UTF8.self)
  }

  /// NumPy arrays have at most 64 axes.
  private mutating func tuple() throws(DatasetError) -> [Int] {
    try expect("(")
    var lengths: [Int] = []
    while !accept(")") {
      skipSpace()
      let digits = bytes[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard let length = Int(String(decoding: digits, as: UTF8.self)) else {
        throw error("expected the length of an axis, from 0 to \(Int.max)")
      }
      guard lengths.count < 64 else { throw error("more than 64 axes") }
      position += digits.count
      // Python 2 wrote long integers with a suffix.
      if position < bytes.count, bytes[position] == UInt8(ascii: "L") { position += 1 }
      lengths.append(length)
      if !accept(",") {
        try expect(")")
        break
      }
    }
    return lengths
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(DatasetError) {
    guard accept(character) else { throw error("expected '\(character)' in the header's dictionary") }
  }

  private func error(_ problem: String) -> DatasetError {
    NPYHeader.malformed(location, offset + position, problem)
  }
}
