import ArchitectureScorer
import Logging
import ResultStorage
import SearchSpaces

/// What the daemon's parts share.
struct DaemonServices: Sendable {
  let configuration: DaemonConfiguration
  let scorer: Scorer
  let store: ResultStore
  let spaces: SpaceShelf
  let rankings: RankingShelf
  let answers: AnswerShelf
  let events: JobEvents
  let metrics: DaemonMetrics
  let logger: Logger
  /// Of metrics and initializations, made once.
  let knownNames: KnownNames
  /// Of all jobs together.
  let slots: ComputationSlots
  let blocking = BlockingWork()

  init(
    _ configuration: DaemonConfiguration, scorer: Scorer, store: ResultStore, revision: StoreRevision,
    logger: Logger, epoch: Int
  ) {
    self.configuration = configuration
    self.scorer = scorer
    self.store = store
    self.logger = logger
    knownNames = scorer.knownNames
    spaces = SpaceShelf(configuration, scorer: scorer, store: store)
    rankings = RankingShelf(scorer: scorer, store: store)
    answers = AnswerShelf(revision)
    events = JobEvents(epoch: epoch)
    metrics = DaemonMetrics()
    slots = ComputationSlots(configuration.resources.threads)
  }

  /// Of one job: all processors, which jobs share by `slots`, and its part of the memory.
  var jobResources: Resources {
    Resources(
      threads: configuration.resources.threads,
      memoryBudget: configuration.resources.memoryBudget / (configuration.mostRunningJobs + 1))
  }
}
