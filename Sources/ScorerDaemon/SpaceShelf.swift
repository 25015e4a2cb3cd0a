import ArchitectureScorer
import Foundation
import NetworkGraph
import ResultStorage
import SearchSpaces
import Synchronization
import YAMLDocuments

/// Search spaces that requests bring or name: read, checked for what they may open, and kept ready.
final class SpaceShelf: Sendable {
  private let configuration: DaemonConfiguration
  private let scorer: Scorer
  private let store: ResultStore
  private let reader: StoreReader
  /// Content hashes by what spaces were asked for by, as long as the store does not change.
  private let hashes = Mutex((revision: Int64(0), byName: [String: String]()))
  private let spaces = RecentlyUsed<SpaceKey, PreparedSpace>(capacity: 32)
  private let networks = RecentlyUsed<NetworkKey, PreparedNetworks>(capacity: 32)
  /// Names that a misspelled one is compared with.
  private static let mostSuggested = 1000
  private static let mostHashes = 1000

  private struct SpaceKey: Hashable {
    let hash: String
    let seeds: [UInt64]?
    let metrics: [String]?
  }

  private struct NetworkKey: Hashable {
    let inputShape: TensorShape
    let parameterization: Parameterization?
    let settings: NetworkSettings
    let seeds: [UInt64]?
    let metrics: [String]?
  }

  init(_ configuration: DaemonConfiguration, scorer: Scorer, store: ResultStore, reader: StoreReader) {
    self.configuration = configuration
    self.scorer = scorer
    self.store = store
    self.reader = reader
  }

  /// Reads a search space and makes sure that it opens no file but those in the data folder.
  /// - Throws: `InvalidDocument`, or `Problem`.
  func readSpace(_ text: String) throws -> SearchSpace {
    // Relative paths are taken from the folder in the name.
    let folder = configuration.dataFolder.map { $0 + "/" } ?? ""
    let space = try scorer.readSpace(SourceText(name: folder + "space", text: text))
    for path in space.input.dataset.paths { try check(path) }
    let (numbers, overflow) = space.input.shape.elementCount.multipliedReportingOverflow(
      by: space.input.samples)
    guard !overflow, numbers <= configuration.resources.memoryBudget / MemoryLayout<Float>.stride else {
      throw Problem(
        .invalidRequest,
        "a batch of \(space.input.samples) samples of \(space.input.shape) is larger than this daemon's memory budget of "
          + "\(configuration.resources.memoryBudget) bytes")
    }
    if configuration.dataFolder != nil {
      do { try space.checkFiles() } catch let invalid as InvalidDocument { throw concealed(invalid) }
    }
    return space
  }

  /// A text without the folder of data in it: where that is, is nobody's business outside.
  func concealed(_ text: String) -> String {
    guard let folder = configuration.dataFolder, !folder.isEmpty else { return text }
    let real = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
    return [folder + "/", folder, real + "/", real].reduce(text) {
      $0.replacing($1 + "/", with: "").replacing($1, with: "")
    }
  }

  private func concealed(_ invalid: InvalidDocument) -> InvalidDocument {
    InvalidDocument(
      invalid.diagnostics.map { diagnostic in
        Diagnostic(
          file: diagnostic.file, location: diagnostic.location, message: concealed(diagnostic.message),
          suggestion: diagnostic.suggestion)
      }, omittedCount: invalid.omittedCount)
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
    SpaceDocument(contentHash: TextDigest.sha256(text), name: space.name, text: text)
  }

  /// The space of a job.
  /// - Throws: `InvalidDocument`, or `Problem`.
  func readSpace(of job: JobRecord) throws -> SearchSpace {
    guard let document = try store.spaceDocument(contentHash: job.space.contentHash) else {
      throw try missingSpace(job.space.name)
    }
    return try readSpace(document.text)
  }

  /// - Throws: `Problem` when no space has this name or content hash.
  func document(named name: String) throws -> SpaceDocument {
    if let document = try store.spaceDocument(name) { return document }
    throw try missingSpace(name)
  }

  private func missingSpace(_ name: String) throws -> Problem {
    let names = try store.spaceDocuments(limit: Self.mostSuggested).map(\.name)
    return Problem(
      .notFound,
      "there is no search space '\(name)'; "
        + (nearestSpelling(to: name, among: names).map { "did you mean '\($0)'?" }
          ?? "POST one to /v1/spaces or /v1/jobs"))
  }

  /// A space that is ready to be asked, by its name or content hash. Those that were asked last are kept.
  /// - Throws: `Problem` when there is none.
  func prepared(named name: String, seeds: [UInt64]?, metrics: [String]?) throws -> PreparedSpace {
    // Equal hashes are equal texts, so that the text itself is read once.
    let hash = try store.spaceDocumentHash(name)
    guard let hash else {
      throw try missingSpace(name)
    }
    return try prepared(hash: hash, named: name, seeds: seeds, metrics: metrics)
  }

  /// The space of a job, as it says itself that it is scored.
  func prepared(of job: JobRecord) throws -> PreparedSpace {
    try prepared(hash: job.space.contentHash, named: job.space.name, seeds: nil, metrics: nil)
  }

  private func prepared(
    hash: String, named name: String, seeds: [UInt64]?, metrics: [String]?
  ) throws -> PreparedSpace {
    try spaces.value(for: SpaceKey(hash: hash, seeds: seeds, metrics: metrics)) {
      guard let document = try store.spaceDocument(contentHash: hash) else { throw try missingSpace(name) }
      let space = try readSpace(document.text)
      do {
        return try scorer.prepare(
          space, metrics: metrics, options: RankingOptions(seeds: seeds, resources: resources))
      } catch ScorerError.dataset(let error) { throw Problem(.invalidRequest, concealed("\(error)")) }
    }
  }

  /// The same if it is ready, without waiting for anything; nil otherwise.
  /// - Parameter revision: of the store, from before now.
  func preparedAlready(
    named name: String, seeds: [UInt64]?, metrics: [String]?, revision: Int64
  ) throws -> PreparedSpace? {
    let known = hashes.withLock { $0.revision == revision ? $0.byName[name] : nil }
    guard let hash = try known ?? reader.spaceDocumentHash(name) else { return nil }
    if known == nil {
      hashes.withLock { hashes in
        if hashes.revision != revision || hashes.byName.count >= Self.mostHashes { hashes = (revision, [:]) }
        hashes.byName[name] = hash
      }
    }
    return spaces.known(SpaceKey(hash: hash, seeds: seeds, metrics: metrics))
  }

  /// Settings that are ready for networks from files without a space.
  func preparedNetworks(
    inputShape: TensorShape, parameterization: Parameterization?, settings: NetworkSettings, seeds: [UInt64]?,
    metrics: [String]?
  ) throws -> PreparedNetworks {
    let parameterization = settings.parameterization ?? parameterization
    let key = NetworkKey(
      inputShape: inputShape, parameterization: parameterization, settings: settings, seeds: seeds,
      metrics: metrics)
    return try networks.value(for: key) {
      try scorer.prepareNetworks(
        inputShape: inputShape, samples: settings.samples, scoring: settings.scoring,
        parameterization: parameterization, seeds: seeds, metrics: metrics, resources: resources)
    }
  }

  private var resources: Resources { configuration.resources }
}
