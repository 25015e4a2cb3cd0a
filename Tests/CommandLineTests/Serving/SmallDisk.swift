import Foundation
import Testing

/// A file system of its own in memory, of some kilobytes, for as long as the value lives.
final class SmallDisk {
  let path: String
  private let folder: ScratchFolder

  /// Whether this process may mount one; tests that need it are reported as skipped where it may not.
  static let isAllowed: Bool = {
    guard geteuid() == 0, let folder = try? ScratchFolder() else { return false }
    return (try? SmallDisk(size: "100k", in: folder)) != nil
  }()

  struct Refused: Error {}

  init(size: String, in folder: ScratchFolder) throws {
    self.folder = folder
    path = folder.file("disk")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    guard try Tool.shell("mount -t tmpfs -o size=\(size) tmpfs '\(path)'", in: folder).exitCode == 0 else {
      throw Refused()
    }
  }

  deinit { _ = try? Tool.shell("umount -l '\(path)'; umount -l '\(path)'", in: folder) }

  func resize(to size: String) throws {
    #expect(try Tool.shell("mount -o remount,size=\(size) '\(path)'", in: folder).exitCode == 0)
  }

  /// Leaves no byte free.
  func fill() throws {
    _ = try Tool.shell("dd if=/dev/zero of='\(path)/filling' bs=4k", in: folder)
  }

  func empty() throws { try FileManager.default.removeItem(atPath: path + "/filling") }

  /// Open files keep a file system writable; seen through itself it is not all the same.
  func makeReadOnly() throws {
    #expect(
      try Tool.shell(
        "mount --bind '\(path)' '\(path)' && mount -o remount,ro,bind '\(path)'", in: folder
      ).exitCode == 0)
  }

  func makeWritable() throws {
    #expect(try Tool.shell("umount -l '\(path)'", in: folder).exitCode == 0)
  }
}
