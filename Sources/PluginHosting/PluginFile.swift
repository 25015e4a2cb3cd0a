import Crypto
import Foundation

/// A plugin's file, and which of its contents are meant.
public struct PluginFile: Hashable, Sendable {
  /// How a plugin is spoken to.
  public enum Form: String, Hashable, Sendable {
    /// `.so` or `.dylib`: speaks the C interface.
    case library
    /// Speaks JSON lines.
    case executable

    /// What one number of an array takes in a request.
    public var bytesPerNumber: Int {
      switch self {
      // As it is, and a copy that the library may change.
      case .library: 2 * MemoryLayout<Double>.stride
      case .executable: PluginRequest.textBytesPerNumber
      }
    }
  }

  /// Absolute, symbolic links followed.
  public let path: String
  /// How it is spoken to.
  public let form: Form
  /// Lowercase hexadecimal SHA-256 of the contents.
  public let contentHash: String
  /// The file's name, for messages.
  public let name: String
  private let stamp: FileStamp

  /// - Throws: `PluginFault.Kind.unusableFile`.
  public init(path given: String) throws(PluginFault) {
    func fault(_ message: String) -> PluginFault {
      PluginFault(plugin: given, kind: .unusableFile, message: message)
    }
    let path = URL(fileURLWithPath: given).resolvingSymlinksInPath().path
    guard let stamp = FileStamp(path) else { throw fault("there is no such file") }
    guard stamp.isFile else { throw fault("it is not a file") }
    let name = URL(fileURLWithPath: path).lastPathComponent
    if name.hasSuffix(".so") || name.hasSuffix(".dylib") || name.contains(".so.") {
      form = .library
    } else if access(path, X_OK) == 0 {
      form = .executable
    } else {
      throw fault(
        "it is neither a shared library (.so) nor executable; make a program executable with chmod +x")
    }
    guard let hash = Self.hash(ofFile: path) else { throw fault("it cannot be read") }
    self.path = path
    self.name = name
    self.stamp = stamp
    contentHash = hash
  }

  /// Whether the file is still the one that was hashed, as far as its size and dates say.
  public var isUnchanged: Bool { FileStamp(path) == stamp }

  /// Lowercase hexadecimal SHA-256; nil when the file cannot be read.
  static func hash(ofFile path: String) -> String? {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) else {
      return nil
    }
    return hash(of: data)
  }

  static func hash(of data: Data) -> String {
    SHA256.hash(data: data).reduce(into: "") { hex, byte in
      hex += byte < 16 ? "0" : ""
      hex += String(byte, radix: 16)
    }
  }
}

/// What changes when a file is written or replaced.
struct FileStamp: Hashable, Sendable {
  let isFile: Bool
  private let device: UInt64
  private let node: UInt64
  private let size: Int64
  private let seconds: Int
  private let nanoseconds: Int

  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    isFile = status.st_mode & S_IFMT == S_IFREG
    device = UInt64(truncatingIfNeeded: status.st_dev)
    node = UInt64(truncatingIfNeeded: status.st_ino)
    size = Int64(status.st_size)
    #if canImport(Darwin)
      (seconds, nanoseconds) = (status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec)
    #else
      (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    #endif
  }
}
