import ArchitectureScorer
import Logging
import ResultStorage
import SearchSpaces

/// What the daemon's parts share.
struct DaemonServices: Sendable {
  let configuration: DaemonConfiguration
  let scorer: Scorer
  let store: ResultStore
  /// Of the store, for what has its answer at once.
  let reader: StoreReader
  let spaces: SpaceShelf
  let rankings: RankingShelf
  let answers: AnswerShelf
  let events: JobEvents
  let metrics: DaemonMetrics
  let readiness: ReadinessProbe
  let logger: Logger
  /// Of metrics and initializations, made once.
  let knownNames: KnownNames
  /// Of all jobs and questions together: each may have all processors and all memory when it is alone.
  let slots: ComputationSlots
  /// Of candidates that clients wait for; further ones wait without a thread.
  let questions: Turns
  let openQuestions = OpenQuestions()
  let blocking: BlockingWork

  init(
    _ configuration: DaemonConfiguration, scorer: Scorer, store: ResultStore, reader: StoreReader,
    logger: Logger, epoch: Int
  ) {
    self.configuration = configuration
    self.scorer = scorer
    self.store = store
    self.reader = reader
    self.logger = logger
    blocking = BlockingWork()
    readiness = ReadinessProbe(store, blocking)
    knownNames = scorer.knownNames
    spaces = SpaceShelf(configuration, scorer: scorer, store: store, reader: reader)
    rankings = RankingShelf(scorer: scorer, store: store)
    answers = AnswerShelf(reader)
    events = JobEvents(epoch: epoch)
    metrics = DaemonMetrics()
    slots = ComputationSlots(
      configuration.resources.threads, memoryBudget: configuration.resources.memoryBudget)
    questions = Turns(max(2, 2 * configuration.resources.threads))
  }
}
