import Testing
import YAMLDocuments

@Suite struct NumberTests {
  private func scalar(_ text: String) throws -> YAMLNode { try document(text) }

  @Test(arguments: [
    ("0", 0), ("-12", -12), ("+5", 5), ("007", 7), ("1e6", 1_000_000), ("1E+3", 1000), ("1.5e3", 1500),
    ("12000e-3", 12), ("-2.50e2", -250), ("0e999", 0), ("9007199254740993e0", 9_007_199_254_740_993),
    ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
  ])
  func integersAreReadExactly(text: String, value: Int) throws {
    #expect(try scalar(text).integer == value)
  }

  @Test(arguments: [
    "0x10", "0o7", "0b1", "1_000", "64.0", "1.5", "1.55e1", "1e-3", "1e19", "9223372036854775808", "1e1001",
    "1e-9223372036854775808", "NaN", ".nan", ".inf", "-.inf", "yes", "true", "'64'", "\"64\"", "٣", "1 000",
    "--1",
    "e5", "1e", "1:30",
  ])
  func otherTextsAreNotIntegers(text: String) throws {
    #expect(try scalar(text).integer == nil)
  }

  @Test(arguments: [
    ("0.5", 0.5), ("-1e-3", -0.001), (".5", 0.5), ("+2.", 2), ("007.5", 7.5), ("64", 64), ("1e6", 1e6),
    ("1e-400", 0),
  ])
  func realsAreReadToTheNearestDouble(text: String, value: Double) throws {
    #expect(try scalar(text).real == value)
  }

  @Test(arguments: [
    ".inf", "-.inf", "inf", "infinity", "nan", "NaN", ".nan", "0x1p3", "0x10", "1_000.0", "1e400", "1,5", ".",
    "-",
    "e5", "1e", "1e+", "1.2.3", "'1.5'", "yes", "1\u{301}",
  ])
  func otherTextsAreNotReals(text: String) throws {
    #expect(try scalar(text).real == nil)
  }

  @Test func onlyTrueAndFalseAreBooleans() throws {
    #expect(
      try ["true", "True", "FALSE", "false"].map { try scalar($0).boolean } == [true, true, false, false])
    for text in ["yes", "on", "1", "'true'", "y"] { #expect(try scalar(text).boolean == nil) }
  }

  @Test func quotedNullIsText() throws {
    #expect(try scalar("~").isNull)
    #expect(try document("a:\n")["a"]?.isNull == true)
    #expect(try scalar("''").isNull == false)
  }
}
