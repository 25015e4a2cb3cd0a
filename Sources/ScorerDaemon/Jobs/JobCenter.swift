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
  private var isStopping = false
  private var idleWaiters: [CheckedContinuation<Void, Never>] = []

  private struct RunningJob {
    let cancellation: Cancellation
    /// Whether someone asked for it to end, rather than the daemon.
    var isCancelled = false
  }

  /// Of running jobs, for whoever looks, also while this actor waits for the store.
  private nonisolated let paces = Mutex<[Int64: JobPace]>([:])

  /// After an error of the store.
  private static let secondsBeforeRetry = 5

  init(_ services: DaemonServices) { self.services = services }

  /// Takes up what an earlier process left.
  func start() {
    do {
      let count = try services.store.requeueRunningJobs()
      if count > 0 {
        services.logger.notice("resuming jobs", metadata: ["jobs": .stringConvertible(count)])
      }
    } catch {
      // A full disk, say: what is there can be read all the while.
      services.logger.error("the store takes no changes yet", metadata: ["error": "\(error)"])
      startLater()
      return
    }
    fill()
  }

  private func startLater() {
    Task {
      try? await Task.sleep(for: .seconds(Self.secondsBeforeRetry))
      if !isStopping { start() }
    }
  }

  /// A job came into the queue.
  func wake() { fill() }

  nonisolated func pace(of id: Int64) -> JobPace? { paces.withLock { $0[id] } }

  /// Ends a job where it stands; its finished candidates stay in the store.
  /// - Returns: the job as it is then; nil when there is none.
  func cancel(_ id: Int64) throws -> JobRecord? {
    guard let job = try services.store.job(id) else { return nil }
    if job.status.isEnd { return job }
    if running[id] != nil {
      // It ends in the store when its last candidates have, which is a moment from now; or at the next start.
      try services.store.requestCancellation(ofJob: id)
      running[id]?.isCancelled = true
      running[id]?.cancellation.cancel()
      return job
    }
    let cancelled = try services.store.moveJob(id, to: .cancelled)
    if let cancelled { announceEnd(of: cancelled) }
    return cancelled
  }

  /// Lets the candidates that are being computed finish, puts the jobs back into the queue, and returns when that is done.
  func stop() async {
    isStopping = true
    for job in running.values { job.cancellation.cancel() }
    guard !running.isEmpty else { return }
    await withCheckedContinuation { idleWaiters.append($0) }
  }

  // MARK: Work

  private func fill() {
    while !isStopping, running.count < services.configuration.mostRunningJobs {
      do {
        guard let job = try services.store.takeQueuedJob() else { return }
        begin(job)
      } catch {
        services.logger.error("no job can be taken from the store", metadata: ["error": "\(error)"])
        retryLater()
        return
      }
    }
  }

  private func retryLater() {
    Task {
      try? await Task.sleep(for: .seconds(Self.secondsBeforeRetry))
      fill()
    }
  }

  private func begin(_ job: JobRecord) {
    let cancellation = Cancellation()
    running[job.id] = RunningJob(cancellation: cancellation)
    services.events.publish(job: job.id, "progress", job.json())
    services.logger.info("job runs", metadata: ["job": .stringConvertible(job.id)])
    let work = JobWork(job: job, services: services, cancellation: cancellation) { progress, seconds in
      Task { await self.note(progress, at: seconds, of: job.id) }
    }
    services.blocking.start {
      let ending = work.execute()
      Task { await self.end(job.id, ending) }
    }
  }

  private func note(_ progress: JobProgress, at seconds: Double, of id: Int64) {
    guard running[id] != nil else { return }
    let pace = paces.withLock { paces in
      paces[id, default: JobPace()].note(progress, at: seconds)
      return paces[id]
    }
    guard let job = try? services.store.job(id), !job.status.isEnd else {
      return
    }
    services.events.publish(job: id, "progress", job.json(pace: pace))
  }

  private func end(_ id: Int64, _ ending: JobWork.Ending) {
    let isCancelled = running[id]?.isCancelled ?? false
    do {
      let job: JobRecord?
      switch ending {
      case .finished: job = try services.store.moveJob(id, to: .finished)
      case .interrupted: job = try services.store.moveJob(id, to: isCancelled ? .cancelled : .queued)
      case .failed(let message): job = try services.store.moveJob(id, to: .failed, message: message)
      case .storeFailed(let error): throw error
      }
      forget(id)
      if let job {
        services.metrics.jobEnded(job.status)
        services.logger.info(
          "job ends",
          metadata: ["job": .stringConvertible(id), "status": .string(job.status.rawValue)])
        if job.status.isEnd { announceEnd(of: job) }
      }
    } catch {
      // A full disk, say. What was computed is safe; the job waits for the store.
      services.logger.error(
        "the store fails; the job goes on when it can",
        metadata: ["job": .stringConvertible(id), "error": "\(error)"])
      requeueLater(id)
    }
    if running.isEmpty {
      idleWaiters.forEach { $0.resume() }
      idleWaiters = []
    }
    fill()
  }

  /// Tries until the store takes it. It keeps its place among the running ones until then.
  private func requeueLater(_ id: Int64) {
    if isStopping {
      forget(id)
      return
    }
    Task {
      try? await Task.sleep(for: .seconds(Self.secondsBeforeRetry))
      self.end(id, .interrupted)
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
