import Foundation

/// A JSON document in which truth values, whole and other numbers can be told apart.
enum JSONDocument: Decodable, Hashable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case array([JSONDocument])
  case object([String: JSONDocument])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONDocument].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONDocument].self))
    }
  }

  init(_ data: Data) throws { self = try JSONDecoder().decode(JSONDocument.self, from: data) }

  subscript(name: String) -> JSONDocument? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  var members: [String: JSONDocument] { if case .object(let members) = self { members } else { [:] } }
  var elements: [JSONDocument] { if case .array(let elements) = self { elements } else { [] } }
  var string: String? { if case .text(let text) = self { text } else { nil } }

  /// As text again, for sending.
  var text: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let text): String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
    case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.sorted { $0.key < $1.key }.map { JSONDocument.text($0).text + ":" + $1.text }.joined(
          separator: ",")
        + "}"
    }
  }
}

/// Checks documents against the schemas of an OpenAPI description: as much of JSON Schema as that one uses, and an error
/// for anything else.
struct SchemaValidation {
  let root: JSONDocument

  private static let known: Set<String> = [
    "$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "oneOf", "minimum",
    "maximum",
    "format", "description", "example",
  ]

  /// What is wrong, with places; empty for a valid document.
  func problems(_ value: JSONDocument, _ schema: JSONDocument, at place: String = "$") -> [String] {
    if let reference = schema["$ref"]?.string {
      guard let target = resolve(reference) else { return ["\(place): no schema \(reference)"] }
      return problems(value, target, at: place)
    }
    var found = Set(schema.members.keys).subtracting(Self.known).map {
      "\(place): the keyword \($0) is not known here"
    }
    if let choices = schema["oneOf"]?.elements {
      let fitting = choices.count { problems(value, $0, at: place).isEmpty }
      if fitting != 1 { found.append("\(place): fits \(fitting) of oneOf") }
    }
    if let type = schema["type"] {
      let names = type.string.map { [$0] } ?? type.elements.compactMap(\.string)
      if !names.contains(where: { fits(value, $0) }) {
        return found + ["\(place): \(value.text.prefix(60)) is no \(names.joined(separator: " or "))"]
      }
    }
    if let words = schema["enum"]?.elements, !words.contains(value) {
      found.append("\(place): \(value.text) is none of \(words.map(\.text))")
    }
    if case .integer(let number) = value {
      if case .integer(let least) = schema["minimum"], number < least {
        found.append("\(place): below \(least)")
      }
      if case .integer(let most) = schema["maximum"], number > most {
        found.append("\(place): above \(most)")
      }
    }
    if schema["format"]?.string == "date-time", let text = value.string,
      (try? Date(text, strategy: .iso8601)) == nil
    {
      found.append("\(place): '\(text)' is no date")
    }
    if case .array(let elements) = value, let items = schema["items"] {
      for (index, element) in elements.enumerated() {
        found += problems(element, items, at: "\(place)[\(index)]")
      }
    }
    if case .object(let members) = value {
      for name in schema["required"]?.elements.compactMap(\.string) ?? [] where members[name] == nil {
        found.append("\(place): lacks \(name)")
      }
      let properties = schema["properties"]?.members ?? [:]
      for (name, member) in members.sorted(by: { $0.key < $1.key }) {
        if let property = properties[name] {
          found += problems(member, property, at: "\(place).\(name)")
        } else if schema["additionalProperties"] == .boolean(false) {
          found.append("\(place): \(name) is not described")
        } else if let more = schema["additionalProperties"] {
          found += problems(member, more, at: "\(place).\(name)")
        }
      }
    }
    return found
  }

  private func resolve(_ reference: String) -> JSONDocument? {
    reference.split(separator: "/").dropFirst().reduce(Optional(root)) { $0?[String($1)] }
  }

  private func fits(_ value: JSONDocument, _ type: String) -> Bool {
    switch (value, type) {
    case (.null, "null"), (.boolean, "boolean"), (.integer, "integer"), (.integer, "number"),
      (.number, "number"),
      (.text, "string"), (.array, "array"), (.object, "object"):
      true
    default: false
    }
  }
}
