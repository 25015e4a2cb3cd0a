import Foundation
import GRDB
import Testing

/// What can go wrong around a store, met by the program as its users run it.
@Suite struct ReliabilityTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private static let space = """
    name: some
    family: fully_connected
    input: {shape: [16], outputs: 4, samples: 24}
    choices: {depth: {from: 1, to: 6}, width: {from: 20, to: 44}}
    scoring: {seeds: 2}

    """

  private func rank(_ space: String, _ store: String, _ more: String...) throws -> Finished {
    try Tool.run(
      ["rank", space, "--store", store, "--format", "json", "--threads", "1"] + more, in: folder)
  }

  @Test func twoProcessesFillOneStoreTogether() throws {
    let space = try folder.write(Self.space, to: "some.yaml")
    let store = folder.file("s.sqlite")
    let arguments = ["rank", space, "--store", store, "--format", "json", "--threads", "1"]
    let both = try (0..<2).map { _ in try Tool.start(arguments, in: folder) }
    let results = try both.map { try $0.wait() }
    #expect(results.map(\.exitCode) == [0, 0], "\(results.map(\.errors))")
    #expect(results[0].output == results[1].output)
    let list = try jsonObject(
      try Tool.run(["store", "list", "--store", store, "--format", "json"], in: folder).output)
    #expect(list["scores"] as? Int == 300)
    #expect(list["conflicts"] as? Int == 0)
    #expect((list["runs"] as? [[String: Any]])?.count == 2)
  }

  /// A limit on the size of files stands for a full disk where no small one can be mounted.
  @Test func aStoreThatMayNotGrowLosesNothingAndGoesOnLater() throws {
    let space = try folder.write(Self.space, to: "some.yaml")
    let store = folder.file("s.sqlite")
    // In units of 512 bytes: room for the tables and some of the scores.
    let full = try Tool.shell(
      "ulimit -f 800; \"$TOOL\" rank '\(space)' --store '\(store)' --threads 1", in: folder)
    #expect(full.exitCode == 1)
    #expect(full.output.isEmpty)
    #expect(full.errors.contains("error: store \(store): "))
    let later = try rank(space, store)
    #expect(later.exitCode == 0)
    #expect(!later.errors.contains("from store 0"), "\(later.errors)")
    let elsewhere = try rank(space, folder.file("other.sqlite"))
    #expect(later.output == elsewhere.output)
  }

  /// A small file system of its own, which only the superuser may mount, and not everywhere.
  @Test(.enabled(if: geteuid() == 0, "only the superuser may mount"))
  func aFullDiskAndAReadOnlyOneAreToldAndGoOnLater() throws {
    let space = try folder.write(Self.space, to: "some.yaml")
    let disk = folder.file("disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
    guard try Tool.shell("mount -t tmpfs -o size=600k tmpfs '\(disk)'", in: folder).exitCode == 0 else {
      return
    }
    defer { _ = try? Tool.shell("umount '\(disk)'", in: folder) }
    let store = disk + "/s.sqlite"
    let full = try rank(space, store)
    #expect(full.exitCode == 1 && full.output.isEmpty)
    #expect(
      full.errors.contains("error: store \(store): the disk is full; finished scores are safe"),
      "\(full.errors)")

    #expect(try Tool.shell("mount -o remount,size=20m '\(disk)'", in: folder).exitCode == 0)
    let later = try rank(space, store)
    #expect(later.exitCode == 0)
    #expect(!later.errors.contains("from store 0"), "\(later.errors)")

    #expect(try Tool.shell("mount -o remount,ro '\(disk)'", in: folder).exitCode == 0)
    let readOnly = try rank(space, store)
    #expect(readOnly.exitCode == 1)
    #expect(
      readOnly.errors.contains("store \(store): the file or its folder may not be written"),
      "\(readOnly.errors)")
  }

  @Test func aStoreOfANewerVersionIsLeftAlone() throws {
    let store = folder.file("s.sqlite")
    #expect(try rank(Tool.tinySpace, store).exitCode == 0)
    let database = try DatabaseQueue(path: store)
    try database.write {
      try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 tables of the future')")
    }
    try database.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: store))
    for arguments in [["rank", Tool.tinySpace], ["report"], ["store", "list"], ["store", "export"]] {
      let result = try Tool.run(arguments + ["--store", store], in: folder)
      #expect(result.exitCode == 1)
      #expect(result.errors.contains("written by a newer version (it knows 99 tables of the future)"))
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: store)) == before)
  }

  @Test func otherSettingsThanTheStoresAreNamedBothAndKeptApart() throws {
    let store = folder.file("s.sqlite")
    let text = try String(contentsOfFile: Tool.tinySpace, encoding: .utf8)
    #expect(text.contains("  seeds: 3 "))
    let plain = try folder.write(text, to: "tiny.yaml")
    let first = try rank(plain, store)
    #expect(!first.errors.contains("warning"))
    _ = try folder.write(
      text.replacing("  seeds: 3 ", with: "  precision: double\n  batch_norm: removed\n  seeds: 3 "),
      to: "tiny.yaml")
    let second = try rank(plain, store)
    #expect(second.exitCode == 0)
    #expect(
      second.errors.contains(
        "run 1 of 'tiny' in this store was made with other settings: batch_norm: frozen then, removed now; "
          + "precision: single then, double now"), "\(second.errors)")
    #expect(second.errors.contains("computed 12, from store 0"))
    // The same again is no change, and the first run can still be reported as it was.
    #expect(try !rank(plain, store).errors.contains("warning"))
    let report = try jsonObject(
      try Tool.run(["report", "1", "--store", store, "--format", "json"], in: folder).output)
    #expect((report["identity"] as? [String: Any])?["precision"] as? String == "single")
    let candidates = try #require(report["candidates"] as? [[String: Any]])
    let before = try #require(try jsonObject(first.output)["candidates"] as? [[String: Any]])
    #expect(candidates.compactMap { $0["id"] as? String } == before.compactMap { $0["id"] as? String })
  }
}
