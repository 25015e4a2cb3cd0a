import Crypto
import Foundation

/// Bytes as text; the spelling for addresses too.
enum Base64 {
  static func decoded(_ text: String) -> [UInt8]? { Data(base64Encoded: text).map(Array.init) }

  /// With `-` and `_`, without `=`.
  static func addressText(_ text: String) -> String {
    Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }

  static func decodedAddressText(_ text: String) -> String? {
    var text = text.replacing("-", with: "+").replacing("_", with: "/")
    text += String(repeating: "=", count: (4 - text.count % 4) % 4)
    return Data(base64Encoded: text).flatMap { String(data: $0, encoding: .utf8) }
  }

  /// A short text that tells texts apart.
  static func digest(_ text: String) -> String {
    Data(SHA256.hash(data: Data(text.utf8)).prefix(12)).base64EncodedString().replacing("+", with: "-")
      .replacing("/", with: "_")
  }
}
