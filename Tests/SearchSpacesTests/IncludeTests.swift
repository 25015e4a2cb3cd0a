import ArchitecturePlugins
import Foundation
import SearchSpaces
import Testing
import YAMLDocuments

/// Search spaces of several files, in a folder that goes away with the test.
@Suite final class IncludeTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "include-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private static let base = "family: stack\ninput: {shape: [4], outputs: 2, samples: 8}\n"
  private static let own = "choices: {depth: [1, 2], width: [8]}\n"

  private func write(_ text: String, _ name: String) throws {
    let file = folder.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private func space(_ text: String) throws -> SearchSpace {
    try write(text, "space.yaml")
    return try SearchSpace(
      contentsOfFile: folder.appending(path: "space.yaml").path, families: FamilyRegistry([Stack()]),
      knownNames: knownNames)
  }

  /// `file:line:column message`, the file without its folder.
  private func mistakes(_ text: String) -> [String] {
    do {
      _ = try space(text)
      return []
    } catch let error as InvalidDocument {
      return error.diagnostics.map { diagnostic in
        let file = diagnostic.file.replacing(folder.path + "/", with: "")
        let place = diagnostic.location.map { "\($0.line):\($0.column)" } ?? "-"
        return "\(file):\(place) \(diagnostic.message)".replacing(folder.path + "/", with: "")
      }
    } catch { return ["another kind of error: \(error)"] }
  }

  @Test func sectionsAreMergedKeyByKeyAndTheOwnOnesWin() throws {
    try write(
      Self.base + "name: common\ndescription: Common.\nfixed: {bias: false, tag: 3}\n"
        + "scoring: {seeds: 2, metrics: [lambda_max]}\nranking: {rank_sum: [lambda_max, parameters]}\n",
      "common.yaml")
    let space = try space(
      "include: common.yaml\ninput: {samples: 4}\nfixed: {tag: }\nscoring: {seeds: 5}\nranking: {by: lambda_max}\n"
        + Self.own)
    #expect(space.name == "space")
    #expect(space.summary == nil)
    #expect(space.input.samples == 4)
    #expect(space.input.outputs == 2)
    #expect(space.fixed == ["bias": .boolean(false)])
    #expect(space.scoring.seeds == [0, 1, 2, 3, 4])
    #expect(space.scoring.metrics == ["conditionNumber", "lambdaMax"])
    #expect(space.ranking == .metric("lambdaMax"))
    #expect(space.axes.map(\.name) == ["depth", "width"])
  }

  @Test func includedFilesMayIncludeOthersBesideThem() throws {
    try write("family: stack\n", "parts/family.yaml")
    try write(
      "include: family.yaml\ninput: {shape: [4], outputs: 2}\nchoices: {depth: [3]}\n", "parts/all.yaml")
    try write("input: {outputs: 7}\n", "more.yaml")
    let space = try space("include: [parts/all.yaml, more.yaml]\nchoices: {width: [8, 16]}\n")
    #expect(space.input.outputs == 7)
    #expect(space.axes.map(\.name) == ["depth", "width"])
  }

  @Test func spacesThatSayTheSameHaveOneDefinition() throws {
    try write(Self.base, "common.yaml")
    #expect(
      try space("include: common.yaml\n" + Self.own).definitionHash
        == space(Self.base + Self.own).definitionHash)
  }

  @Test func mistakesAreReportedInTheFileWhereTheyStand() throws {
    try write(
      "family: stack\ninput:\n  shape: [0]\n  outputs: 2\nfixed: {bais: true, depth: 1}\n", "common.yaml")
    #expect(
      mistakes("include: common.yaml\nchoices: {depth: [1, x], width: [8]}\n") == [
        "space.yaml:2:11 'depth' is a choice here and fixed at common.yaml:5:21; expected one of the two",
        "space.yaml:2:22 value 2 of 'depth' is 'x'; expected an integer from 1 to 64",
        "common.yaml:3:11 a size in 'shape' is '0'; expected an integer from 1 to 1000000",
        "common.yaml:5:9 the family 'stack' has no parameter 'bais'",
      ])
  }

  @Test func syntaxErrorsOfIncludedFilesAreTheirs() throws {
    try write("family: [\n", "common.yaml")
    #expect(
      mistakes("include: common.yaml\n" + Self.base + Self.own).map { $0.prefix(15) } == ["common.yaml:2:1"])
  }

  @Test func whatCannotBeIncludedIsReportedWhereItIsNamed() throws {
    try write("- 1\n", "list.yaml")
    try Data([0xFF]).write(to: folder.appending(path: "binary.yaml"))
    for (include, expected) in [
      ("none.yaml", "space.yaml:1:10 'none.yaml' cannot be included: there is no such file"),
      ("list.yaml", "space.yaml:1:10 'list.yaml' is a list of 1; expected a mapping of sections"),
      ("binary.yaml", "binary.yaml:1:1 byte 0 (0xFF) is not UTF-8; save the file as UTF-8"),
      (
        "/etc/passwd",
        "space.yaml:1:10 'include' is '/etc/passwd'; expected a path below the folder of this file, without '..'"
      ),
      (
        "../x.yaml",
        "space.yaml:1:10 'include' is '../x.yaml'; expected a path below the folder of this file, without '..'"
      ),
      (
        "~/x.yaml",
        "space.yaml:1:10 'include' is '~/x.yaml'; expected a path below the folder of this file, without '..'"
      ),
      ("{a: 1}", "space.yaml:1:10 'include' is a mapping; expected the path of a file, or a list of them"),
    ] {
      #expect(mistakes("include: \(include)\n" + Self.base + Self.own) == [expected])
    }
  }

  @Test func cyclesAreReportedWithTheirWay() throws {
    try write("include: b.yaml\n", "a.yaml")
    try write("include: a.yaml\n", "b.yaml")
    #expect(
      mistakes("include: a.yaml\n" + Self.base + Self.own) == [
        "b.yaml:1:10 'a.yaml' includes itself: a.yaml → b.yaml → a.yaml"
      ])
    #expect(
      mistakes("include: space.yaml\n" + Self.base + Self.own) == [
        "space.yaml:1:10 'space.yaml' includes itself: space.yaml → space.yaml"
      ])
  }

  @Test func linksMayNotLeadOut() throws {
    let outside = folder.deletingLastPathComponent().appending(path: "outside-\(UUID().uuidString).yaml")
    try Data("secret: 1\n".utf8).write(to: outside)
    defer { try? FileManager.default.removeItem(at: outside) }
    try FileManager.default.createSymbolicLink(
      at: folder.appending(path: "link.yaml"), withDestinationURL: outside)
    #expect(
      mistakes("include: link.yaml\n" + Self.base + Self.own) == [
        "space.yaml:1:10 'link.yaml' leads out of the search space's folder through a symbolic link"
      ])
    try write(Self.base, "inside.yaml")
    try FileManager.default.createSymbolicLink(
      at: folder.appending(path: "good.yaml"), withDestinationURL: folder.appending(path: "inside.yaml"))
    #expect(mistakes("include: good.yaml\n" + Self.own).isEmpty)
  }

  @Test func endlessAndDeepInclusionsAreRefused() throws {
    for level in 0..<12 { try write("include: deep\(level + 1).yaml\n", "deep\(level).yaml") }
    try write("scoring: {seeds: 1}\n", "deep12.yaml")
    #expect(
      mistakes("include: deep0.yaml\n" + Self.base + Self.own)
        == ["deep7.yaml:1:10 too much is included; at most 32 files, 8 deep, are read"])
    // Without cycles, but doubling at every level.
    for level in 0..<7 {
      try write("include: [wide\(level + 1).yaml, wide\(level + 1).yaml]\n", "wide\(level).yaml")
    }
    try write("scoring: {seeds: 1}\n", "wide7.yaml")
    #expect(
      mistakes("include: wide0.yaml\n" + Self.base + Self.own).allSatisfy {
        $0.contains("too much is included")
      })
    #expect(!mistakes("include: wide0.yaml\n" + Self.base + Self.own).isEmpty)
  }

  @Test func textThatIsNoFileIncludesNothing() throws {
    try write(Self.base, "common.yaml")
    let text = "include: common.yaml\n" + Self.base + Self.own
    #expect(
      SearchSpacesTests.mistakes(text) == ["1:10 'include' is only for search spaces read from a file"])
  }

  @Test func definitionsAreThereForAliasesAlone() throws {
    let space = try space(
      """
      definitions:
        input: &input {shape: [4], outputs: 2}
        widths: &widths [8, 16]
      family: stack
      input:
        <<: *input
        samples: 8
      choices: {depth: [1], width: *widths}
      """)
    #expect(space.input.samples == 8)
    #expect(space.axes[1].values == integers(8, 16))
  }
}
