import Foundation

/// One file of check values: parameters, what follows from them, and how closely.
///
/// ```swift
/// @Test func theoryOfGaussianDuals() throws {
///   let theory = try TheoryCase("01-gaussian-duals")
///   var checks = TheoryChecks(theory)
///   checks.compare(value, to: try theory.expected["relu"], "relu")
///   #expect(checks.failures == [])
///   #expect(checks.count > 0)
/// }
/// ```
package struct TheoryCase: Sendable {
  /// The file's name without `.json`.
  package let name: String
  package let input: TheoryValue
  package let expected: TheoryValue
  package let tolerance: TheoryTolerance
  /// Whether it is one of the repository's fixtures.
  package let isFixture: Bool

  /// Every case there is, each read by at least one test.
  package static let names = [
    "01-gaussian-duals", "02-c-sigma", "03-fcn-relu-kernels", "04-fcn-smooth-kernels", "05-parameterizations",
    "06-shallow-relu-empirical", "07-empirical-fcn", "08-empirical-cnn", "09-cntk", "10-spectrum",
    "11-singular-kernel", "12-loss-bounds", "13-training-curves", "14-rank-deficient-dynamics",
    "15-gp-and-regression", "16-mean-field", "17-critical-line", "18-kappa-vs-depth", "19-boolean-cube",
    "20-boolean-cube-large-d", "21-te-nas", "22-nngp-nas", "23-residual-and-batchnorm",
  ]

  /// Where the cases lie: `NTKSCORER_THEORY_CASES`, a folder with files of the same names and other parameters, or
  /// the repository's fixtures.
  package static var folder: URL {
    if let path = ProcessInfo.processInfo.environment["NTKSCORER_THEORY_CASES"] {
      return URL(fileURLWithPath: path)
    }
    return fixtures
  }

  /// The repository's own cases, whose numbers carry all digits.
  package static var fixtures: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/theory").standardizedFileURL
  }

  /// - Throws: when the folder or the file is missing or is no theory case.
  package init(_ name: String, in folder: URL = TheoryCase.folder) throws {
    let data = try Data(contentsOf: folder.appendingPathComponent("\(name).json"))
    let root = try JSONDecoder().decode(TheoryValue.self, from: data)
    self.name = name
    isFixture = folder.standardizedFileURL == TheoryCase.fixtures
    input = try root["input"]
    expected = try root["expected"]
    tolerance = try TheoryTolerance(root["tolerance"])
  }

  /// The parameter that a key carries: 1 of `time_to_1pct_loss` between `time_to_` and `pct_loss`. Nil for other keys.
  package static func number(in key: String, between prefix: String, and suffix: String = "") -> Double? {
    guard key.hasPrefix(prefix), key.hasSuffix(suffix), key.count > prefix.count + suffix.count else {
      return nil
    }
    return Double(key.dropFirst(prefix.count).dropLast(suffix.count))
  }
}

/// |actual − expected| ≤ absolute + relative · |expected|.
package struct TheoryTolerance: Hashable, Sendable {
  package var absolute: Double
  package var relative: Double

  package init(absolute: Double = 0, relative: Double = 0) {
    self.absolute = absolute
    self.relative = relative
  }

  init(_ value: TheoryValue) throws {
    self.init(
      absolute: try value.valueIfPresent("abs")?.number ?? 0,
      relative: try value.valueIfPresent("rel")?.number ?? 0)
  }

  func accepts(_ actual: Double, _ expected: Double) -> Bool {
    // Infinities are equal or not; NaN is never right.
    actual == expected || abs(actual - expected) <= absolute + relative * abs(expected)
  }
}
