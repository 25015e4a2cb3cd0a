/// Compares computed numbers with those of a case, and counts: a test that compared nothing has not passed.
package struct TheoryChecks {
  private let name: String
  private let tolerance: TheoryTolerance
  /// Numbers compared so far.
  package private(set) var count = 0
  /// What did not agree.
  package private(set) var failures: [String] = []
  /// The largest |actual − expected| / max(1, |expected|).
  package private(set) var largestDeviation = 0.0

  /// At the tolerance that the case states.
  ///
  /// - Parameter ofFixtures: a closer one for the repository's own cases; others may have been rounded.
  package init(_ theory: TheoryCase, ofFixtures: TheoryTolerance? = nil) {
    name = theory.name
    tolerance = (theory.isFixture ? ofFixtures : nil) ?? theory.tolerance
  }

  package mutating func compare(_ actual: Double, to expected: Double, _ what: String) {
    count += 1
    if actual != expected {
      let deviation = abs(actual - expected) / max(1, abs(expected))
      if !(deviation <= largestDeviation) { largestDeviation = deviation }
    }
    if !tolerance.accepts(actual, expected) {
      failures.append("\(name): \(what) is \(actual), expected \(expected)")
    }
  }

  /// Row-major.
  package mutating func compare(_ actual: [Double], to expected: [Double], _ what: String) {
    guard actual.count == expected.count else {
      failures.append("\(name): \(what) has \(actual.count) numbers, expected \(expected.count)")
      return
    }
    for (index, pair) in zip(actual, expected).enumerated() {
      compare(pair.0, to: pair.1, "\(what)[\(index)]")
    }
  }

  /// Compares with all numbers of a part of the case.
  package mutating func compare(_ actual: [Double], to expected: TheoryValue, _ what: String) throws {
    compare(actual, to: try expected.numbers, what)
  }

  package mutating func compare(_ actual: Double, to expected: TheoryValue, _ what: String) throws {
    compare(actual, to: try expected.number, what)
  }

  /// For what is no number.
  package mutating func check(_ condition: Bool, _ what: String) {
    count += 1
    if !condition { failures.append("\(name): \(what)") }
  }

  /// Prints how much was compared; call it last.
  package func report() {
    print("theory: \(name): \(count) checks, \(failures.count) failed, largest deviation \(largestDeviation)")
  }
}
