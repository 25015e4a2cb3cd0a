/// What a program sent is not JSON.
public struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Bytes before the place of the mistake.
  public let offset: Int
  /// One sentence without the place.
  public let message: String

  /// What is wrong, and at which byte from 1.
  public var description: String { "\(message), at byte \(offset + 1)" }
}

/// Reads one JSON value, as RFC 8259 says and no laxer. For what programs send; `parseYAML` reads JSON that people wrote,
/// with the places of mistakes, and is many times slower.
///
/// Locations are on line 1, with the byte's number as the column. Duplicate keys are refused.
///
/// Complexity: O(bytes), for objects of a bounded number of keys.
public func parseJSON(_ bytes: [UInt8], limits: YAMLLimits = .init()) throws(JSONSyntaxError) -> YAMLNode {
  guard bytes.count <= limits.bytes else {
    throw JSONSyntaxError(offset: limits.bytes, message: "more than \(limits.bytes) bytes")
  }
  var parser = JSONParser(bytes: bytes, limits: limits)
  let value = try parser.value(depth: 0)
  parser.skipSpace()
  guard parser.position == bytes.count else { throw parser.failure("something follows the value") }
  return value
}

private struct JSONParser {
  let bytes: [UInt8]
  let limits: YAMLLimits
  var position = 0
  private var nodes = 0

  init(bytes: [UInt8], limits: YAMLLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  func failure(_ message: String) -> JSONSyntaxError { JSONSyntaxError(offset: position, message: message) }

  /// 0, which stands in no JSON outside strings, at the end.
  private var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

  private var location: SourceLocation { SourceLocation(line: 1, column: position + 1) }

  mutating func skipSpace() {
    while next == 0x20 || next == 0x0a || next == 0x0d || next == 0x09 { position += 1 }
  }

  mutating func value(depth: Int) throws(JSONSyntaxError) -> YAMLNode {
    skipSpace()
    nodes += 1
    guard nodes <= limits.nodes else { throw failure("more than \(limits.nodes) values") }
    guard depth <= limits.depth else { throw failure("nested deeper than \(limits.depth) levels") }
    let place = location
    switch next {
    case UInt8(ascii: "{"): return YAMLNode(.mapping(try entries(depth: depth)), at: place)
    case UInt8(ascii: "["): return YAMLNode(.sequence(try elements(depth: depth)), at: place)
    case UInt8(ascii: "\""): return YAMLNode(.scalar(try string(), quoted: true), at: place)
    case UInt8(ascii: "t"): return try word("true", at: place)
    case UInt8(ascii: "f"): return try word("false", at: place)
    case UInt8(ascii: "n"): return try word("null", at: place)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(at: place)
    default:
      throw failure(position < bytes.count ? "no JSON value starts here" : "the JSON value is not complete")
    }
  }

  private mutating func word(
    _ word: String, at place: SourceLocation
  ) throws(JSONSyntaxError) -> YAMLNode {
    guard bytes[position...].starts(with: word.utf8) else { throw failure("no JSON value starts here") }
    position += word.utf8.count
    return YAMLNode(.scalar(word, quoted: false), at: place)
  }

  /// Bytes that are ASCII.
  private func text(_ range: Range<Int>) -> String {
    bytes.withUnsafeBufferPointer {
      String(decoding: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self)
    }
  }

  private mutating func number(at place: SourceLocation) throws(JSONSyntaxError) -> YAMLNode {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    if next == UInt8(ascii: "0") {
      position += 1
    } else {
      try digits()
    }
    if next == UInt8(ascii: ".") {
      position += 1
      try digits()
    }
    if next | 0x20 == UInt8(ascii: "e") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    return YAMLNode(.scalar(text(start..<position), quoted: false), at: place)
  }

  private mutating func digits() throws(JSONSyntaxError) {
    let start = position
    while (0x30...0x39).contains(next) { position += 1 }
    if position == start { throw failure("a digit is missing") }
  }

  private mutating func elements(depth: Int) throws(JSONSyntaxError) -> [YAMLNode] {
    var elements: [YAMLNode] = []
    position += 1
    skipSpace()
    if next == UInt8(ascii: "]") {
      position += 1
      return elements
    }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      position += 1
      switch position <= bytes.count ? bytes[position - 1] : 0 {
      case UInt8(ascii: ","): continue
      case UInt8(ascii: "]"): return elements
      default:
        position -= 1
        throw failure("expected ',' or ']'")
      }
    }
  }

  private mutating func entries(depth: Int) throws(JSONSyntaxError) -> [YAMLNode.Entry] {
    var entries: [YAMLNode.Entry] = []
    // A search among a few keys is quicker than a set.
    var names: Set<String> = []
    position += 1
    skipSpace()
    if next == UInt8(ascii: "}") {
      position += 1
      return entries
    }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
      let place = location
      let name = try string()
      let isRepeated =
        entries.count < 16 ? entries.contains { $0.key.text == name } : names.contains(name)
      guard !isRepeated else { throw failure("the key '\(name.prefix(60))' stands twice in an object") }
      skipSpace()
      guard next == UInt8(ascii: ":") else { throw failure("expected ':'") }
      position += 1
      if entries.isEmpty { entries.reserveCapacity(4) }
      entries.append(
        .init(key: YAMLNode(.scalar(name, quoted: true), at: place), value: try value(depth: depth + 1)))
      if entries.count == 16 { names = Set(entries.compactMap(\.key.text)) }
      if entries.count > 16 { names.insert(name) }
      skipSpace()
      position += 1
      switch position <= bytes.count ? bytes[position - 1] : 0 {
      case UInt8(ascii: ","): continue
      case UInt8(ascii: "}"): return entries
      default:
        position -= 1
        throw failure("expected ',' or '}'")
      }
    }
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    position += 1
    let start = position
    var isPlain = true
    var allBits: UInt8 = 0
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      let byte = bytes[position]
      allBits |= byte
      if byte == UInt8(ascii: "\\") {
        isPlain = false
        position += 1
      } else if byte < 0x20 {
        throw failure("a control character stands in a string")
      }
      position += 1
    }
    guard position < bytes.count else { throw failure("a string is not closed") }
    let range = start..<position
    guard isPlain else {
      position = start
      return try escapedString(upTo: range.upperBound)
    }
    let text = allBits < 0x80 ? text(range) : String(validating: bytes[range], as: UTF8.self)
    guard let text else { throw failure("a string is not UTF-8") }
    position += 1
    return text
  }

  private mutating func escapedString(upTo end: Int) throws(JSONSyntaxError) -> String {
    var units: [UInt8] = []
    while position < end {
      let byte = bytes[position]
      position += 1
      guard byte == UInt8(ascii: "\\") else {
        units.append(byte)
        continue
      }
      let escape = bytes[position]
      position += 1
      switch escape {
      case UInt8(ascii: "n"): units.append(0x0a)
      case UInt8(ascii: "t"): units.append(0x09)
      case UInt8(ascii: "r"): units.append(0x0d)
      case UInt8(ascii: "b"): units.append(0x08)
      case UInt8(ascii: "f"): units.append(0x0c)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(escape)
      case UInt8(ascii: "u"): units += Array(String(Character(try escapedScalar(upTo: end))).utf8)
      default: throw failure("no such escape in a string")
      }
    }
    guard let text = String(validating: units, as: UTF8.self) else { throw failure("a string is not UTF-8") }
    position = end + 1
    return text
  }

  /// After `\u`: four hexadecimal digits, or a surrogate pair.
  private mutating func escapedScalar(upTo end: Int) throws(JSONSyntaxError) -> Unicode.Scalar {
    let high = try hexadecimal(upTo: end)
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard (0xd800..<0xdc00).contains(high), position + 1 < end, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    else { throw failure("half of a surrogate pair stands in a string") }
    position += 2
    let low = try hexadecimal(upTo: end)
    guard (0xdc00..<0xe000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00))
    else { throw failure("half of a surrogate pair stands in a string") }
    return scalar
  }

  private mutating func hexadecimal(upTo end: Int) throws(JSONSyntaxError) -> UInt32 {
    guard position + 4 <= end,
      bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw failure("expected four hexadecimal digits") }
    position += 4
    return value
  }
}
