import YAMLDocuments

/// A way to ask a plugin.
protocol PluginConnection: AnyObject, Sendable {
  /// Any thread may ask, several at once.
  ///
  /// - Returns: the reply, an object.
  /// - Throws: `PluginFault`; of kind `refused` with the plugin's own words.
  func call(_ request: PluginRequest, seconds: Double) throws(PluginFault) -> YAMLNode

  /// Lets go of everything that could remember earlier calls, where that is possible.
  func forget()
}

/// What every reply has to be.
enum PluginReply {
  /// Checks a reply for its number and for the plugin's refusal.
  ///
  /// - Parameters:
  ///   - id: nil for a reply that cannot be another's.
  ///   - isHosted: whether a program of ours stands between, which has faults of its own to report.
  static func checked(
    _ bytes: [UInt8], id: Int?, isHosted: Bool = false, plugin: String
  ) throws(PluginFault) -> YAMLNode {
    func malformed(_ message: String) -> PluginFault {
      PluginFault(plugin: plugin, kind: .malformedReply, message: message)
    }
    let node: YAMLNode
    do { node = try parseJSON(bytes) } catch {
      throw malformed("its reply is no JSON object (\(error)): \(excerpt(of: bytes))")
    }
    guard let entries = node.entries else {
      throw malformed("its reply is \(node.shown); expected a JSON object")
    }
    func value(_ key: String) -> YAMLNode? { entries.first { $0.key.text == key }?.value }
    if isHosted, let kind = value("fault")?.text.flatMap(PluginFault.Kind.init) {
      throw PluginFault(plugin: plugin, kind: kind, message: value("message")?.text ?? "")
    }
    if let id, value("id")?.integer != id {
      let found = value("id").map { "'id' \($0.shown)" } ?? "no 'id'"
      throw malformed("its reply has \(found); expected that of the request, \(id)")
    }
    if let error = value("error"), !error.isNull {
      let words = error.text?.withoutControlCharacters ?? error.shown
      throw PluginFault(plugin: plugin, kind: .refused, message: String(words.prefix(2000)))
    }
    return node
  }

  /// The start of what cannot be read, for people.
  private static func excerpt(of bytes: [UInt8]) -> String {
    let text = String(decoding: bytes.prefix(80), as: UTF8.self).withoutControlCharacters
    return bytes.isEmpty ? "an empty line" : "'\(text)\(bytes.count > 80 ? "…" : "")'"
  }
}
