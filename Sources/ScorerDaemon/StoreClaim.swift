import Foundation

/// One daemon for one store: a lock on a file beside it, which the system lets go of when the process ends, however it
/// ends.
final class StoreClaim: Sendable {
  private let descriptor: Int32

  /// - Throws: `DaemonError.storeInUse` when another process holds it.
  init(storePath: String) throws(DaemonError) {
    // One file has one claim, whatever links lead to it.
    let real = realpath(storePath, nil)
    defer { free(real) }
    let path = (real.map { String(cString: $0) } ?? storePath) + ".daemon"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      let holder = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").first
      throw .storeInUse(path: storePath, holder: holder.map(String.init))
    }
    ftruncate(descriptor, 0)
    let text = Array("\(getpid())\n".utf8)
    _ = write(descriptor, text, text.count)
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
