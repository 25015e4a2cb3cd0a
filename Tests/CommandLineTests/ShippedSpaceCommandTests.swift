import Foundation
import Testing

/// Every search space that ships, as a user would try it.
@Suite struct ShippedSpaceCommandTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  static let files =
    (try? FileManager.default.contentsOfDirectory(
      atPath: Tool.repository.appendingPathComponent("search-spaces").path))?.filter { $0.hasSuffix(".yaml") }
    .sorted() ?? []

  @Test func thereAreSome() { #expect(Self.files.count >= 9) }

  @Test(arguments: files)
  func aSampleOfItRanks(file: String) throws {
    let path = Tool.repository.appendingPathComponent("search-spaces/\(file)").path
    let validated = try Tool.run(["validate", path], in: folder)
    #expect(validated.exitCode == 0, "\(validated.errors)")
    let ranked = try Tool.run(
      ["rank", path, "--no-store", "--limit", "3", "--seeds", "1", "--format", "json"], in: folder)
    #expect(ranked.exitCode == 0, "\(ranked.errors)")
    let document = try jsonObject(ranked.output)
    #expect((document["candidates"] as? [Any])?.count == 3)
    #expect((document["failed"] as? [Any])?.isEmpty == true)
  }
}
