import RandomStreams

/// A number of candidates: 0 or more, without bound.
struct NaturalNumber: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Base 10⁹, least significant first, without leading zeros; none for zero.
  private var limbs: [UInt32]

  private static let base: UInt64 = 1_000_000_000

  static let zero = NaturalNumber(limbs: [])
  static let one = NaturalNumber(limbs: [1])

  private init(limbs: [UInt32]) { self.limbs = limbs }

  /// Nil for 2⁶⁴ or more.
  var uint64: UInt64? {
    var value: UInt64 = 0
    for limb in limbs.reversed() {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: Self.base)
      let (sum, carry) = shifted.addingReportingOverflow(UInt64(limb))
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }

  /// Decimal, without separators.
  var description: String {
    let head = limbs.last.map { String($0) } ?? "0"
    return limbs.dropLast().reversed().reduce(into: head) { text, limb in
      let digits = String(limb)
      text += String(repeating: "0", count: 9 - digits.count) + digits
    }
  }

  static func < (a: NaturalNumber, b: NaturalNumber) -> Bool {
    if a.limbs.count != b.limbs.count { return a.limbs.count < b.limbs.count }
    return a.limbs.reversed().lexicographicallyPrecedes(b.limbs.reversed())
  }

  static func + (a: NaturalNumber, b: NaturalNumber) -> NaturalNumber {
    var sum: [UInt32] = []
    var carry: UInt64 = 0
    for place in 0..<max(a.limbs.count, b.limbs.count) {
      let total = a.limb(place) + b.limb(place) + carry
      sum.append(UInt32(total % base))
      carry = total / base
    }
    if carry > 0 { sum.append(UInt32(carry)) }
    return NaturalNumber(limbs: sum)
  }

  /// - Precondition: `factor` is from 0 to 2³² − 1.
  static func * (number: NaturalNumber, factor: Int) -> NaturalNumber {
    guard factor > 0 else { return .zero }
    var product: [UInt32] = []
    var carry: UInt64 = 0
    for limb in number.limbs {
      let total = UInt64(limb) * UInt64(factor) + carry
      product.append(UInt32(total % base))
      carry = total / base
    }
    while carry > 0 {
      product.append(UInt32(carry % base))
      carry /= base
    }
    return NaturalNumber(limbs: product)
  }

  /// - Precondition: `b` is at most `a`.
  static func - (a: NaturalNumber, b: NaturalNumber) -> NaturalNumber {
    var difference: [UInt32] = []
    var borrow: UInt64 = 0
    for place in a.limbs.indices {
      let taken = b.limb(place) + borrow
      borrow = a.limb(place) < taken ? 1 : 0
      difference.append(UInt32(a.limb(place) + borrow * base - taken))
    }
    while difference.last == 0 { difference.removeLast() }
    return NaturalNumber(limbs: difference)
  }

  /// Uniform in 0..<bound, exactly.
  ///
  /// - Parameters:
  ///   - bound: at least 1.
  ///   - index: the next unused place of the stream; moved past those that are used.
  static func random(below bound: NaturalNumber, _ stream: RandomStream, at index: inout UInt64)
    -> NaturalNumber
  {
    guard let top = bound.limbs.last else { return .zero }
    while true {
      var limbs: [UInt32] = []
      for place in bound.limbs.indices {
        let isTop = place == bound.limbs.count - 1
        limbs.append(UInt32(stream.bounded(isTop ? UInt64(top) + 1 : base, at: index)))
        index &+= 1
      }
      while limbs.last == 0 { limbs.removeLast() }
      let number = NaturalNumber(limbs: limbs)
      if number < bound { return number }
    }
  }

  private func limb(_ place: Int) -> UInt64 { place < limbs.count ? UInt64(limbs[place]) : 0 }
}
