import ArchitectureScorer
import Reports
import ResultStorage
import Synchronization

/// The rankings of jobs, read from the store and kept for a while: pages of one ranking are asked for one after the other.
final class RankingShelf: Sendable {
  /// A ranking, and what changes whenever it does.
  struct Shelved: Sendable {
    let run: StoredRun
    let report: RankingReport
    let tag: String
  }

  private let scorer: Scorer
  private let store: ResultStore
  private let kept = Mutex<[(job: Int64, entry: Shelved, read: ContinuousClock.Instant)]>([])
  private static let mostKept = 4
  /// So long the ranking of a running job is shown as it was.
  private static let freshness = Duration.seconds(2)

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
    let tag = "ranking-\(job.id)-\(run)-\(job.status.isEnd ? "end" : "\(job.progress.done)")"
    let known = kept.withLock { list in
      list.first {
        $0.job == job.id
          && ($0.entry.tag == tag || !job.status.isEnd && ContinuousClock.now - $0.read < Self.freshness)
      }?.entry
    }
    if let known { return known }
    let stored = try scorer.storedRun(run, in: store)
    let shelved = Shelved(run: stored, report: RankingReport(stored.result), tag: tag)
    kept.withLock { list in
      list.removeAll { $0.job == job.id }
      list.append((job.id, shelved, .now))
      if list.count > Self.mostKept { list.removeFirst() }
    }
    return shelved
  }
}
