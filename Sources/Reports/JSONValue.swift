import Foundation

/// A JSON document whose members keep their order, so that equal results give equal bytes.
package indirect enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  case unsigned(UInt64)
  /// Infinities and NaN, which JSON does not have, are written as `null`.
  case number(Double)
  case text(String)
  case array([JSONValue])
  case object([(String, JSONValue)])
  /// JSON that is already text, and is written as it is.
  case verbatim(String)

  /// Indented by two spaces; arrays of plain values stay on one line. Ends without a line feed.
  package var indented: String {
    var text = ""
    write(to: &text, indentation: 0)
    return text
  }

  /// On one line, without spaces.
  package var compact: String {
    var text = ""
    write(to: &text, indentation: nil)
    return text
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  /// - Parameter indentation: nil for the compact form.
  private func write(to text: inout String, indentation: Int?) {
    switch self {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += "\(value)"
    case .unsigned(let value): text += "\(value)"
    case .number(let value): text += value.isFinite ? "\(value)" : "null"
    case .text(let value): Self.quote(value, to: &text)
    case .verbatim(let value): text += value
    case .array(let values):
      let inner = values.allSatisfy(\.isPlain) ? nil : indentation.map { $0 + 1 }
      Self.list("[", "]", values, to: &text, indentation, inner, spaced: indentation != nil) { value, text in
        value.write(to: &text, indentation: inner ?? (indentation.map { _ in 0 }))
      }
    case .object(let members):
      let inner = indentation.map { $0 + 1 }
      Self.list("{", "}", members, to: &text, indentation, inner, spaced: false) { member, text in
        Self.quote(member.0, to: &text)
        text += indentation == nil ? ":" : ": "
        member.1.write(to: &text, indentation: inner)
      }
    }
  }

  /// - Parameters:
  ///   - outer: the depth at which the closing bracket stands; nil in the compact form.
  ///   - inner: the depth of the elements; nil to keep them on one line.
  private static func list<Element>(
    _ open: String, _ close: String, _ elements: [Element], to text: inout String, _ outer: Int?,
    _ inner: Int?,
    spaced: Bool, _ write: (Element, inout String) -> Void
  ) {
    text += open
    for (index, element) in elements.enumerated() {
      if index > 0 { text += spaced && inner == nil ? ", " : "," }
      if let inner { text += "\n" + String(repeating: "  ", count: inner) }
      write(element, &text)
    }
    if let outer, inner != nil, !elements.isEmpty { text += "\n" + String(repeating: "  ", count: outer) }
    text += close
  }

  private static func quote(_ value: String, to text: inout String) {
    text += "\""
    defer { text += "\"" }
    // Nearly all texts: nothing to escape.
    guard value.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 == 0x7F }) else {
      text += value
      return
    }
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}

extension JSONValue {
  /// The members of an object in order, also of one that is text already; none for anything else.
  var members: [(name: String, value: JSONValue)] {
    switch self {
    case .object(let members): return members.map { ($0.0, $0.1) }
    case .verbatim(let text):
      guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
        return []
      }
      return object.sorted { $0.key < $1.key }.map { ($0.key, JSONValue(plain: $0.value)) }
    default: return []
    }
  }

  /// Without quotes, as in a table.
  var plainText: String {
    switch self {
    case .text(let text): text
    case .array(let values): "[" + values.map(\.plainText).joined(separator: ", ") + "]"
    default: compact
    }
  }

  private init(plain value: Any) {
    switch value {
    case let text as String: self = .text(text)
    case let list as [Any]: self = .array(list.map(JSONValue.init(plain:)))
    // On Linux a number may come as a Boolean and the other way round; integers are tried first.
    case let number as Int: self = .integer(number)
    case let number as Double: self = .number(number)
    default: self = .verbatim("\(value)")
    }
  }
}
