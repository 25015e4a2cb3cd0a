import ArchitecturePlugins
import Crypto

/// Pieces of canonical JSON; arguments that are values are JSON already.
enum CanonicalJSON {
  static func object(_ entries: [(key: String, value: String)]) -> String {
    let sorted = entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    return "{" + sorted.map { "\(text($0.key)):\($0.value)" }.joined(separator: ",") + "}"
  }

  static func list(_ values: [String]) -> String { "[" + values.joined(separator: ",") + "]" }

  static func text(_ value: String) -> String { ParameterValue.text(value).canonicalJSON }

  /// Lowercase hexadecimal SHA-256 of a text's UTF-8.
  static func hash(_ text: String) -> String {
    let digits = StaticString("0123456789abcdef")
    return SHA256.hash(data: Array(text.utf8)).withUnsafeBytes { hash in
      String(unsafeUninitializedCapacity: 2 * hash.count) { hex in
        for (index, byte) in hash.enumerated() {
          hex[2 * index] = digits.utf8Start[Int(byte >> 4)]
          hex[2 * index + 1] = digits.utf8Start[Int(byte & 15)]
        }
        return 2 * hash.count
      }
    }
  }
}
