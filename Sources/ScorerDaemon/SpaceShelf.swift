import ArchitectureScorer
import Foundation
import ResultStorage
import SearchSpaces
import Synchronization
import YAMLDocuments

/// Search spaces that requests bring or name: read, checked for what they may open, and kept ready.
final class SpaceShelf: Sendable {
  private let configuration: DaemonConfiguration
  private let scorer: Scorer
  private let store: ResultStore
  private let prepared = Mutex<[(key: String, space: PreparedSpace)]>([])
  private static let mostPrepared = 32

  init(_ configuration: DaemonConfiguration, scorer: Scorer, store: ResultStore) {
    self.configuration = configuration
    self.scorer = scorer
    self.store = store
  }

  /// Reads a search space and makes sure that it opens no file but those in the data folder.
  /// - Throws: `InvalidDocument`, or `Problem`.
  func readSpace(_ text: String) throws -> SearchSpace {
    // Relative paths are taken from the folder in the name.
    let folder = configuration.dataFolder.map { $0 + "/" } ?? ""
    let space = try scorer.readSpace(SourceText(name: folder + "space", text: text))
    for path in space.input.dataset.paths { try check(path) }
    if let folder = configuration.dataFolder {
      do { try space.checkFiles() } catch let invalid as InvalidDocument {
        // Where the folder is, is nobody's business outside.
        throw InvalidDocument(
          invalid.diagnostics.map { diagnostic in
            Diagnostic(
              file: diagnostic.file, location: diagnostic.location,
              message: diagnostic.message.replacing(folder + "/", with: ""), suggestion: diagnostic.suggestion
            )
          }, omittedCount: invalid.omittedCount)
      }
    }
    return space
  }

  /// With symbolic links followed, a path has to stay within the data folder.
  private func check(_ path: String) throws {
    guard let folder = configuration.dataFolder else {
      throw Problem(
        .invalidRequest,
        "the dataset '\(path)' is a file, and this daemon was given no folder of data (--data); expected a generated dataset"
      )
    }
    let real = URL(fileURLWithPath: folder).resolvingSymlinksInPath().standardizedFileURL.path
    let wanted = URL(fileURLWithPath: folder + "/" + path).resolvingSymlinksInPath().standardizedFileURL.path
    let isInside = wanted == real || wanted.hasPrefix(real.hasSuffix("/") ? real : real + "/")
    guard !path.hasPrefix("/"), !path.split(separator: "/").contains(".."), isInside else {
      throw Problem(
        .invalidRequest,
        "the dataset '\(path)' is outside the daemon's folder of data; expected a path relative to it")
    }
  }

  /// The text of a space as a daemon keeps it.
  func document(_ space: SearchSpace, text: String) -> SpaceDocument {
    SpaceDocument(contentHash: space.definitionHash, name: space.name, text: text)
  }

  /// - Throws: `Problem` when no space has this name or content hash.
  func document(named name: String) throws -> SpaceDocument {
    if let document = try store.spaceDocument(name) { return document }
    let names = try store.spaceDocuments().map(\.name)
    throw Problem(
      .notFound,
      "there is no search space '\(name)'; "
        + (nearestSpelling(to: name, among: names).map { "did you mean '\($0)'?" }
          ?? "POST one to /v1/spaces or /v1/jobs"))
  }

  /// A space that is ready to be asked. Those that were asked last are kept.
  func prepared(_ document: SpaceDocument, seeds: [UInt64]?, metrics: [String]?) throws -> PreparedSpace {
    let key =
      "\(document.contentHash) \(seeds?.description ?? "") \(metrics?.joined(separator: ",") ?? "")"
    let known = prepared.withLock { list -> PreparedSpace? in
      guard let place = list.firstIndex(where: { $0.key == key }) else { return nil }
      let entry = list.remove(at: place)
      list.append(entry)
      return entry.space
    }
    if let known { return known }
    let space = try readSpace(document.text)
    let made = try scorer.prepare(
      space, metrics: metrics,
      options: RankingOptions(
        seeds: seeds,
        resources: Resources(
          threads: configuration.resources.threads,
          memoryBudget: configuration.resources.memoryBudget / (configuration.mostRunningJobs + 1))))
    prepared.withLock { list in
      list.append((key, made))
      if list.count > Self.mostPrepared { list.removeFirst() }
    }
    return made
  }
}
