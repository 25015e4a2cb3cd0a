import ArchitectureScorer
import Foundation
import Logging
import Reports
import ResultStorage
import SearchSpaces
import Synchronization

/// Takes waiting jobs from the store, works on several at once, and keeps the store and the listeners informed.
///
/// All that has to survive is in the store: a job that was running when the process ended is waiting again at the next
/// start, and its finished candidates come from the store.
actor JobCenter {
  private let services: DaemonServices
  private var running: [Int64: RunningJob] = [:]
  /// Whether what an earlier process left is in the queue again. Nothing is taken from there before.
  private var hasTakenOver = false
  private var isStopping = false
  private var idleWaiters: [CheckedContinuation<Void, Never>] = []
  /// Whoever looks at jobs in order to change them does so after the one before. Calls of this actor interleave while
  /// they wait for the store.
  private let turn = Turns(1)

  private struct RunningJob {
    let cancellation: Cancellation
    /// Whether someone asked for it to end, rather than the daemon.
    var isCancelled = false
    /// Whether processes died while it ran, and it has computed nothing since. No other job begins meanwhile, so that
    /// none takes the blame for it.
    var isOnProbation: Bool
  }

  /// Of running jobs, for whoever looks, also while this actor waits for the store.
  private nonisolated let paces = Mutex<[Int64: JobPace]>([:])

  /// After an error of the store.
  private static let secondsBeforeRetry = 5
  /// Of processes in a row that died while they worked on a job, before it computed anything.
  private static let mostDeaths = 3
  private static let deathMessage =
    "the daemon's process died \(mostDeaths) times in a row while it worked on this job, before one candidate was "
    + "computed, so it is not tried again; memory is a usual reason (--memory)"

  init(_ services: DaemonServices) { self.services = services }

  /// Takes up what an earlier process left.
  func start() async {
    do {
      let left = try await change { store in
        try store.requeueRunningJobs(mostDeaths: Self.mostDeaths, message: Self.deathMessage)
      }
      if left.waiting > 0 {
        services.logger.notice("resuming jobs", metadata: ["jobs": .stringConvertible(left.waiting)])
      }
      for job in left.failed {
        services.logger.error(
          "a job fails: processes died of it", metadata: ["job": .stringConvertible(job)])
        services.metrics.jobEnded(.failed)
      }
    } catch {
      // A full disk, say: what is there can be read all the while.
      services.logger.error("the store takes no changes yet", metadata: ["error": "\(error)"])
      startLater()
      return
    }
    hasTakenOver = true
    await fill()
  }

  private func startLater() {
    Task {
      try? await Task.sleep(for: .seconds(Self.secondsBeforeRetry))
      if !isStopping { await start() }
    }
  }

  /// A job came into the queue.
  nonisolated func wake() { Task { await fill() } }

  nonisolated func pace(of id: Int64) -> JobPace? { paces.withLock { $0[id] } }

  /// Ends a job where it stands; its finished candidates stay in the store.
  /// - Returns: the job as it is then; nil when there is none.
  func cancel(_ id: Int64) async throws -> JobRecord? {
    await turn.take()
    defer { turn.giveBack() }
    let job = try await services.blocking.run { [store = services.store] in try store.job(id) }
    guard let job, !job.status.isEnd else { return job }
    if running[id] != nil {
      // It ends in the store when its last candidates have, which is a moment from now; or at the next start.
      try await change { store in try store.requestCancellation(ofJob: id) }
      running[id]?.isCancelled = true
      running[id]?.cancellation.cancel()
      return job
    }
    let cancelled = try await change { store in try store.moveJob(id, to: .cancelled) }
    if let cancelled { announceEnd(of: cancelled) }
    return cancelled
  }

  /// Lets the candidates that are being computed finish, puts the jobs back into the queue, and returns when that is done.
  func stop() async {
    isStopping = true
    for job in running.values { job.cancellation.cancel() }
    // Whoever has just taken a job from the store puts it back.
    await turn.take()
    turn.giveBack()
    guard !running.isEmpty else { return }
    await withCheckedContinuation { idleWaiters.append($0) }
  }

  // MARK: Work

  private func fill() async {
    await turn.take()
    defer { turn.giveBack() }
    while mayBegin {
      do {
        guard let job = try await change({ store in try store.takeQueuedJob() }) else { return }
        guard !isStopping else {
          _ = try await change { store in try store.moveJob(job.id, to: .queued) }
          return
        }
        begin(job)
      } catch {
        services.logger.error("no job can be taken from the store", metadata: ["error": "\(error)"])
        retryLater()
        return
      }
    }
  }

  private var mayBegin: Bool {
    hasTakenOver && !isStopping && running.count < services.configuration.mostRunningJobs
      && !running.values.contains(where: \.isOnProbation)
  }

  /// Changes the store, which may take as long as another process keeps it locked: this actor is free meanwhile.
  private func change<Value: Sendable>(
    _ body: @escaping @Sendable (ResultStore) throws -> Value
  ) async throws -> Value {
    try await services.blocking.change { [store = services.store] in try body(store) }
  }

  private func retryLater() {
    Task {
      try? await Task.sleep(for: .seconds(Self.secondsBeforeRetry))
      await fill()
    }
  }

  private func begin(_ job: JobRecord) {
    let cancellation = Cancellation()
    running[job.id] = RunningJob(cancellation: cancellation, isOnProbation: job.deaths > 0)
    services.events.publish(job: job.id, "progress", job.json())
    services.logger.info("job runs", metadata: ["job": .stringConvertible(job.id)])
    let work = JobWork(job: job, services: services, cancellation: cancellation) {
      progress, seconds, record in
      Task { await self.note(progress, at: seconds, of: job.id, record) }
    }
    services.blocking.start {
      let ending = work.execute()
      Task { await self.end(job.id, ending) }
    }
  }

  private func note(
    _ progress: JobProgress, at seconds: Double, of id: Int64, _ record: JobRecord?
  ) async {
    guard let job = running[id] else { return }
    let pace = paces.withLock { paces in
      paces[id, default: JobPace()].note(progress, at: seconds)
      return paces[id]
    }
    if let record { services.events.publish(job: id, "progress", record.json(pace: pace)) }
    if job.isOnProbation, progress.done > progress.fromStore {
      running[id]?.isOnProbation = false
      await fill()
    }
  }

  private func end(_ id: Int64, _ ending: JobWork.Ending) async {
    await turn.take()
    await settle(id, ending)
    turn.giveBack()
    if running.isEmpty {
      for waiter in idleWaiters { waiter.resume() }
      idleWaiters = []
    }
    await fill()
  }

  /// Says in the store how the work on a job ended.
  private func settle(_ id: Int64, _ ending: JobWork.Ending) async {
    let isCancelled = running[id]?.isCancelled ?? false
    let (status, message): (JobStatus, String?)
    switch ending {
    case .finished: (status, message) = (.finished, nil)
    case .interrupted: (status, message) = (isCancelled ? .cancelled : .queued, nil)
    case .failed(let reason): (status, message) = (.failed, reason)
    case .storeFailed(let error): return waitForStore(id, error)
    }
    do {
      let job = try await change { store in
        try store.moveJob(id, to: status, message: message)
      }
      forget(id)
      if let job {
        services.metrics.jobEnded(job.status)
        services.logger.info(
          "job ends",
          metadata: ["job": .stringConvertible(id), "status": .string(job.status.rawValue)])
        if job.status.isEnd { announceEnd(of: job) }
      }
    } catch { waitForStore(id, error) }
  }

  /// A full disk, say. What was computed is safe, and the job goes on when the store can be changed: it keeps its place
  /// among the running ones until then.
  private func waitForStore(_ id: Int64, _ error: any Error) {
    services.logger.error(
      "the store fails; the job goes on when it can",
      metadata: ["job": .stringConvertible(id), "error": "\(error)"])
    if isStopping {
      forget(id)
      return
    }
    Task {
      try? await Task.sleep(for: .seconds(Self.secondsBeforeRetry))
      await self.end(id, .interrupted)
    }
  }

  private func forget(_ id: Int64) {
    running[id] = nil
    paces.withLock { $0[id] = nil }
  }

  private func announceEnd(of job: JobRecord) {
    services.events.publish(job: job.id, "end", job.json(), isLast: true)
  }
}
