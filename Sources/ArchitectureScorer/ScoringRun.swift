import Datasets
import Foundation
import Logging
import NetworkGraph
import ResultStorage
import ScoringMetrics
import SearchSpaces
import TangentKernel

/// One run over a source of candidates: workers take networks, compute what the store does not have, and keep it.
///
/// Whichever worker finds no network waiting prepares the next few candidates (builds and canonicalises their
/// networks, asks the store), so at most some dozens of networks are in memory at any time. Candidates are numbered
/// as they come from the source and scores depend on the network and seed alone: nothing in the result depends on
/// who computed what when.
final class ScoringRun: @unchecked Sendable {
  // Sendable because the variables below are only accessed between `lock` and `unlock` of `condition`, with two
  // exceptions: `source` is touched only by the worker that has set `isPreparing`, which one at a time can; and all
  // of them are read after `execute` has joined every worker.
  private let condition = NSCondition()
  private var source: CandidateSource
  private var isPreparing = false
  private var isExhausted = false
  private var tasks = TaskQueue()
  private var running = 0
  private var firstError: ScorerError?
  /// Networks that were seen, with how many candidates wait for their scores.
  private var waiting: [String: Int] = [:]
  private(set) var entries: [CandidateEntry] = []
  private(set) var scores: [String: NetworkScores] = [:]
  private(set) var counts = RunCounts()
  private var progressState: ScoringProgress

  let plan: ScoringPlan
  private let resources: Resources
  private let store: ResultStore?
  private let cancellation: Cancellation
  private let reporter: ProgressReporter
  private let logger: Logger
  private let keepsEigenvalues: Bool
  private let ledger: MemoryLedger
  /// Bytes that one evaluation may take, whether the ledger is shared or not.
  private let evaluationBudget: Int
  /// Shared with other runs; nil for a run that has the processors to itself.
  private let slots: ComputationSlots?

  init(
    plan: ScoringPlan, source: CandidateSource, resources: Resources, store: ResultStore?,
    slots: ComputationSlots? = nil, cancellation: Cancellation,
    progress: (@Sendable (ScoringProgress) -> Void)?, logger: Logger, keepsEigenvalues: Bool
  ) {
    self.plan = plan
    self.source = source
    self.resources = resources
    self.store = store
    self.slots = slots
    self.cancellation = cancellation
    self.logger = logger
    self.keepsEigenvalues = keepsEigenvalues
    reporter = ProgressReporter(progress)
    progressState = ScoringProgress(done: 0, total: source.total, fromStore: 0, failed: 0, current: nil)
    evaluationBudget = max(1, resources.memoryBudget - plan.batches.reservedBytes)
    ledger = slots?.ledger ?? MemoryLedger(budget: evaluationBudget)
  }

  /// Why it ended. For use after `execute`.
  var ending: RunEnding {
    let isComplete = isExhausted && entries.allSatisfy { $0.networkHash.map { scores[$0] != nil } ?? true }
    return isComplete ? source.ending : .interrupted
  }

  /// Runs to the end, to cancellation or to the first error of the store. Blocks.
  /// - Parameter description: of a ranking.
  func execute(
    space: SpaceRecord?, description: RunDescription?, command: String
  ) throws(ScorerError) {
    do {
      if let store, let space { try warnOfOtherSettings(in: store, space.name) }
      let id = try store?.startRun(
        space: space, settingsJSON: plan.identity.canonicalJSON, description: description?.json,
        command: command)
      progressState.run = id
      reporter.report(progressState, isLast: false)
      runWorkers(runID: id)
      if let store, let id {
        let status: RunStatus =
          firstError != nil ? .failed : ending == .interrupted ? .interrupted : .finished
        try store.finishRun(id, as: status)
      }
    } catch { throw firstError ?? .store(error) }
    if let firstError { throw firstError }
    reporter.report(progressState, isLast: true)
  }

  /// The same for a few candidates of many questions, of which the store's list of runs is not to know.
  func executeUnrecorded() throws(ScorerError) {
    runWorkers(runID: nil)
    if let firstError { throw firstError }
  }

  /// Scores that were made otherwise are neither served nor touched, and someone who did not mean to change a setting
  /// would wonder why all is computed again.
  private func warnOfOtherSettings(in store: ResultStore, _ name: String) throws(StoreError) {
    guard let earlier = try store.newestRun(ofSpaceNamed: name) else { return }
    let differences = SettingDifference.between(earlier.settingsJSON, plan.identity.canonicalJSON)
    guard !differences.isEmpty else { return }
    let list = differences.map(\.description).joined(separator: "; ")
    logger.warning(
      "run \(earlier.id) of '\(name)' in this store was made with other settings: \(list). Its scores are kept apart; none of them is used"
    )
  }

  private func runWorkers(runID: Int64?) {
    let owner = slots?.register() ?? 0
    WorkerThreads.run(resources.threads) { self.work(runID: runID, owner: owner) }
    slots?.remove(owner)
  }

  private func work(runID: Int64?, owner: Int) {
    let memory = WorkerMemory(ledger: ledger, budget: min(evaluationBudget, ledger.budget))
    defer { memory.giveBack() }
    while true {
      switch nextStep(runID: runID) {
      case .end: return
      case .prepared(let progress): reporter.report(progress, isLast: false)
      case .compute(let task, let threads):
        let granted = turn(threads, owner, memory)
        do throws(ScorerError) {
          finish(task, try compute(task, threads: granted, memory))
        } catch { stop(error) }
        slots?.giveBack(granted, from: owner)
        if ledger.hasWaiters { memory.giveBack() }
      }
    }
  }

  /// Waits until this run may compute, beside others that share the processors.
  /// - Returns: with how many threads.
  private func turn(_ threads: Int, _ owner: Int, _ memory: WorkerMemory) -> Int {
    guard let slots else { return threads }
    if let granted = slots.takeAtOnce(threads, for: owner) { return granted }
    // Another worker of this run may have its turn already and be waiting for this memory.
    memory.giveBack()
    return slots.take(threads, for: owner)
  }

  private func stop(_ error: ScorerError) {
    condition.withLock {
      firstError = firstError ?? error
      condition.broadcast()
    }
  }

  // MARK: Handing out

  private enum Step {
    case compute(NetworkTask, threads: Int)
    case prepared(ScoringProgress)
    case end
  }

  /// A network to compute, or else the next candidates prepared.
  private func nextStep(runID: Int64?) -> Step {
    condition.lock()
    defer { condition.unlock() }
    while firstError == nil, !cancellation.isCancelled {
      if let task = tasks.popFirst() {
        running += 1
        // When fewer networks are left than there are threads, each may use its share of them.
        let left = isExhausted ? running + tasks.count : .max
        return .compute(task, threads: max(1, resources.threads / left))
      }
      if isExhausted { return .end }
      if isPreparing {
        condition.wait()
        continue
      }
      isPreparing = true
      condition.unlock()
      let prepared = Result { () throws(ScorerError) in try prepare(runID: runID) }
      condition.lock()
      isPreparing = false
      condition.broadcast()
      switch prepared {
      case .success(let preparation): register(preparation)
      case .failure(let error): firstError = firstError ?? error
      }
      return .prepared(progressState)
    }
    return .end
  }

  /// Some candidates in order, and what the store knows of their networks.
  private struct Preparation {
    var entries: [CandidateEntry] = []
    /// By hash: of networks that were not seen before in this run.
    var networks: [String: (network: CanonicalNetwork, candidateID: String)] = [:]
    var known: [String: [[MetricNeed: KnownMeasurement]]] = [:]
    var excluded = 0
    var isExhausted = false
  }

  /// Called by one worker at a time, without the lock.
  private func prepare(runID: Int64?) throws(ScorerError) -> Preparation {
    var preparation = Preparation()
    var records: [CandidateRecord] = []
    var hashes: [String] = []
    // Short enough that no worker waits long, whether candidates are slow to make or most are excluded.
    let deadline = ContinuousClock.now + .milliseconds(50)
    while preparation.entries.count < 64, ContinuousClock.now < deadline, !cancellation.isCancelled {
      guard let visit = source.next() else {
        preparation.isExhausted = true
        break
      }
      switch visit {
      case .excluded: preparation.excluded += 1
      case .failed(let id, let choices, let message):
        preparation.entries.append(
          CandidateEntry(id: id, choices: choices, networkHash: nil, failure: message))
      case .network(let id, let choices, let family, let network):
        do {
          let canonical = try CanonicalNetwork(network)
          preparation.entries.append(
            CandidateEntry(id: id, choices: choices, networkHash: canonical.hash, failure: nil))
          if preparation.networks[canonical.hash] == nil { hashes.append(canonical.hash) }
          preparation.networks[canonical.hash] =
            preparation.networks[canonical.hash] ?? (canonical, candidateID: id)
          let size = NetworkSize(canonical.network)
          records.append(
            CandidateRecord(
              identifier: id, networkHash: canonical.hash, family: family,
              choicesJSON: choices.canonicalJSON, parameters: size.parameters,
              multiplyAdds: size.multiplyAdds, depth: size.depth))
        } catch {
          preparation.entries.append(
            CandidateEntry(id: id, choices: choices, networkHash: nil, failure: "\(error)"))
        }
      }
    }
    let unseen = condition.withLock { hashes.filter { waiting[$0] == nil && scores[$0] == nil } }
    do {
      if let store {
        var answers: [String: [ScoreKey: ScoreRecord]] = [:]
        for (need, identities) in plan.rules.servable {
          for identity in identities {
            answers[identity.hash] = try store.scores(
              networkHashes: unseen, identityHash: identity.hash, seeds: plan.rules.storedSeeds(of: need))
          }
        }
        for hash in unseen { preparation.known[hash] = plan.rules.known(hash) { answers[$0.hash] ?? [:] } }
        if let runID, !records.isEmpty { try store.addCandidates(records, toRun: runID) }
        let failures = preparation.entries.compactMap(\.failureRecord)
        if let runID, !failures.isEmpty { try store.addFailures(failures, toRun: runID) }
      }
    } catch { throw .store(error) }
    return preparation
  }

  private var nothingKnown: [[MetricNeed: KnownMeasurement]] {
    .init(repeating: [:], count: plan.seeds.count)
  }

  /// Called with the lock.
  private func register(_ preparation: Preparation) {
    isExhausted = preparation.isExhausted
    counts.excluded += preparation.excluded
    for entry in preparation.entries {
      entries.append(entry)
      counts.candidates += 1
      guard let hash = entry.networkHash else {
        advance(entry.id, candidates: 1, fromStore: false, failed: true)
        continue
      }
      if let known = scores[hash] {
        counts.isomorphicDuplicates += 1
        advance(entry.id, candidates: 1, fromStore: known.isFromStore, failed: plan.rules.hasFailed(known))
      } else if let count = waiting[hash] {
        counts.isomorphicDuplicates += 1
        waiting[hash] = count + 1
      } else if let (network, candidateID) = preparation.networks[hash] {
        enqueue(
          NetworkTask(
            candidateID: candidateID, network: network, size: NetworkSize(network.network),
            known: preparation.known[hash] ?? nothingKnown))
      }
    }
    if isExhausted { progressState.total = entries.count }
  }

  /// Called with the lock.
  private func enqueue(_ task: NetworkTask) {
    if let result = scores(task, task.known) {
      scores[task.hash] = result
      advance(
        task.candidateID, candidates: 1, fromStore: result.isFromStore, failed: plan.rules.hasFailed(result))
    } else {
      waiting[task.hash] = 1
      tasks.append(task)
    }
  }

  /// Nil unless everything is known.
  private func scores(_ task: NetworkTask, _ known: [[MetricNeed: KnownMeasurement]]) -> NetworkScores? {
    let seeds = known.compactMap { SeedScore($0, task.size, plan.rules, keepsEigenvalues: keepsEigenvalues) }
    return seeds.count == plan.seeds.count ? NetworkScores(seeds: seeds) : nil
  }

  // MARK: Computing

  /// The scores of a network; nil when the run was cancelled before all its seeds were computed. Seeds that were
  /// computed are in the store either way, in one transaction.
  private func compute(
    _ task: NetworkTask, threads: Int, _ memory: WorkerMemory
  ) throws(ScorerError) -> NetworkScores? {
    var known = task.known
    var records: [ScoreRecord] = []
    var computed = 0
    var promoted = 0
    let limits = LimitKernels()
    for (index, seed) in plan.seeds.enumerated() {
      let missing = plan.needs.filter { known[index][$0] == nil }
      if missing.isEmpty { continue }
      if cancellation.isCancelled { break }
      let batch: SampleBatch
      do { batch = try plan.batches.batch(forSeed: seed) } catch { throw .dataset(error) }
      let readings = plan.meter.measure(
        task.network, missing, seed: seed, inputs: batch, workspace: memory.workspace, limits: limits
      ) { bytes throws(KernelError) in
        let copy = plan.batches.holdsAll ? 0 : plan.batches.batchBytes
        return try max(threads, memory.admit(bytes.addingSaturating(copy), threads: resources.threads))
      }
      memory.trim()
      for need in MetricNeed.inOrder(readings.keys) {
        guard let reading = readings[need] else { continue }
        computed += reading.wasComputed ? 1 : 0
        records.append(plan.record(networkHash: task.hash, seed: seed, need, reading, size: task.size))
        let measurement = KnownMeasurement(
          measurement: reading.measurement, wasPromoted: plan.rules.isPromoted(need, to: reading.precision),
          isFromStore: false)
        // Of what depends on no weights other seeds may share the measurement.
        let stored = plan.rules.storedSeed(of: need, seed)
        for other in plan.seeds.indices where plan.rules.storedSeed(of: need, plan.seeds[other]) == stored {
          known[other][need] = known[other][need] ?? measurement
        }
      }
      promoted += readings.contains { plan.rules.isPromoted($0.key, to: $0.value.precision) } ? 1 : 0
    }
    let conflicts = try keep(records)
    condition.withLock {
      counts.computed += computed > 0 ? 1 : 0
      counts.promotedScores += promoted
      counts.conflicts += conflicts
    }
    return scores(task, known)
  }

  /// Gives scores to the store.
  /// - Returns: how many disagree with what it has.
  private func keep(_ records: [ScoreRecord]) throws(ScorerError) -> Int {
    guard let store, !records.isEmpty else { return 0 }
    let insertions: [Insertion]
    do { insertions = try store.insert(records) } catch { throw .store(error) }
    for (record, insertion) in zip(records, insertions) where insertion == .conflict {
      logger.warning(
        "the store has another score of network \(record.key.networkHash), seed \(record.key.seed); both are kept"
      )
    }
    return insertions.count { $0 == .conflict }
  }

  private func finish(_ task: NetworkTask, _ result: NetworkScores?) {
    condition.lock()
    running -= 1
    let candidates = waiting.removeValue(forKey: task.hash) ?? 0
    if let result {
      scores[task.hash] = result
      advance(
        task.candidateID, candidates: candidates, fromStore: false, failed: plan.rules.hasFailed(result))
    }
    let state = progressState
    condition.unlock()
    reporter.report(state, isLast: false)
  }

  /// Called with the lock.
  private func advance(_ id: String, candidates: Int, fromStore: Bool, failed: Bool) {
    counts.fromStore += fromStore ? candidates : 0
    progressState.done += candidates
    progressState.fromStore += fromStore ? candidates : 0
    progressState.failed += failed ? candidates : 0
    progressState.current = id
  }
}

extension Int {
  fileprivate func addingSaturating(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
