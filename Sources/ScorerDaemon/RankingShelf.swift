import ArchitectureScorer
import Foundation
import Reports
import ResultStorage
import Synchronization

/// The rankings of jobs, read from the store and kept for a while: pages of one ranking are asked for one after the other.
final class RankingShelf: Sendable {
  /// A ranking as it was read.
  final class Shelved: Sendable {
    let run: StoredRun
    let report: RankingReport
    fileprivate let state: State
    fileprivate let read = ContinuousClock.now
    /// That reading took.
    fileprivate let seconds: Double
    private let explained = Mutex<String?>(nil)

    fileprivate init(_ run: StoredRun, _ state: State, seconds: Double) {
      self.run = run
      self.state = state
      self.seconds = seconds
      report = RankingReport(run.result)
    }

    /// The same if they are made, or made in no time.
    func explanationsAtOnce(program: String) throws -> String? {
      if let known = explained.withLockIfAvailable({ $0 }).flatMap(\.self) { return known }
      return report.ranked.count <= Self.mostExplainedAtOnce ? try explanations(program: program) : nil
    }

    private static let mostExplainedAtOnce = 2000

    /// Plots and tables that explain the ranking, as a part of a page: made once.
    func explanations(program: String) throws -> String {
      try explained.withLock { explained in
        if let explained { return explained }
        let text = try RunReport(run, candidates: [], program: program).explanations
        explained = text
        return text
      }
    }
  }

  /// What changes whenever a job's own work changes its ranking.
  fileprivate struct State: Hashable {
    let job: Int64
    let run: Int64
    let done: Int
    let isEnd: Bool
  }

  private let scorer: Scorer
  private let store: ResultStore
  private let kept = Mutex<[Shelved]>([])
  /// One reads at a time; who comes after finds what was read.
  private let reading = NSLock()
  private static let mostKept = 4
  /// So many seconds the ranking of a running job is shown as it was, or so many times as long as reading it takes.
  private static let (secondsKept, timesKept) = (2.0, 5.0)
  /// That of a job that has ended changes only when others add to the store what it had not come to.
  private static let secondsKeptAtEnd = 60.0

  init(scorer: Scorer, store: ResultStore) {
    self.scorer = scorer
    self.store = store
  }

  /// Blocks while it reads.
  /// - Throws: `Problem` while there is none.
  func ranking(of job: JobRecord) throws -> Shelved {
    guard let run = job.runID else {
      throw Problem(.conflict, "job \(job.id) is \(job.status.rawValue) and has ranked nothing yet")
    }
    let state = State(job: job.id, run: run, done: job.progress.done, isEnd: job.status.isEnd)
    if let known = known(state) { return known }
    return try reading.withLock {
      if let known = known(state) { return known }
      let start = ContinuousClock.now
      let stored = try scorer.storedRun(run, in: store)
      let shelved = Shelved(stored, state, seconds: (ContinuousClock.now - start) / .seconds(1))
      kept.withLock { kept in
        kept.removeAll { $0.state.job == job.id }
        kept.append(shelved)
        if kept.count > Self.mostKept { kept.removeFirst() }
      }
      return shelved
    }
  }

  private func known(_ state: State) -> Shelved? {
    kept.withLock { kept in
      kept.first { shelved in
        guard shelved.state.job == state.job else { return false }
        let age = (ContinuousClock.now - shelved.read) / .seconds(1)
        if state.isEnd { return shelved.state == state && age < Self.secondsKeptAtEnd }
        return shelved.state == state || age < max(Self.secondsKept, Self.timesKept * shelved.seconds)
      }
    }
  }
}
