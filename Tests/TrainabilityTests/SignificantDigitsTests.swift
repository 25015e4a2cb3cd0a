import Testing
import Trainability

@Suite struct SignificantDigitsTests {
  @Test(
    arguments: [
      (1.23456789012345, 1.234567890), (1.23456789051, 1.234567891), (9.99999999951, 10), (0.1 + 0.2, 0.3),
      (-123_456_789.051, -123_456_789.1), (0x1p-1070, 0x1p-1070), (1.79e308, 1.79e308),
      (-0.0, 0),
      (12_345_678_904, 12_345_678_900), (6.02214076e23, 6.02214076e23),
    ])
  func valuesAreRoundedToTenDigits(value: Double, expected: Double) {
    #expect(roundedToTenSignificantDigits(value) == expected)
  }

  /// 1000000000.5 is exact in binary, so its eleventh digit is an exact half: ties go to the even digit.
  @Test func exactHalvesGoToTheEvenDigit() {
    #expect(roundedToTenSignificantDigits(1_000_000_000.5) == 1_000_000_000)
    #expect(roundedToTenSignificantDigits(1_000_000_001.5) == 1_000_000_002)
  }

  /// In binary 1.0000000005 lies 4e-17 above its spelling and 1.0000000015 lies 1e-16 below: neither is a
  /// tie.
  @Test func theBinaryValueIsRoundedAndNotItsSpelling() {
    #expect(roundedToTenSignificantDigits(1.0000000005) == 1.000000001)
    #expect(roundedToTenSignificantDigits(1.0000000015) == 1.000000001)
  }

  @Test func largestNumberStaysFinite() {
    let largest = Double.greatestFiniteMagnitude
    #expect(roundedToTenSignificantDigits(largest) == largest)
    #expect(roundedToTenSignificantDigits(-largest) == -largest)
  }

  @Test func infinitiesAndNaNPass() {
    #expect(roundedToTenSignificantDigits(.infinity) == .infinity)
    #expect(roundedToTenSignificantDigits(-.infinity) == -.infinity)
    #expect(roundedToTenSignificantDigits(.nan).isNaN)
  }

  @Test func zeroHasNoSign() {
    #expect(roundedToTenSignificantDigits(-0.0).sign == .plus)
  }
}
