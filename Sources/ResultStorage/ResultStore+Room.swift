import Foundation
import GRDB

extension ResultStore {
  /// Whether the store takes changes: its disk may be full, or have become read-only.
  ///
  /// The store's own file cannot tell. A change that overwrites a part of its log which was used before succeeds on a full
  /// disk, and the next one does not. So a file is written beside it, and taken away again; the store stays as it is.
  /// - Throws: `StoreError` when it takes none.
  public func checkWritable() throws(StoreError) {
    // Of nothing, but it needs the right to write.
    try write { try $0.execute(sql: "DELETE FROM jobs WHERE id < 0") }
    guard let path else { return }
    // The file itself may lie on another disk than a link to it.
    let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    switch DiskRoom.problem(writing: file + ".probe") {
    case nil: return
    case ENOSPC?, EDQUOT?: throw .diskFull(path: name)
    case EROFS?, EACCES?, EPERM?: throw .readOnly(path: name)
    case let code?: throw .failed(path: name, reason: String(cString: strerror(code)))
    }
  }
}

/// Whether a disk has room, by trying.
private enum DiskRoom {
  /// Some scores with their eigenvalues take so much.
  private static let bytesNeeded = 64 << 10

  /// Writes a file and removes it.
  /// - Returns: the system's code for what is in the way; nil for nothing.
  static func problem(writing path: String) -> Int32? {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return errno }
    defer {
      close(descriptor)
      unlink(path)
    }
    let bytes = [UInt8](repeating: 0, count: bytesNeeded)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      guard count > 0 || errno == EINTR else { return errno }
      written += max(0, count)
    }
    // Some file systems find out only now.
    return fsync(descriptor) == 0 ? nil : errno
  }
}
