import Foundation
import YAMLDocuments

/// A plugin that has said what it offers.
public final class Plugin: Sendable {
  /// Where it came from.
  public let file: PluginFile
  /// Lowercase hexadecimal SHA-256 of the file and of the further files that the plugin names.
  public let contentHash: String
  private let furtherFiles: [FurtherFile]
  /// The reply to `describe`.
  public let description: YAMLNode
  /// Whether it runs in this process.
  public let isTrusted: Bool
  /// What it may cost.
  public let limits: PluginLimits
  private let connection: any PluginConnection

  /// The file's name, for messages.
  public var name: String { file.name }

  /// Starts a plugin and asks it to describe itself.
  ///
  /// - Parameters:
  ///   - path: a shared library or an executable.
  ///   - isTrusted: loads a library into this process; an executable has its own in any case.
  /// - Throws: `PluginFault`.
  public convenience init(path: String, isTrusted: Bool = false, limits: PluginLimits = PluginLimits())
    throws(PluginFault)
  {
    try self.init(try PluginFile(path: path), isTrusted: isTrusted, limits: limits)
  }

  /// Starts a plugin and asks it to describe itself.
  ///
  /// - Parameter isTrusted: loads a library into this process; an executable has its own in any case.
  /// - Throws: `PluginFault`.
  public init(_ file: PluginFile, isTrusted: Bool = false, limits: PluginLimits = PluginLimits())
    throws(PluginFault)
  {
    self.file = file
    self.limits = limits
    self.isTrusted = isTrusted && file.form == .library
    let connection = try Self.connection(to: file, isTrusted: isTrusted, limits)
    self.connection = connection
    let description = try connection.call(PluginRequest("describe"), seconds: limits.startSeconds)
    self.description = description
    furtherFiles = try Self.furtherFiles(file, description)
    contentHash =
      furtherFiles.isEmpty
      ? file.contentHash
      : PluginFile.hash(
        of: Data(([file.contentHash] + furtherFiles.map(\.hash)).joined(separator: "\n").utf8))
    // What it said may be another content's, written since the file was hashed.
    try checkContents()
  }

  private static func connection(
    to file: PluginFile, isTrusted: Bool, _ limits: PluginLimits
  ) throws(PluginFault) -> any PluginConnection {
    guard file.form == .library else { return ProcessConnection(file, host: nil, limits: limits) }
    if isTrusted { return try LibraryConnection(file, limits: limits) }
    guard let program = LibraryHost.program else {
      throw PluginFault(
        plugin: file.name, kind: .unusableFile,
        message:
          "there is no program 'ntkscorer' to load it in a process of its own; name it by the environment "
          + "variable NTKSCORER_EXECUTABLE, or trust the library")
    }
    return ProcessConnection(file, host: (program, [LibraryHost.argument, file.path]), limits: limits)
  }

  /// Asks it. Any thread may, several at once.
  ///
  /// - Parameter seconds: `limits.callSeconds` when nil.
  /// - Throws: `PluginFault`; of kind `refused` with the plugin's own words.
  public func call(_ request: PluginRequest, seconds: Double? = nil) throws(PluginFault) -> YAMLNode {
    try checkContents()
    let reply = try connection.call(request, seconds: seconds ?? limits.callSeconds)
    try checkContents()
    return reply
  }

  /// What answers must be what was hashed: a trusted library is in memory already, a program may read its files any time.
  private func checkContents() throws(PluginFault) {
    guard isTrusted || file.isUnchanged else {
      throw fault(.changed, "its file changed while it was in use; start again")
    }
    if let changed = furtherFiles.first(where: { FileStamp($0.path) != $0.stamp }) {
      throw fault(
        .changed,
        "the file '\(changed.name)', which it names under 'files', changed while it was in use; start again")
    }
  }

  /// Ends its processes; the next call starts it anew. In this process nothing can be forgotten.
  public func forget() { connection.forget() }

  /// A fault of this plugin.
  public func fault(_ kind: PluginFault.Kind, _ message: String) -> PluginFault {
    PluginFault(plugin: name, kind: kind, message: message)
  }

  /// Reads a part of a reply with `read`, which reports its mistakes to the collector.
  ///
  /// - Throws: a fault with the first mistakes.
  public func reading<Value>(
    _ kind: PluginFault.Kind, _ read: (DiagnosticCollector) -> Value?
  ) throws(PluginFault) -> Value {
    let collector = DiagnosticCollector(SourceText(name: name, text: ""), limit: 20)
    let value = read(collector)
    guard let value, collector.isEmpty else {
      let shown = collector.diagnostics.prefix(5).map { diagnostic in
        diagnostic.message + (diagnostic.suggestion.map { "; did you mean '\($0)'?" } ?? "")
      }
      throw fault(kind, shown.isEmpty ? "its reply says nothing" : shown.joined(separator: "; "))
    }
    return value
  }

  /// A file beside the plugin's own that decides what it answers.
  private struct FurtherFile: Sendable {
    /// As `describe` says it.
    let name: String
    let path: String
    let stamp: FileStamp
    let hash: String
  }

  /// What `describe` names under `files`, from the plugin's folder.
  private static func furtherFiles(
    _ file: PluginFile, _ description: YAMLNode
  ) throws(PluginFault) -> [FurtherFile] {
    guard let node = description.entries?.first(where: { $0.key.text == "files" })?.value, !node.isNull else {
      return []
    }
    func invalid(_ message: String) -> PluginFault {
      PluginFault(plugin: file.name, kind: .invalidDescription, message: message)
    }
    guard let elements = node.elements, elements.allSatisfy({ $0.text != nil }) else {
      throw invalid("'files' is \(node.shown); expected a list of paths")
    }
    let folder = URL(fileURLWithPath: file.path).deletingLastPathComponent()
    var files: [FurtherFile] = []
    for name in elements.compactMap(\.text) {
      let path = folder.appendingPathComponent(name).path
      // The stamp first: what is written between the two is a change.
      guard let stamp = FileStamp(path), let hash = PluginFile.hash(ofFile: path) else {
        throw invalid("the file '\(name)', which it names under 'files', cannot be read")
      }
      files.append(FurtherFile(name: name, path: path, stamp: stamp, hash: hash))
    }
    return files
  }
}
