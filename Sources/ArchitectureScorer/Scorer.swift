import ArchitecturePlugins
import Datasets
import Logging
import NetworkGraph
import ResultStorage
import ScoringMetrics
import SearchSpaces
import TangentKernel
import YAMLDocuments

/// Scores and ranks architectures before training: the one door behind every other (command line, daemon, libraries).
///
/// A `Scorer` is a value without state; its methods block until they are done and may be called from any thread.
/// Scores depend on the network, the settings and the seed alone, bit for bit, whatever the number of threads and
/// whether they were computed or came from a store.
public struct Scorer: Sendable {
  /// The architecture families that search spaces may name.
  public let families: [any ArchitectureFamily]
  /// The metrics that may be named.
  public let metrics: MetricRegistry
  let logger: Logger

  /// - Parameter logger: told about what a user of `--verbose` wants to know; silent by default.
  public init(
    families: [any ArchitectureFamily] = linkedFamilies, metrics: MetricRegistry = .standard,
    logger: Logger = Logger(label: "ntkscorer", factory: { _ in SwiftLogNoOpLogHandler() })
  ) {
    self.families = families
    self.metrics = metrics
    self.logger = logger
  }

  /// The metric and initialization names that search spaces may use.
  public var knownNames: KnownNames {
    KnownNames(
      metrics: metrics.names,
      initializations: [Self.defaultInitialization] + Initialization.allCases.map(\.rawValue))
  }

  /// Reads a search-space file.
  /// - Throws: `InvalidDocument` with every mistake and its place; `PluginError` when two families share a name.
  public func readSpace(contentsOfFile path: String) throws -> SearchSpace {
    try readSpace(SourceText(contentsOfFile: path), mayInclude: true)
  }

  /// Reads a search space's text; see `readSpace(contentsOfFile:)`.
  ///
  /// What the text lists under `plugins` is not started: see `addingPlugins`.
  ///
  /// - Parameter mayInclude: whether `include` may read other files of the source's folder.
  public func readSpace(_ source: SourceText, mayInclude: Bool = false) throws -> SearchSpace {
    try SearchSpace(
      source, families: FamilyRegistry(families), knownNames: knownNames, mayInclude: mayInclude)
  }

  /// The initialization with a name; `default` is He normal by fan-in.
  /// - Throws: `ScorerError.invalidRequest` with the nearest valid name, if one is near, and all of them.
  public func initialization(named name: String) throws(ScorerError) -> Initialization {
    if name == Self.defaultInitialization { return .heNormal }
    guard let initialization = Initialization(rawValue: name) else {
      let names = knownNames.initializations
      throw .invalidRequest(
        "unknown initialization '\(name)'; "
          + (nearestSpelling(to: name, among: names).map { "did you mean '\($0)'? Known are " }
            ?? "expected one of ")
          + names.joined(separator: ", "))
    }
    return initialization
  }

  static let defaultInitialization = "default"

  /// Ranks the candidates of a search space, or a sample of them. Blocks until it is done.
  ///
  /// Every finished network's scores are kept in the store at once: a process that is killed loses at most the
  /// networks being computed, and the same call resumes. Candidates with isomorphic networks share scores. Memory
  /// beside the kernels being computed grows by about a kilobyte for each candidate.
  ///
  /// - Parameters:
  ///   - store: nil keeps nothing beyond the result.
  ///   - slots: shared by runs that go on at once; nil for a run that has the processors to itself.
  ///   - cancellation: ends the run early with what it has; `RankingResult.ending` is then `.interrupted`.
  ///   - progress: called at most about ten times a second, and at the end, from any thread, never by two at once.
  /// - Throws: `ScorerError`. A candidate that cannot be scored is no error: it is in the result with its outcome.
  public func rank(
    _ space: SearchSpace, options: RankingOptions = RankingOptions(), store: ResultStore? = nil,
    slots: ComputationSlots? = nil, cancellation: Cancellation = Cancellation(),
    progress: (@Sendable (ScoringProgress) -> Void)? = nil
  ) throws(ScorerError) -> RankingResult {
    let start = ContinuousClock.now
    let plan = try ScoringPlan(space: space, seeds: options.seeds, resources: options.resources, scorer: self)
    try checkSize(of: space, options)
    let source = SpaceSource(space, limit: options.limit, samplingSeed: options.samplingSeed)
    let record = SpaceRecord(
      name: space.name, contentHash: space.definitionHash, definition: space.canonicalDefinition)
    let run = ScoringRun(
      plan: plan, source: CandidateSource(source), resources: options.resources, store: store,
      slots: slots, cancellation: cancellation, progress: progress, logger: logger, keepsEigenvalues: false)
    let description = RunDescription(
      space, rules: plan.rules, limit: options.limit, samplingSeed: options.samplingSeed)
    try run.execute(space: record, description: description, command: options.command)
    return RankingAssembly(run: run).result(
      for: description, spaceHash: space.definitionHash,
      wallSeconds: (ContinuousClock.now - start) / .seconds(1))
  }

  /// Scores one network. Blocks until it is done.
  /// - Throws: `ScorerError`. A network that cannot be scored is no error: the result has its outcome.
  public func score(
    _ request: ScoreRequest, store: ResultStore? = nil, cancellation: Cancellation = Cancellation()
  ) throws(ScorerError) -> ScoreResult {
    let start = ContinuousClock.now
    let plan = try ScoringPlan(request, scorer: self)
    let visit = CandidateVisit.network(
      id: request.name, choices: request.choices, family: request.family?.name ?? "", request.network)
    let run = ScoringRun(
      plan: plan, source: CandidateSource(visit), resources: request.resources, store: store,
      cancellation: cancellation, progress: nil, logger: logger, keepsEigenvalues: true)
    try run.execute(space: nil, description: nil, command: request.command)
    return try single(run, since: start)
  }

  /// Scores one candidate of a search space as `rank` would. Blocks until it is done.
  public func score(
    _ candidate: Candidate, of space: SearchSpace, options: RankingOptions = RankingOptions(),
    store: ResultStore? = nil, cancellation: Cancellation = Cancellation()
  ) throws(ScorerError) -> ScoreResult {
    let start = ContinuousClock.now
    let plan = try ScoringPlan(space: space, seeds: options.seeds, resources: options.resources, scorer: self)
    let run = ScoringRun(
      plan: plan, source: CandidateSource(SpaceSource.visit(candidate, of: space)),
      resources: options.resources,
      store: store, cancellation: cancellation, progress: nil, logger: logger, keepsEigenvalues: true)
    try run.execute(space: nil, description: nil, command: options.command)
    return try single(run, since: start)
  }

  func single(
    _ run: ScoringRun, since start: ContinuousClock.Instant
  ) throws(ScorerError) -> ScoreResult {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    guard let result = RankingAssembly(run: run).single(wallSeconds: seconds) else {
      throw .invalidRequest(
        run.counts.excluded > 0
          ? "the candidate is outside the budgets of its search space" : "interrupted before it was scored")
    }
    return result
  }

  /// A result is held in memory, so a space without end is refused rather than begun.
  private func checkSize(of space: SearchSpace, _ options: RankingOptions) throws(ScorerError) {
    let most = Self.mostCandidates
    if let limit = options.limit {
      guard limit > 0 else { throw .invalidRequest("a sample of \(limit) candidates; expected at least 1") }
      guard limit > most else { return }
      throw .invalidRequest("a sample of \(limit) candidates; expected at most \(most)")
    }
    guard (space.cardinality.int ?? .max) > most else { return }
    throw .invalidRequest(
      "the space has \(space.cardinality) candidates, more than the \(most) that one run ranks; rank a sample "
        + "with --limit N")
  }

  private static let mostCandidates = 10_000_000
}
