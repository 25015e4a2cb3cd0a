import Foundation
import GRDB

/// What can go wrong with a store. `path` is the file as the user gave it.
public enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file cannot be opened or created.
  case cannotOpen(path: String, reason: String)
  /// The file is something else, and was left as it is.
  case notAStore(path: String, reason: String)
  /// A later version of the program wrote the store.
  case newerVersion(path: String, unknownMigrations: [String])
  /// Another process kept the store locked for longer than the busy timeout.
  case locked(path: String, seconds: Double)
  /// The file or its folder may not be written.
  case readOnly(path: String)
  case diskFull(path: String)
  /// The file is damaged, or holds what this version never writes.
  case corrupt(path: String, reason: String)
  /// Two different identities under one hash: a mistake of the caller, since the hash stands for the text.
  case identityMismatch(hash: String, stored: String, given: String)
  /// No such run, or no such space, in this store.
  case unknownReference(path: String, reason: String)
  /// Anything else that SQLite reports.
  case failed(path: String, reason: String)

  /// What is wrong with which file, in words.
  public var description: String {
    switch self {
    case .cannotOpen(let path, let reason): "store \(path): cannot be opened: \(reason)"
    case .notAStore(let path, let reason): "store \(path): not a store of ntkscorer: \(reason)"
    case .newerVersion(let path, let unknown):
      "store \(path): written by a newer version (it knows \(unknown.joined(separator: ", "))); "
        + "update ntkscorer or choose another --store"
    case .locked(let path, let seconds):
      "store \(path): another process has kept it locked for \(seconds) s; "
        + "wait for it or choose another --store"
    case .readOnly(let path): "store \(path): the file or its folder may not be written"
    case .diskFull(let path):
      "store \(path): the disk is full; finished scores are safe, free some space and run the command again"
    case .corrupt(let path, let reason): "store \(path): damaged: \(reason)"
    case .identityMismatch(let hash, let stored, let given):
      "two score identities share the hash \(hash): \(stored) is stored and \(given) was given"
    case .unknownReference(let path, let reason): "store \(path): \(reason)"
    case .failed(let path, let reason): "store \(path): \(reason)"
    }
  }

  /// What SQLite's result code means here.
  init(_ error: any Error, path: String, busyTimeout: Double) {
    if let error = error as? StoreError {
      self = error
      return
    }
    guard let error = error as? DatabaseError else {
      self = .failed(path: path, reason: "\(error)")
      return
    }
    let message = error.message ?? "SQLite error \(error.resultCode.rawValue)"
    self =
      switch error.resultCode {
      case .SQLITE_BUSY, .SQLITE_LOCKED: .locked(path: path, seconds: busyTimeout)
      case .SQLITE_FULL: .diskFull(path: path)
      // The index of the log has no room.
      case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE: .diskFull(path: path)
      case .SQLITE_READONLY: .readOnly(path: path)
      case .SQLITE_CORRUPT: .corrupt(path: path, reason: message)
      case .SQLITE_NOTADB: .notAStore(path: path, reason: message)
      case .SQLITE_CANTOPEN where StoreError.isReadOnly(path): .readOnly(path: path)
      case .SQLITE_CANTOPEN: .cannotOpen(path: path, reason: StoreError.openingProblem(path) ?? message)
      default: .failed(path: path, reason: message)
      }
  }

  /// A store whose log has no place beside it: SQLite calls that "unable to open" where the disk is read-only.
  private static func isReadOnly(_ path: String) -> Bool {
    let files = FileManager.default
    var isFolder: ObjCBool = false
    guard files.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
      files.isReadableFile(atPath: path)
    else { return false }
    return !files.isWritableFile(atPath: path)
      || !files.isWritableFile(atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path)
  }

  /// SQLite only says "unable to open database file".
  private static func openingProblem(_ path: String) -> String? {
    let files = FileManager.default
    var isFolder: ObjCBool = false
    if files.fileExists(atPath: path, isDirectory: &isFolder) {
      if isFolder.boolValue { return "it is a folder" }
      return files.isReadableFile(atPath: path) ? nil : "the file may not be read"
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard files.fileExists(atPath: folder, isDirectory: &isFolder) else {
      return "there is no folder \(folder)"
    }
    guard isFolder.boolValue else { return "\(folder) is not a folder" }
    return files.isWritableFile(atPath: folder) ? nil : "nothing may be written in the folder \(folder)"
  }
}
