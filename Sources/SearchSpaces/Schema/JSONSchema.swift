import ArchitecturePlugins
import Foundation

/// A JSON Schema, or a value in one: what the standard encoder writes as JSON.
indirect enum JSONSchema: Hashable, Sendable {
  case object([String: JSONSchema])
  case array([JSONSchema])
  case text(String)
  case integer(Int)
  case real(Double)
  case boolean(Bool)
  case null
}

extension JSONSchema: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
  init(dictionaryLiteral entries: (String, JSONSchema)...) {
    self = .object(Dictionary(entries, uniquingKeysWith: { _, last in last }))
  }

  init(arrayLiteral elements: JSONSchema...) { self = .array(elements) }
  init(stringLiteral text: String) { self = .text(text) }
  init(integerLiteral value: Int) { self = .integer(value) }
  init(booleanLiteral value: Bool) { self = .boolean(value) }
}

extension JSONSchema: Encodable {
  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .object(let entries): try container.encode(entries)
    case .array(let elements): try container.encode(elements)
    case .text(let text): try container.encode(text)
    case .integer(let value): try container.encode(value)
    case .real(let value): try container.encode(value)
    case .boolean(let value): try container.encode(value)
    case .null: try container.encodeNil()
    }
  }
}

extension JSONSchema {
  /// A mapping with these keys and no others.
  static func mapping(_ properties: [String: JSONSchema], required: [String] = []) -> JSONSchema {
    var schema: [String: JSONSchema] = [
      "type": "object", "properties": .object(properties), "additionalProperties": false,
    ]
    if !required.isEmpty { schema["required"] = .texts(required) }
    return .object(schema)
  }

  static func integer(_ range: ClosedRange<Int>) -> JSONSchema {
    var schema: [String: JSONSchema] = ["type": "integer"]
    if range.lowerBound > .min { schema["minimum"] = .integer(range.lowerBound) }
    if range.upperBound < .max { schema["maximum"] = .integer(range.upperBound) }
    return .object(schema)
  }

  static func number(_ range: ClosedRange<Double>) -> JSONSchema {
    ["type": "number", "minimum": .real(range.lowerBound), "maximum": .real(range.upperBound)]
  }

  static func names(_ names: [String]) -> JSONSchema { ["enum": .texts(names)] }

  static func list(of element: JSONSchema, atLeast: Int = 1, isDistinct: Bool = true) -> JSONSchema {
    ["type": "array", "items": element, "minItems": .integer(atLeast), "uniqueItems": .boolean(isDistinct)]
  }

  static func texts(_ texts: [String]) -> JSONSchema { .array(texts.map(JSONSchema.text)) }

  static func any(_ schemas: [JSONSchema]) -> JSONSchema { ["anyOf": .array(schemas)] }

  static func definition(_ name: String) -> JSONSchema { ["$ref": .text("#/$defs/\(name)")] }

  /// The same with more said of it.
  func with(_ more: [String: JSONSchema]) -> JSONSchema {
    if case .object(let entries) = self { .object(entries.merging(more) { $1 }) } else { self }
  }

  func described(_ description: String) -> JSONSchema { with(["description": .text(description)]) }

  /// The same for a key that may also stand without a value. Where the schema has a type, null joins it: editors then tell
  /// which part of a value is wrong, and not that the whole of it fits none of two schemas.
  var orNothing: JSONSchema {
    guard case .object(let entries) = self else { return .any([self, Self.nothing]) }
    switch (entries["type"], entries["enum"], entries["anyOf"]) {
    case (.text(let type), nil, nil): return with(["type": .array([.text(type), "null"])])
    case (.array(let types), nil, nil): return with(["type": .array(types + ["null"])])
    case (nil, .array(let values), nil): return with(["enum": .array(values + [.null])])
    case (nil, nil, .array(let schemas)): return with(["anyOf": .array(schemas + [Self.nothing])])
    default: return .any([self, Self.nothing])
    }
  }

  private static let nothing: JSONSchema = ["type": "null"]

  init(_ value: ParameterValue) {
    self =
      switch value {
      case .integer(let value): .integer(value)
      case .real(let value): .real(value)
      case .boolean(let value): .boolean(value)
      case .text(let text): .text(text)
      case .list(let values): .array(values.map(JSONSchema.init))
      }
  }
}
