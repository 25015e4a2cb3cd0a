import ArchitectureScorer
import ResultStorage
import Synchronization

/// What the daemon counts. An architecture is never a label: there are too many.
final class DaemonMetrics: Sendable {
  let registry = PrometheusRegistry()
  private let computed: PrometheusRegistry.Count
  private let served: PrometheusRegistry.Count
  private let failed: PrometheusRegistry.Count
  private let seen = Mutex<[Int64: Seen]>([:])

  private struct Seen {
    var run: Int64?
    var done = 0
    var fromStore = 0
    var failed = 0
  }

  init() {
    let about = [
      ("ntkscorer_candidates_computed_total", "Candidates whose scores were computed."),
      ("ntkscorer_candidates_from_store_total", "Candidates whose scores the store had."),
      ("ntkscorer_candidates_failed_total", "Candidates without a rank."),
      ("ntkscorer_jobs_ended_total", "Jobs that came to an end, by it."),
      ("ntkscorer_jobs", "Jobs of the store by status."),
      ("ntkscorer_event_streams", "Open streams of server-sent events."),
      ("ntkscorer_build_info", "Always 1; the labels say what runs."),
      ("ntkscorer_start_time_seconds", "When the daemon began, since 1970."),
      ("http_server_requests_total", "Requests that were answered."),
      ("http_server_request_duration_seconds", "Until the answer's head was ready."),
      ("http_server_active_requests", "Requests being answered."),
    ]
    for (name, text) in about { registry.describe(name, text) }
    computed = registry.counter("ntkscorer_candidates_computed_total", [])
    served = registry.counter("ntkscorer_candidates_from_store_total", [])
    failed = registry.counter("ntkscorer_candidates_failed_total", [])
  }

  /// How far the run of a job is; its growth is counted.
  func note(_ progress: ScoringProgress, of job: Int64) {
    seen.withLock { seen in
      var last = seen[job] ?? Seen()
      if last.run != progress.run { last = Seen(run: progress.run) }
      let fromStore = progress.fromStore - last.fromStore
      served.increment(by: Double(fromStore))
      computed.increment(by: Double(progress.done - last.done - fromStore))
      failed.increment(by: Double(progress.failed - last.failed))
      seen[job] = Seen(
        run: progress.run, done: progress.done, fromStore: progress.fromStore, failed: progress.failed)
    }
  }

  /// Candidates that were asked for by themselves.
  func noteCandidates(_ count: Int, fromStore: Bool) {
    (fromStore ? served : computed).increment(by: Double(count))
  }

  func jobEnded(_ status: JobStatus) {
    registry.counter("ntkscorer_jobs_ended_total", [("status", status.rawValue)]).increment(by: 1.0)
  }

  /// Forgets what was seen of a job.
  func forget(job: Int64) { seen.withLock { $0[job] = nil } }

  /// Sets what is asked for only when someone looks.
  func refresh(jobs: [JobStatus: Int], streams: Int) {
    for status in JobStatus.allCases {
      registry.gauge("ntkscorer_jobs", [("status", status.rawValue)]).set(Double(jobs[status] ?? 0))
    }
    registry.gauge("ntkscorer_event_streams", []).set(Double(streams))
  }
}
