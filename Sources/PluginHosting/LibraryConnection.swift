import YAMLDocuments

/// A library that is trusted to run in this process: quick, and able to end it.
final class LibraryConnection: PluginConnection {
  private let library: PluginLibrary
  private let file: PluginFile
  private let limits: PluginLimits

  init(_ file: PluginFile, limits: PluginLimits) throws(PluginFault) {
    self.file = file
    self.limits = limits
    library = try PluginLibrary(path: file.path, name: file.name)
  }

  func call(_ request: PluginRequest, seconds: Double) throws(PluginFault) -> YAMLNode {
    // Nobody else can answer, so that numbers would tell nothing.
    let reply = try library.answer(
      Array(request.json(id: 0).utf8), request.arrays, replyBytes: limits.replyBytes)
    return try PluginReply.checked(reply, id: nil, plugin: file.name)
  }

  func forget() {}
}
