extension YAMLNode {
  /// An unquoted decimal integer: digits with an optional sign, or in exponent form when the value is integral
  /// (`1e6`, `1.5e3`). Leading zeros are decimal (`007` is 7). Nil for anything else: hexadecimal and octal numbers,
  /// underscores, `64.0`, and whatever `Int` cannot hold.
  public var integer: Int? { integer(as: Int.self) }

  /// The same of another type.
  public func integer<Value: FixedWidthInteger>(as type: Value.Type) -> Value? {
    guard case .scalar(let text, quoted: false) = content else { return nil }
    return Value(text) ?? exactIntegerInExponentForm(text)
  }

  /// An unquoted finite decimal number; nil for anything else, `.inf`, `.nan` and hexadecimal numbers included, and
  /// for numbers too large for a `Double`.
  public var real: Double? {
    guard case .scalar(let text, quoted: false) = content, isDecimalNumber(text),
      let value = Double(text), value.isFinite
    else { return nil }
    return value
  }
}

/// `[+-]? (digits [. digits?] | . digits) ([eE] [+-]? digits)?`
private func isDecimalNumber(_ text: String) -> Bool {
  var rest = Substring(text)
  func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) && character.isASCII }
  func takeDigits() -> Bool {
    let before = rest.count
    rest = rest.drop(while: isDigit)
    return rest.count < before
  }
  func take(_ characters: String) -> Bool {
    guard let first = rest.first, characters.contains(first) else { return false }
    rest.removeFirst()
    return true
  }
  _ = take("+-")
  let hasWhole = takeDigits()
  let hasFraction = take(".") && takeDigits()
  guard hasWhole || hasFraction else { return false }
  if take("eE") {
    _ = take("+-")
    guard takeDigits() else { return false }
  }
  return rest.isEmpty
}

/// Exact where a detour through `Double` would round: `9007199254740993e0`.
private func exactIntegerInExponentForm<Value: FixedWidthInteger>(_ text: String) -> Value? {
  guard isDecimalNumber(text), let mark = text.firstIndex(where: { $0 == "e" || $0 == "E" }),
    let exponent = Int(text[text.index(after: mark)...]), (-1000...1000).contains(exponent)
  else { return nil }
  let mantissa = text[..<mark]
  let fraction = mantissa.firstIndex(of: ".").map { mantissa[mantissa.index(after: $0)...] } ?? ""
  var digits = mantissa.filter { $0 != "." }
  let shift = exponent - fraction.count
  if shift < 0 {
    guard digits.suffix(-shift).allSatisfy({ "+-0".contains($0) }) else { return nil }
    let kept = digits.dropLast(-shift)
    digits = kept.contains(where: \.isNumber) ? String(kept) : "0"
    return Value(digits)
  }
  if digits.allSatisfy({ "+-0".contains($0) }) { return 0 }
  return Value(digits + String(repeating: "0", count: shift))
}
