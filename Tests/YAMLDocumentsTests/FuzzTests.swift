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

@Suite struct FuzzTests {
  private let good = """
    name: "tiny"          # a comment
    family: fully_connected
    input: {shape: [3, 32, 32], outputs: 10}
    choices:
      depth: {from: 1, to: 8}
      width: &widths [64, 128, 256]
      again: *widths
    text: |
      several lines
        of text
    folded: >-
      and more
    ? complex
    : 'quoted ''twice'''
    """

  @Test func mutatedDocumentsNeverTrapAndReportPlacesInsideTheText() throws {
    let pieces = [
      "[", "]", "{", "}", ":", ": ", "- ", "\n", "\t", "&a ", "*a", "'", "\"", "|", ">", "%", "---\n",
      "...\n", "!!str ",
      "? ", "#", ",", "\r\n", "\u{0}", "é", "🦆", "\\", "<<: ", "\u{FEFF}", "\u{2028}", "  ", "1e999", "~",
    ].map { Array($0.unicodeScalars) }
    var generator = SeededGenerator(state: 7)
    for _ in 0..<20_000 {
      var scalars = Array(good.unicodeScalars)
      for _ in 0...Int.random(in: 0..<6, using: &generator) {
        let place = Int.random(in: 0...scalars.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: scalars.insert(contentsOf: pieces.randomElement(using: &generator) ?? [], at: place)
        case 1:
          scalars.removeSubrange(place..<min(scalars.count, place + Int.random(in: 0..<9, using: &generator)))
        case 2: scalars.removeSubrange(place...)
        default:
          let end = min(scalars.count, place + Int.random(in: 0..<40, using: &generator))
          scalars.insert(
            contentsOf: scalars[place..<end], at: Int.random(in: 0...scalars.count, using: &generator))
        }
        if scalars.isEmpty { break }
      }
      var text = ""
      text.unicodeScalars.append(contentsOf: scalars)
      for diagnostic in mistakes(in: text) {
        let location = try #require(diagnostic.location, "\(diagnostic)")
        let lineCount = text.unicodeScalars.filter { $0 == "\n" || $0 == "\r" }.count + 1
        #expect((1...lineCount).contains(location.line), "\(diagnostic) of \(text.debugDescription)")
        if let line = diagnostic.sourceLine {
          #expect((1...(line.unicodeScalars.count + 1)).contains(location.column), "\(diagnostic)")
        }
      }
    }
  }
}
