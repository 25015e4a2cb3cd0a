import Synchronization

/// Passes progress on, at most about ten times a second and never by two threads at once.
final class ProgressReporter: Sendable {
  private let body: (@Sendable (ScoringProgress) -> Void)?
  private let last = Mutex<(time: ContinuousClock.Instant, done: Int)?>(nil)

  init(_ body: (@Sendable (ScoringProgress) -> Void)?) { self.body = body }

  /// - Parameter isLast: it is passed on whatever the time.
  func report(_ progress: ScoringProgress, isLast: Bool) {
    guard let body else { return }
    last.withLock { last in
      let now = ContinuousClock.now
      // Threads may come here in another order than they finished in.
      if let last, !isLast, now - last.time < .milliseconds(100) || progress.done < last.done { return }
      last = (now, progress.done)
      body(progress)
    }
  }
}
