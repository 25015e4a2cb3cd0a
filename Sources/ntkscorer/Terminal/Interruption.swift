import ArchitectureScorer
import Foundation

/// Where the signal handler says that a signal came: the writing end of a pipe. Written once, before the
/// handler is installed, and only read after that.
private nonisolated(unsafe) var wakeUpDescriptor: Int32 = -1

/// Ctrl-C and `kill`: the first asks the work to stop where it can be resumed, the second ends the process at
/// once.
///
/// Libraries start threads before `main`, so signals cannot be blocked everywhere and waited for. A handler may
/// do almost nothing; so it wakes a thread that may do anything.
enum Interruption {
  /// Begins to listen. Call it once.
  ///
  /// - Parameters:
  ///   - cancellation: cancelled by the first signal.
  ///   - notice: what the user is told then.
  static func listen(cancelling cancellation: Cancellation, notice: String) {
    var ends: [Int32] = [-1, -1]
    // Without a pipe (no descriptors left) signals end the process, as they do by default.
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let readingEnd = ends[0]
    wakeUpDescriptor = ends[1]
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while read(readingEnd, &byte, 1) != 1 { if errno != EINTR { return } }
      cancellation.cancel()
      for number in signals { signal(number, SIG_DFL) }
      Console.shared.clearStatus()
      Console.shared.print("ntkscorer: \(notice)")
    }
    for number in signals { install(on: number) }
  }

  private static let signals = [SIGINT, SIGTERM]

  private static func install(on number: Int32) {
    var action = sigaction()
    let handler: @convention(c) (Int32) -> Void = { _ in
      let code = errno
      var byte: UInt8 = 1
      _ = write(wakeUpDescriptor, &byte, 1)
      errno = code
    }
    #if canImport(Glibc)
      action.__sigaction_handler.sa_handler = handler
    #else
      action.__sigaction_u.__sa_handler = handler
    #endif
    // The second signal meets the default, even while the thread has not yet been woken.
    action.sa_flags = Int32(SA_RESTART) | Int32(bitPattern: UInt32(SA_RESETHAND))
    sigaction(number, &action, nil)
  }
}
