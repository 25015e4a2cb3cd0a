import ArgumentParser
import Foundation
import ResultStorage

struct StoreLocationOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The file that keeps scores.",
      discussion:
        "Default: $XDG_DATA_HOME/ntkscorer/scores.sqlite, or ~/.local/share/ntkscorer/scores.sqlite.",
      valueName: "path"))
  var store: String?

  /// The path that the user gave, or the default one.
  var path: String { store ?? Self.defaultPath }

  /// As the XDG base directory specification says: relative paths in the variable are to be ignored.
  static var defaultPath: String {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.local/share"
    return base + "/ntkscorer/scores.sqlite"
  }

  /// Opens a store that is there already: asking what is in a store must not make one.
  func openExisting() throws -> ResultStore {
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandFailure.failed(
        "there is no store at \(path); `ntkscorer rank` makes one, or name another with --store")
    }
    return try ResultStore.open(path)
  }
}

struct StoreOptions: ParsableArguments {
  @OptionGroup var location: StoreLocationOptions

  @Flag(name: .long, help: "Keep nothing and look nothing up.")
  var noStore = false

  func validate() throws {
    if noStore && location.store != nil {
      throw ValidationError("--no-store and --store contradict each other")
    }
  }

  /// Opens the store, making it when there is none; the default one's folder too. Nil when none is wanted.
  ///
  /// - Throws: `StoreError`, or `CommandFailure` with a way out when the default place cannot be used.
  func open() throws -> ResultStore? {
    if noStore { return nil }
    if location.store == nil {
      let folder = URL(fileURLWithPath: location.path).deletingLastPathComponent()
      do {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      } catch {
        throw CommandFailure.failed(
          "the default store's folder \(folder.path) cannot be made; name another place with --store PATH, "
            + "or keep nothing with --no-store")
      }
    }
    return try ResultStore.open(location.path)
  }
}
