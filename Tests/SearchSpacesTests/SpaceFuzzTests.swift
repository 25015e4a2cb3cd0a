import ArchitecturePlugins
import NetworkGraph
import SearchSpaces
import Testing
import YAMLDocuments

/// SplitMix64, so that a failure can be repeated.
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct SpaceFuzzTests {
  private let good = """
    family: stack
    input: { shape: [ 4 ], outputs: 2, samples: 8, batch: fixed, dataset: { kind: gaussian } }
    fixed: { bias: true }
    choices:
      depth: { from: 1, to: 4 }
      width: [ 8, 16, [ 8, 8 ] ]
      tag: { from: 1, to: 64, scale: logarithmic, count: 5, when: depth > 2 }
      weight_variance: { from: 0.5, to: 2, step: 0.5, scale: linear }
      activation: { values: [ relu, tanh ], when: max ( width ) < 16 and bias }
    constraints: { where: [ depth * min ( width ) <= 64 , tag % 2 == 0 or activation == relu ] , parameters: { at_most: 1000, at_least: 1 }, depth: { at_most: 3 } }
    scoring: { metrics: [ lambda_max ], seeds: 3, precision: single, parameters: all }
    ranking: { rank_sum: [ lambda_max, parameters ] }
    """

  private let tokens = [
    "0", "-1", "1", "2", "64", "1000000", "1000001", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "1e6", "1e18", "1e308", "-1e308", "5e-324", "0.1", "1.0000000000000002", ".inf",
    ".nan",
    "~", "''", "[", "]", "[]", "{}", "relu", "linear", "logarithmic", "from:", "to:", "step:", "count:",
    "factor:",
    "scale:", "at_most:", "depth:", "width:", "fixed:", "choices:", "true", "[ 1, 2 ]", "{ from: 1, to: 2 }",
    "when:", "values:", "and", "or", "not", "in", "==", "<", "-", "/",
    "max", "(", ")", "<<:", "&a", "*a",
  ]

  @Test func mutatedSpacesAreRefusedWithAPlaceOrCanBeCountedAndSampled() throws {
    let words = good.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    var generator = SeededGenerator(state: 11)
    var validCount = 0
    for _ in 0..<1500 {
      var mutated = words
      for _ in 0...Int.random(in: 0..<3, using: &generator) {
        let place = Int.random(in: 0..<mutated.count, using: &generator)
        let isValue =
          mutated[place].first.map { $0.isNumber || $0.isLetter || "<=()*%".contains($0) } ?? false
        guard isValue, let token = tokens.randomElement(using: &generator) else { continue }
        let ending = mutated[place].drop { $0 != "," && $0 != "\n" }
        mutated[place] = token + ending
      }
      do {
        let space = try space(mutated.joined(separator: " "))
        validCount += 1
        #expect(!space.cardinality.decimal.isEmpty)
        #expect(space.definitionHash.count == 64)
        let sample = Drawn(CandidateSelection(space, count: 3, seed: 1, rejectionLimit: 20)).admitted
        #expect(Set(sample.map(\.candidate.id)).count == sample.count)
        #expect(space.candidates.prefix(3).allSatisfy { $0.id.count == 12 })
      } catch let error as InvalidDocument {
        #expect(!error.diagnostics.isEmpty)
        #expect(error.diagnostics.allSatisfy { $0.location != nil }, "\(error)")
      }
    }
    #expect(validCount > 100)
  }
}
