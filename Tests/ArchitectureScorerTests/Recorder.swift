import ArchitectureScorer
import Synchronization

/// Collects progress from any thread.
final class Recorder: Sendable {
  private let seen = Mutex<[ScoringProgress]>([])

  var progress: [ScoringProgress] { seen.withLock { $0 } }

  func note(_ progress: ScoringProgress) { seen.withLock { $0.append(progress) } }
}
