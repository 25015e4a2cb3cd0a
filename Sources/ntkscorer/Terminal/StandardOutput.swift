import Foundation

/// Nobody reads standard output any more (`| head` has seen enough): a reason to stop, not an error.
struct ClosedOutput: Error {}

/// Standard output: documents and nothing else. What is written is checked, since a full disk behind `>` must
/// not pass for success.
final class StandardOutput {
  /// Used from the main thread alone.
  nonisolated(unsafe) static let shared = StandardOutput()

  private var buffer: [UInt8] = []
  private static let blockSize = 1 << 16

  /// - Throws: `ClosedOutput`, or `CommandFailure` when the system refuses to write.
  func append(_ text: String) throws {
    buffer += text.utf8
    if buffer.count >= Self.blockSize { try flush() }
  }

  func flush() throws {
    defer { buffer.removeAll(keepingCapacity: true) }
    var start = 0
    while start < buffer.count {
      let count = buffer[start...].withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count >= 0 {
        start += count
      } else if errno == EPIPE {
        throw ClosedOutput()
      } else if errno == EAGAIN {
        var descriptor = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        poll(&descriptor, 1, -1)
      } else if errno != EINTR {
        throw CommandFailure.failed("standard output: cannot be written: \(String(cString: strerror(errno)))")
      }
    }
  }
}
