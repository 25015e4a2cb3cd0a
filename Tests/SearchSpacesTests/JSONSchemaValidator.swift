import Foundation
import YAMLDocuments

/// JSON Schema (draft 2020-12) as far as the shipped schema uses it. A keyword that is not known here is an error, so that
/// nothing is taken for checked that is not.
struct JSONSchemaValidator {
  struct UnknownKeyword: Error { let keyword: String }
  struct UnknownReference: Error { let reference: String }

  private let root: [String: Any]

  init(_ json: String) throws {
    root = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] ?? [:]
  }

  /// What is wrong with a document, as paths of the places; empty for one that fits.
  func mistakes(_ document: YAMLNode) throws -> [String] { try mistakes(value(document), root, at: "") }

  /// A YAML value as the JSON that editors see.
  private func value(_ node: YAMLNode) -> Any {
    switch node.content {
    case .mapping(let entries):
      return Dictionary(
        entries.map { ($0.key.text ?? "", value($0.value)) }, uniquingKeysWith: { first, _ in first })
    case .sequence(let elements): return elements.map(value)
    case .scalar(let text, _):
      if node.isNull { return NSNull() }
      if let boolean = node.boolean { return boolean }
      if let number = node.integer.map(Double.init) ?? node.real { return number }
      return text
    }
  }

  private static let annotations: Set = ["$schema", "$defs", "title", "description", "default", "then"]

  private func mistakes(_ value: Any, _ schema: [String: Any], at path: String) throws -> [String] {
    var found: [String] = []
    func require(_ holds: Bool, _ keyword: String) { if !holds { found.append("\(path): \(keyword)") } }
    for (keyword, operand) in schema.sorted(by: { $0.key < $1.key }) where !Self.annotations.contains(keyword)
    {
      switch keyword {
      case "$ref": found += try mistakes(value, definition(operand), at: path)
      case "allOf":
        for part in operand as? [[String: Any]] ?? [] { found += try mistakes(value, part, at: path) }
      case "anyOf":
        let parts = operand as? [[String: Any]] ?? []
        require(try parts.contains { try mistakes(value, $0, at: path).isEmpty }, keyword)
      case "not": require(try !mistakes(value, operand as? [String: Any] ?? [:], at: path).isEmpty, keyword)
      case "if":
        if try mistakes(value, operand as? [String: Any] ?? [:], at: path).isEmpty {
          found += try mistakes(value, schema["then"] as? [String: Any] ?? [:], at: path)
        }
      case "type":
        let names = operand as? [String] ?? [operand as? String ?? ""]
        require(names.contains { isA($0, value) }, keyword)
      case "enum": require((operand as? [Any] ?? []).contains { isEqual($0, value) }, keyword)
      case "const": require(isEqual(operand, value), keyword)
      case "minimum": require(compare(value, operand) { $0 >= $1 }, keyword)
      case "maximum": require(compare(value, operand) { $0 <= $1 }, keyword)
      case "exclusiveMinimum": require(compare(value, operand) { $0 > $1 }, keyword)
      case "minItems": require(count(value as? [Any], operand) { $0 >= $1 }, keyword)
      case "maxItems": require(count(value as? [Any], operand) { $0 <= $1 }, keyword)
      case "minProperties":
        require(count((value as? [String: Any])?.map(\.key), operand) { $0 >= $1 }, keyword)
      case "maxProperties":
        require(count((value as? [String: Any])?.map(\.key), operand) { $0 <= $1 }, keyword)
      case "uniqueItems": require(!(operand as? Bool ?? false) || areDistinct(value), keyword)
      case "items":
        for (place, element) in (value as? [Any] ?? []).enumerated() {
          found += try mistakes(element, operand as? [String: Any] ?? [:], at: "\(path)/\(place)")
        }
      case "properties":
        guard let object = value as? [String: Any] else { continue }
        for (key, part) in operand as? [String: [String: Any]] ?? [:] {
          if let inner = object[key] { found += try mistakes(inner, part, at: "\(path)/\(key)") }
        }
      case "required":
        guard let object = value as? [String: Any] else { continue }
        for key in operand as? [String] ?? [] { require(object[key] != nil, "required \(key)") }
      case "additionalProperties":
        let known = Set((schema["properties"] as? [String: Any] ?? [:]).keys)
        for key in (value as? [String: Any] ?? [:]).keys where !known.contains(key) {
          found.append("\(path)/\(key): unknown")
        }
      default: throw UnknownKeyword(keyword: keyword)
      }
    }
    return found
  }

  private func definition(_ reference: Any) throws -> [String: Any] {
    let text = reference as? String ?? ""
    let definitions = root["$defs"] as? [String: [String: Any]] ?? [:]
    guard let found = definitions[text.replacing("#/$defs/", with: "")] else {
      throw UnknownReference(reference: text)
    }
    return found
  }

  private func isA(_ type: String, _ value: Any) -> Bool {
    switch type {
    case "object": value is [String: Any]
    case "array": value is [Any]
    case "null": value is NSNull
    case "string": value is String
    case "boolean": isBoolean(value)
    case "number": !isBoolean(value) && value is Double
    case "integer": !isBoolean(value) && (value as? Double).map { $0 == $0.rounded() } ?? false
    default: false
    }
  }

  private func isBoolean(_ value: Any) -> Bool { type(of: value) == Bool.self }

  private func isEqual(_ expected: Any, _ value: Any) -> Bool {
    if let text = expected as? String { return value as? String == text }
    return expected is NSNull && value is NSNull
  }

  /// True of what is no number: bounds say nothing of other types.
  private func compare(_ value: Any, _ bound: Any, _ holds: (Double, Double) -> Bool) -> Bool {
    guard isA("number", value), let value = value as? Double, let bound = (bound as? NSNumber)?.doubleValue
    else { return true }
    return holds(value, bound)
  }

  private func count(_ values: [Any]?, _ bound: Any, _ holds: (Int, Int) -> Bool) -> Bool {
    guard let values, let bound = bound as? Int else { return true }
    return holds(values.count, bound)
  }

  private func areDistinct(_ value: Any) -> Bool {
    let texts = (value as? [Any] ?? []).map { "\($0)" }
    return Set(texts).count == texts.count
  }
}
