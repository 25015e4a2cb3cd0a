extension Choices {
  /// Reads back what `canonicalJSON` wrote, so that equal text is equal choices: a real stays a real, even a whole one.
  /// Nil for anything else.
  public init?(canonicalJSON text: String) {
    var reader = CanonicalReader(text)
    guard let choices = reader.object(), reader.isAtEnd else { return nil }
    self = choices
  }
}

/// The subset of JSON that canonical choices are written in.
private struct CanonicalReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { position == bytes.count }

  mutating func object() -> Choices? {
    guard take("{") else { return nil }
    var choices: Choices = [:]
    if take("}") { return choices }
    repeat {
      guard let name = text(), take(":"), let value = value() else { return nil }
      choices[name] = value
    } while take(",")
    return take("}") ? choices : nil
  }

  private mutating func value() -> ParameterValue? {
    guard position < bytes.count else { return nil }
    switch bytes[position] {
    case UInt8(ascii: "\""): return text().map(ParameterValue.text)
    case UInt8(ascii: "["): return list().map(ParameterValue.list)
    default:
      let start = position
      while position < bytes.count, !",]}".utf8.contains(bytes[position]) { position += 1 }
      let word = String(decoding: bytes[start..<position], as: UTF8.self)
      switch word {
      case "true": return .boolean(true)
      case "false": return .boolean(false)
      default: return Int(word).map(ParameterValue.integer) ?? Double(word).map(ParameterValue.real)
      }
    }
  }

  private mutating func list() -> [ParameterValue]? {
    guard take("[") else { return nil }
    var values: [ParameterValue] = []
    if take("]") { return values }
    repeat {
      guard let value = value() else { return nil }
      values.append(value)
    } while take(",")
    return take("]") ? values : nil
  }

  private mutating func text() -> String? {
    guard take("\"") else { return nil }
    var characters: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: characters, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let character = escaped() else { return nil }
        characters += Array(String(character).utf8)
      default: characters.append(byte)
      }
    }
    return nil
  }

  private mutating func escaped() -> Unicode.Scalar? {
    guard position < bytes.count else { return nil }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): return Unicode.Scalar(byte)
    case UInt8(ascii: "u"):
      let end = position + 4
      guard end <= bytes.count,
        let code = UInt32(String(decoding: bytes[position..<end], as: UTF8.self), radix: 16)
      else { return nil }
      position = end
      return Unicode.Scalar(code)
    default: return nil
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
    position += 1
    return true
  }
}
