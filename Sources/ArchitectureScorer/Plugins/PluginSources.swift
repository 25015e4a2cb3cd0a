import Foundation
import PluginHosting

/// Where plugins from outside are looked for, and how they are run.
public struct PluginSources: Hashable, Sendable {
  /// Files that were named for this run.
  public var paths: [String]
  /// A folder whose files are plugins. It is looked into only for names that nothing else has; nil for none. The working
  /// directory is never searched.
  public var folder: String?
  /// Whether libraries run in this process.
  public var trustsLibraries: Bool
  /// Of every plugin that is found.
  public var limits: PluginLimits

  /// No files, and the user's own folder, unless said otherwise.
  public init(
    paths: [String] = [], folder: String? = PluginSources.defaultFolder, trustsLibraries: Bool = false,
    limits: PluginLimits = PluginLimits()
  ) {
    self.paths = paths
    self.folder = folder
    self.trustsLibraries = trustsLibraries
    self.limits = limits
  }

  /// `$XDG_DATA_HOME/ntkscorer/plugins`, or `~/.local/share/ntkscorer/plugins`. As the XDG base directory specification
  /// says, relative paths in the variable are ignored.
  public static var defaultFolder: String {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.local/share"
    return base + "/ntkscorer/plugins"
  }

  /// The folder's files in order of their names, hidden ones and what cannot be a plugin left out.
  var folderFiles: [String] {
    guard let folder, let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      return []
    }
    return names.sorted().filter { !$0.hasPrefix(".") }.map { folder + "/" + $0 }.filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
        && (access(path, X_OK) == 0 || path.hasSuffix(".so") || path.hasSuffix(".dylib"))
    }
  }
}
