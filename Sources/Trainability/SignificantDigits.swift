import Foundation

/// The number nearest to `value` among those with ten significant decimal digits (halfway cases to the even
/// digit): the precision at which two metric values count as equal, since eigenvalues from different LAPACK
/// builds agree no further. Zero has no sign; infinities and NaN are returned as they are.
///
/// Exact: the C library rounds the binary value itself, not a shorter decimal of it. Ten-digit decimals and
/// their nearest doubles correspond one to one, so comparing results with `==` compares digits. (Above
/// 1.797693134e308 the nearest such number is no double, and the value itself is returned.)
package func roundedToTenSignificantDigits(_ value: Double) -> Double {
  guard value.isFinite, value != 0 else { return value == 0 ? 0 : value }
  var buffer = [CChar](repeating: 0, count: 40)
  let length = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%.9e", $0) }
  // Whatever character the process's locale puts between the digits is replaced by a point.
  let text = buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }
  let exponentMark = text.firstIndex(of: UInt8(ascii: "e")) ?? text.endIndex
  let digits = text[..<exponentMark].filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  let exponent = Int(String(decoding: text[exponentMark...].dropFirst(), as: UTF8.self)) ?? 0
  guard let magnitude = Double("\(String(decoding: digits, as: UTF8.self))e\(exponent - 9)"),
    magnitude.isFinite
  else { return value }
  return value < 0 ? -magnitude : magnitude
}
