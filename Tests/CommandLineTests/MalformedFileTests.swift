import Foundation
import Testing

/// Files with mistakes, each beside what a user is to read about it (`Tests/Fixtures/malformed`).
@Suite struct MalformedFileTests {
  private static let fixtures = Tool.repository.appendingPathComponent("Tests/Fixtures/malformed").path

  static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: fixtures)) ?? [])
    .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()

  @Test func thereAreAtLeastThirty() { #expect(Self.names.count >= 30) }

  /// The place, the line with the caret, the words and the suggestion, of every mistake in the file.
  @Test(arguments: names)
  func everyMistakeIsToldAsItShouldBe(name: String) throws {
    let folder = try ScratchFolder()
    let result = try Tool.shell("cd '\(Self.fixtures)' && \"$TOOL\" validate '\(name).yaml'", in: folder)
    #expect(result.exitCode == 2)
    #expect(result.output.isEmpty)
    let expected = try String(contentsOfFile: "\(Self.fixtures)/\(name).expected.txt", encoding: .utf8)
    #expect(result.errors == expected)
  }

  /// Every diagnostic says where it is.
  @Test(arguments: names)
  func everyMistakeHasItsLineAndColumn(name: String) throws {
    let expected = try String(contentsOfFile: "\(Self.fixtures)/\(name).expected.txt", encoding: .utf8)
    let heads = expected.split(separator: "\n").filter { $0.contains(": error: ") }
    #expect(!heads.isEmpty)
    for head in heads {
      #expect(head.prefixMatch(of: #/[a-z0-9-]+\.yaml:[1-9][0-9]*:[1-9][0-9]*: error: /#) != nil, "\(head)")
    }
  }
}
