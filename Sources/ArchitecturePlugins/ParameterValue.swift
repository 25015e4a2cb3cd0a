/// The value of one architecture parameter. Its JSON form is the plain value: `64`, `0.5`, `true`, `"relu"`,
/// `[64, 32]`.
public enum ParameterValue: Hashable, Sendable {
  case integer(Int)
  case real(Double)
  case boolean(Bool)
  case text(String)
  /// For parameters given per layer or per stage.
  case list([ParameterValue])
}

/// One candidate's choices: a value for some or all parameters of its family, by name. Kept sorted by name
/// wherever order is visible.
public typealias Choices = [String: ParameterValue]

extension ParameterValue {
  /// Nil for what is no number.
  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    case .boolean, .text, .list: nil
    }
  }
}

extension ParameterValue: Codable {
  /// Numbers without a fraction become integers: `validated` of the family turns them into what it asks for.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .real(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else {
      self = .list(try container.decode([ParameterValue].self))
    }
  }

  /// The plain value, without a word of its type.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .integer(let value): try container.encode(value)
    case .real(let value): try container.encode(value)
    case .boolean(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    }
  }
}

extension ParameterValue: CustomStringConvertible {
  /// What a person would write in YAML: `64`, `0.5`, `true`, `relu`, `[64, 32]`.
  public var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .boolean(let value): "\(value)"
    case .text(let text): text
    case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    }
  }

  /// JSON in one spelling per value: no spaces, shortest decimals that read back to the same bits, reals
  /// always with a point or an exponent. Infinities and NaN, which no validated value holds, are `null`.
  public var canonicalJSON: String {
    switch self {
    case .integer(let value): "\(value)"
    case .real(let value): value.isFinite ? "\(value)" : "null"
    case .boolean(let value): "\(value)"
    case .text(let text): quotedJSON(text)
    case .list(let values): "[" + values.map(\.canonicalJSON).joined(separator: ",") + "]"
    }
  }
}

extension Choices {
  /// A JSON object in one spelling per set of choices, keys sorted by Unicode scalars: what candidates are
  /// identified by.
  public var canonicalJSON: String {
    // The order of the bytes of UTF-8 is that of the scalars.
    let entries = sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    var text = "{"
    for (key, value) in entries {
      if text.utf8.count > 1 { text += "," }
      text += quotedJSON(key)
      text += ":"
      text += value.canonicalJSON
    }
    return text + "}"
  }
}

private func quotedJSON(_ text: String) -> String {
  let isPlain = text.utf8.allSatisfy {
    $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
  }
  if isPlain { return "\"" + text + "\"" }
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case "\r": result += "\\r"
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
