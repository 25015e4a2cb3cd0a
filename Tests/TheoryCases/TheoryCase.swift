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

  /// Where the cases lie: `NTKSCORER_THEORY_CASES`, a folder with files of the same names and other parameters, or
  /// the repository's fixtures.
  package static var folder: URL {
    if let path = ProcessInfo.processInfo.environment["NTKSCORER_THEORY_CASES"] {
      return URL(fileURLWithPath: path)
    }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/theory").standardizedFileURL
  }

  /// - Throws: when the folder or the file is missing or is no theory case.
  package init(_ name: String, in folder: URL = TheoryCase.folder) throws {
    let data = try Data(contentsOf: folder.appendingPathComponent("\(name).json"))
    let root = try JSONDecoder().decode(TheoryValue.self, from: data)
    self.name = name
    input = try root["input"]
    expected = try root["expected"]
    tolerance = try TheoryTolerance(root["tolerance"])
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
