import ArchitectureScorer
import Foundation
import Reports

/// A bar on standard error while candidates are scored: one line, rewritten ten times a second, gone at the
/// end.
///
/// Unchecked: `progress` and `isFinished` are read and written while `lock` is held; the rest never changes.
final class ProgressBar: @unchecked Sendable {
  private let lock = NSLock()
  private let start = Date()
  private let cancellation: Cancellation
  private var progress: ScoringProgress?
  private var isFinished = false

  /// Nothing is shown when standard error is no terminal, or when the user wants quiet.
  init?(isQuiet: Bool, cancellation: Cancellation) {
    guard !isQuiet, Terminal.statusWidth != nil else { return nil }
    self.cancellation = cancellation
    Thread.detachNewThread { [self] in
      while draw() { Thread.sleep(forTimeInterval: 0.1) }
    }
  }

  func update(_ progress: ScoringProgress) { lock.withLock { self.progress = progress } }

  /// Takes the bar away.
  func finish() {
    lock.withLock {
      isFinished = true
      Console.shared.clearStatus()
    }
  }

  /// - Returns: false when there is nothing more to draw.
  private func draw() -> Bool {
    lock.withLock {
      guard !isFinished else { return false }
      // The terminal may have been resized meanwhile.
      guard let width = Terminal.statusWidth else { return true }
      let line = ProgressLine(
        done: progress?.done ?? 0, total: progress?.total, fromStore: progress?.fromStore ?? 0,
        failed: progress?.failed ?? 0,
        elapsedSeconds: Date().timeIntervalSince(start))
      let text = (cancellation.isCancelled ? "stopping  " : "") + line.text(width: width - 10)
      Console.shared.show(status: text)
      return true
    }
  }
}
