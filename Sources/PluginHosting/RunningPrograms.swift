import CPlugins
import Foundation

/// The process groups of plugins that run, so that none of them outlives this process: a guard of ours, a process that
/// does nothing else, kills them when this one has ended, be it by a signal that nobody can catch.
enum RunningPrograms {
  private final class Groups: @unchecked Sendable {
    // Sendable because `channel` is only touched with the lock held.
    private let lock = NSLock()
    /// To the guard; -1 where the system has none to give, and then plugins see their input end.
    private var channel: Int32 = -1

    init() { _ = ntkscorer_start_guard(&channel) }

    func tell(_ number: Int32) {
      lock.withLock {
        var number = number
        _ = ntkscorer_send(channel, &number, MemoryLayout<Int32>.size)
      }
    }
  }

  private static let groups = Groups()

  static func insert(_ identifier: pid_t) { groups.tell(identifier) }

  /// Kills every process of a group and reaps its leader. The leader is reaped last: until then nobody else can have its
  /// number.
  ///
  /// - Returns: the leader's status as `waitpid` gives it.
  static func end(_ identifier: pid_t) -> Int32 {
    kill(-identifier, SIGKILL)
    groups.tell(-identifier)
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    return status
  }
}
