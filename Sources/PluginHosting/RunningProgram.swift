import CPlugins
import Foundation

/// A program that was started, and what keeps it: a process of ours that kills it, with everything that it started, when it
/// is to end or when this process has ended, be it by a signal that nobody can catch.
struct RunningProgram {
  /// How a program ended.
  struct End {
    /// As `waitpid` gives it; -1 when nobody could tell.
    let status: Int32
    /// The most memory that it held at once.
    let peakBytes: UInt64
  }

  let identifier: pid_t
  private let control: Int32

  /// - Parameters:
  ///   - arguments: without the path, which goes first.
  ///   - memoryBytes: how much memory of its own it may use.
  /// - Throws: the number of the system's error.
  init(
    path: String, arguments: [String], input: Int32, output: Int32, errors: Int32, memoryBytes: UInt64
  ) throws(SystemError) {
    let strings = ([path] + arguments).map { strdup($0) }
    defer { strings.forEach { free($0) } }
    (identifier, control) = try Self.starter.start { starter, identifier, control in
      ntkscorer_start_program(
        starter, strings + [nil], input, output, errors, memoryBytes, &identifier, &control)
    }
  }

  /// Its end, if that comes in time. To be asked no more when it has.
  func end(within milliseconds: Int32) -> End? {
    var status: Int32 = 0
    var peakBytes: UInt64 = 0
    guard ntkscorer_await_end(control, milliseconds, &status, &peakBytes) != 0 else { return nil }
    return End(status: status, peakBytes: peakBytes)
  }

  /// Ends it.
  ///
  /// - Parameter isUrgent: otherwise it has some milliseconds, since its input is closed, to end by itself.
  func end(isUrgent: Bool) -> End {
    ntkscorer_end_program(control, isUrgent ? 1 : 0)
    return end(within: 10_000) ?? End(status: -1, peakBytes: 0)
  }

  /// After its end: waits a moment until nothing is left of what it started, and lets go.
  func leave() { ntkscorer_leave_program(control, 2000) }

  // MARK: The process that starts programs

  private static let starter = Starter()

  private final class Starter: @unchecked Sendable {
    // Sendable because `channel` is only touched with the lock held.
    private let lock = NSLock()
    private var channel: Int32 = -1

    func start(
      _ ask: (Int32, inout pid_t, inout Int32) -> Int32
    ) throws(SystemError) -> (pid_t, Int32) {
      lock.lock()
      defer { lock.unlock() }
      var (identifier, control): (pid_t, Int32) = (0, -1)
      // Somebody may have killed it.
      for isLast in [false, true] {
        if channel < 0 {
          let code = ntkscorer_open_starter(&channel)
          guard code == 0 else { throw SystemError(code: code) }
        }
        let code = ask(channel, &identifier, &control)
        if code == 0 { break }
        guard code == EPIPE, !isLast else { throw SystemError(code: code) }
        close(channel)
        channel = -1
      }
      return (identifier, control)
    }
  }
}

/// An error of the operating system.
struct SystemError: Error, CustomStringConvertible {
  let code: Int32

  var description: String { String(cString: strerror(code)) }
}
