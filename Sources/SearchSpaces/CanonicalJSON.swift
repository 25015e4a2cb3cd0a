import ArchitecturePlugins
import Crypto
import Foundation

extension Choices {
  /// One text per set of choices: a JSON object with sorted keys and no white space. Integers are written without,
  /// reals always with a decimal point or an exponent (shortest form that reads back equal).
  var canonicalJSONText: String {
    CanonicalJSON.object(map { ($0.key, $0.value.canonicalJSONText) })
  }
}

extension ParameterValue {
  /// See `Choices.canonicalJSONText`.
  var canonicalJSONText: String {
    switch self {
    case .integer(let value): String(value)
    case .real(let value): value.isFinite ? "\(value)" : "null"
    case .boolean(let value): value ? "true" : "false"
    case .text(let value): CanonicalJSON.text(value)
    case .list(let values): CanonicalJSON.list(values.map(\.canonicalJSONText))
    }
  }
}

/// Pieces of canonical JSON; arguments that are values are JSON already.
enum CanonicalJSON {
  static func object(_ entries: [(key: String, value: String)]) -> String {
    let sorted = entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    return "{" + sorted.map { "\(text($0.key)):\($0.value)" }.joined(separator: ",") + "}"
  }

  static func list(_ values: [String]) -> String { "[" + values.joined(separator: ",") + "]" }

  static func text(_ value: String) -> String {
    var json = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": json += "\\\""
      case "\\": json += "\\\\"
      case "\u{0}"..."\u{1F}":
        let code = String(scalar.value, radix: 16)
        json += "\\u" + String(repeating: "0", count: 4 - code.count) + code
      default: json.unicodeScalars.append(scalar)
      }
    }
    return json + "\""
  }

  /// Lowercase hexadecimal SHA-256 of a text's UTF-8.
  static func hash(_ text: String) -> String {
    let digits = Array("0123456789abcdef")
    return SHA256.hash(data: Data(text.utf8)).reduce(into: "") { hex, byte in
      hex.append(digits[Int(byte >> 4)])
      hex.append(digits[Int(byte & 15)])
    }
  }
}
