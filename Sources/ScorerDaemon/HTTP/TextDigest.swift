import Crypto
import Foundation

enum TextDigest {
  /// Lowercase hexadecimal SHA-256 of a text's UTF-8: 64 digits.
  static func sha256(_ text: String) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let hexadecimal = SHA256.hash(data: Data(text.utf8)).flatMap {
      [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
    }
    return String(decoding: hexadecimal, as: UTF8.self)
  }
}
