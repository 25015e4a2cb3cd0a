import Foundation

/// Whole files in and out, with the operating system's own words when it refuses.
enum FileBytes {
  /// - Throws: `DatasetError.unreadable`, or `.tooLarge` before anything is read.
  static func read(_ path: String, limits: ReadLimits) throws(DatasetError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(file: path, reason: lastSystemError()) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .unreadable(file: path, reason: lastSystemError())
    }
    // A pipe or a terminal could block for ever, and has no size to check against the limit.
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(file: path, reason: "it is not a regular file")
    }
    let size = Int(status.st_size)
    guard size <= limits.maximumBytes else {
      throw .tooLarge(.init(file: path), bytes: size, limit: limits.maximumBytes)
    }
    var failure: String?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      filled = 0
      while filled < size, let base = buffer.baseAddress {
        let count = Foundation.read(descriptor, base + filled, min(size - filled, 1 << 30))
        if count < 0, errno == EINTR { continue }
        if count < 0 { failure = lastSystemError() }
        // The file shrank since its size was asked: what the format misses is reported where it is missed.
        if count <= 0 { break }
        filled += count
      }
    }
    if let failure { throw .unreadable(file: path, reason: failure) }
    return bytes
  }

  /// Replaces the file in one step, so that a reader never sees half of it; a device or pipe is written in
  /// place.
  static func write(_ bytes: [UInt8], to path: String) throws(DatasetError) {
    var status = stat()
    let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    let target = isSpecial ? path : "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max))"
    let descriptor = open(target, O_WRONLY | O_CLOEXEC | (isSpecial ? 0 : O_CREAT | O_EXCL), 0o666)
    guard descriptor >= 0 else { throw .unwritable(file: path, reason: lastSystemError()) }
    var failure = writeAll(bytes, to: descriptor)
    if close(descriptor) != 0, failure == nil { failure = lastSystemError() }
    if !isSpecial, failure == nil, rename(target, path) != 0 { failure = lastSystemError() }
    if let failure {
      if !isSpecial { unlink(target) }
      throw .unwritable(file: path, reason: failure)
    }
  }

  /// The system's words when it fails.
  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> String? {
    bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count, let base = buffer.baseAddress {
        let count = Foundation.write(descriptor, base + written, min(buffer.count - written, 1 << 30))
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return lastSystemError() }
        written += count
      }
      return nil
    }
  }

  static func isDirectory(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }

  /// Sorted, so that the file system's order reaches no result.
  static func names(inFolder path: String) throws(DatasetError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw .unreadable(file: path, reason: error.localizedDescription)
    }
  }

  private static func lastSystemError() -> String { String(cString: strerror(errno)) }
}

/// Text for people and programs, such as pictures.
package enum TextFile {
  /// Writes UTF-8, all or nothing.
  /// - Throws: `DatasetError.unwritable`.
  package static func write(_ text: String, to path: String) throws(DatasetError) {
    try FileBytes.write(Array(text.utf8), to: path)
  }
}

extension Collection<UInt8> where Index == Int {
  /// The unsigned integer in `width` bytes at `offset` from the start; nil when they are not all there.
  func integer(at offset: Int, width: Int, bigEndian: Bool = false) -> UInt64? {
    guard offset >= 0, width <= 8, offset <= count - width else { return nil }
    var value: UInt64 = 0
    for index in 0..<width {
      let position = startIndex + offset + (bigEndian ? index : width - 1 - index)
      value = value << 8 | UInt64(self[position])
    }
    return value
  }
}
