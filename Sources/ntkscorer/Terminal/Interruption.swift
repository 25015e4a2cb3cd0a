import ArchitectureScorer
import Foundation

/// Ctrl-C and `kill`: the first asks the work to stop where it can be resumed, the second ends the process at
/// once.
enum Interruption {
  /// Begins to listen. Call it once, before other threads start: they inherit the signal mask.
  ///
  /// - Parameters:
  ///   - cancellation: cancelled by the first signal.
  ///   - notice: what the user is told then.
  static func listen(cancelling cancellation: Cancellation, notice: String) {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&signals, number)
      signal(number, SIG_DFL)
    }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    // A thread that waits may do what it likes, where a signal handler may do almost nothing.
    let waiting = signals
    Thread.detachNewThread {
      var waiting = waiting
      var number: Int32 = 0
      guard sigwait(&waiting, &number) == 0 else { return }
      cancellation.cancel()
      // From here on the signals do what they do by default.
      pthread_sigmask(SIG_UNBLOCK, &waiting, nil)
      Console.shared.clearStatus()
      Console.shared.print("ntkscorer: \(notice)")
      while true { Thread.sleep(forTimeInterval: 3600) }
    }
  }
}
