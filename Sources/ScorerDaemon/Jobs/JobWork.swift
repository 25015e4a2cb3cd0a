import ArchitectureScorer
import Foundation
import ResultStorage
import SearchSpaces
import Synchronization

/// Works on one job, on the thread that calls it.
struct JobWork: Sendable {
  enum Ending: Sendable {
    case finished
    /// Someone asked for it to stop.
    case interrupted
    case failed(String)
    /// The job is not at fault.
    case storeFailed(any Error)
  }

  let job: JobRecord
  let services: DaemonServices
  let cancellation: Cancellation
  /// Told how far it is, and the seconds since it began; about twice a second. The record is nil when the store cannot
  /// take it.
  let report: @Sendable (JobProgress, Double, JobRecord?) -> Void

  func execute() -> Ending {
    let start = ContinuousClock.now
    let space: SearchSpace
    do { space = try services.spaces.readSpace(of: job) } catch let error as StoreError {
      return .storeFailed(error)
    } catch {
      return .failed(services.spaces.concealed("\(error)"))
    }
    guard let options = JobOptions(canonicalJSON: job.optionsJSON) else {
      return .failed("the options were stored by another version: \(job.optionsJSON)")
    }
    let newest = Mutex(Newest())
    do {
      let result = try services.scorer.rank(
        space,
        options: RankingOptions(
          limit: options.limit, samplingSeed: options.samplingSeed, seeds: options.seeds,
          resources: services.configuration.resources, command: "job \(job.id)"),
        store: services.store, slots: services.slots, cancellation: cancellation
      ) { progress in
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        services.metrics.note(progress, of: job.id)
        guard newest.withLock({ $0.isDue(progress, at: seconds) }) else { return }
        let noted = JobProgress(progress)
        // A store that cannot take this cannot take the scores either, and the run ends by that.
        let record = try? services.store.updateJob(job.id, runID: progress.run, progress: noted)
        report(noted, seconds, record)
      }
      if let last = newest.withLock({ $0.progress }) {
        try services.store.updateJob(job.id, runID: last.run, progress: JobProgress(last))
      }
      if result.ending == .interrupted { return .interrupted }
      return result.candidates.isEmpty && result.failed.isEmpty
        ? .failed("no candidate keeps the budgets of the search space") : .finished
    } catch ScorerError.store(let error) {
      return .storeFailed(error)
    } catch let error as StoreError {
      return .storeFailed(error)
    } catch {
      return .failed(services.spaces.concealed("\(error)"))
    }
  }

  /// What the run told last, and when it was last passed on.
  private struct Newest {
    var progress: ScoringProgress?
    private var passedOn: Double?
    private var hasComputed = false

    /// Twice a second is enough, but the first computed candidate is told at once: it clears a job of the deaths of
    /// earlier processes.
    mutating func isDue(_ progress: ScoringProgress, at seconds: Double) -> Bool {
      self.progress = progress
      let isFirst = !hasComputed && progress.done > progress.fromStore
      if let passedOn, seconds - passedOn < 0.5, !isFirst { return false }
      hasComputed = hasComputed || isFirst
      passedOn = seconds
      return true
    }
  }
}

extension JobProgress {
  init(_ progress: ScoringProgress) {
    self.init(
      done: progress.done, total: progress.total, fromStore: progress.fromStore, failed: progress.failed)
  }
}
