/// The number of candidates of a space, exact at any size.
public struct Cardinality: Hashable, Sendable, CustomStringConvertible {
  /// Base 10⁹, least significant first, without leading zeros.
  private var limbs: [UInt32] = [1]
  /// True when budgets may exclude some candidates.
  public let isUpperBound: Bool

  /// The product of some numbers of values; 1 for none.
  init(product factors: [Int], isUpperBound: Bool) {
    self.isUpperBound = isUpperBound
    for factor in factors { multiply(by: UInt32(clamping: factor)) }
  }

  /// Nil when the number is 2⁶⁴ or more.
  public var uint64: UInt64? {
    var value: UInt64 = 0
    for limb in limbs.reversed() {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: Self.base)
      let (sum, carry) = shifted.addingReportingOverflow(UInt64(limb))
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }

  /// Nil when the number does not fit an `Int`.
  public var int: Int? { uint64.flatMap { Int(exactly: $0) } }

  /// The number in decimal, without separators.
  public var decimal: String {
    let head = limbs.last.map { String($0) } ?? "0"
    return limbs.dropLast().reversed().reduce(into: head) { text, limb in
      let digits = String(limb)
      text += String(repeating: "0", count: 9 - digits.count) + digits
    }
  }

  /// `1536`, or `at most 1536`.
  public var description: String { isUpperBound ? "at most \(decimal)" : decimal }

  private static let base: UInt64 = 1_000_000_000

  private mutating func multiply(by factor: UInt32) {
    var carry: UInt64 = 0
    for index in limbs.indices {
      let product = UInt64(limbs[index]) * UInt64(factor) + carry
      limbs[index] = UInt32(product % Self.base)
      carry = product / Self.base
    }
    while carry > 0 {
      limbs.append(UInt32(carry % Self.base))
      carry /= Self.base
    }
    while limbs.count > 1, limbs.last == 0 { limbs.removeLast() }
  }
}
