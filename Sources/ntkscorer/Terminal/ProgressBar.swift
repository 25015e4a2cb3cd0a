import ArchitectureScorer
import Foundation
import Reports

/// A bar on standard error while candidates, or pairs of samples, are computed: one line, rewritten ten times a second, gone at the
/// end.
///
/// Unchecked: `line`, `drawn` and `isFinished` are read and written while `lock` is held; the rest never changes.
final class ProgressBar: @unchecked Sendable {
  private let lock = NSLock()
  private let start = Date()
  private let cancellation: Cancellation
  private var line: ProgressLine
  /// What the rate on the terminal is made of.
  private var drawn = (done: 0, elapsedSeconds: 0.0)
  private var isFinished = false

  /// Nothing is shown when standard error is no terminal, or when the user wants quiet.
  init?(isQuiet: Bool, cancellation: Cancellation = Cancellation(), counting noun: String = "candidate") {
    guard !isQuiet, Terminal.statusWidth != nil else { return nil }
    self.cancellation = cancellation
    line = ProgressLine(done: 0, total: nil, fromStore: 0, failed: 0, elapsedSeconds: 0, noun: noun)
    Thread.detachNewThread { [self] in
      while draw() { Thread.sleep(forTimeInterval: 0.1) }
    }
  }

  func update(_ progress: ScoringProgress) {
    update(
      done: progress.done, total: progress.total, fromStore: progress.fromStore, failed: progress.failed)
  }

  /// Threads may come here in another order than they finished in.
  func update(done: Int, total: Int?, fromStore: Int = 0, failed: Int = 0) {
    lock.withLock {
      guard done >= line.done else { return }
      (line.done, line.total, line.fromStore, line.failed) = (done, total, fromStore, failed)
    }
  }

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
      let elapsed = Date().timeIntervalSince(start)
      // Rates that changed with every frame could not be read.
      if line.done != drawn.done || elapsed - drawn.elapsedSeconds >= 1 { drawn = (line.done, elapsed) }
      line.elapsedSeconds = drawn.elapsedSeconds
      let text = (cancellation.isCancelled ? "stopping  " : "") + line.text(width: width - 10)
      Console.shared.show(status: text)
      return true
    }
  }
}
