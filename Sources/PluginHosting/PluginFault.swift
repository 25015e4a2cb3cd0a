import YAMLDocuments

/// Why a plugin cannot be used, or did not answer one call.
///
/// Of a call it costs whatever the call was for (a candidate, say) and nothing else.
public struct PluginFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The file is missing, unreadable, or neither a shared library nor executable.
    case unusableFile = "unusable_file"
    /// A library of another interface version, or without the interface.
    case incompatible
    /// What it says of itself is wrong.
    case invalidDescription = "invalid_description"
    /// The process ended before it answered.
    case crashed
    /// The process ended, and it held nearly all the memory that it may use.
    case outOfMemory = "out_of_memory"
    case timedOut = "timed_out"
    case replyTooLarge = "reply_too_large"
    /// The reply is not what was asked for.
    case malformedReply = "malformed_reply"
    /// The plugin's own words why it gives no answer.
    case refused
    /// It answered the same question in two ways.
    case inconsistent
    /// The file changed while it was in use.
    case changed
    /// It failed so often in a row that it is asked no more.
    case abandoned
  }

  /// The file's name.
  public let plugin: String
  /// What went wrong.
  public let kind: Kind
  /// One sentence without the plugin's name.
  public let message: String
  /// The last lines that it wrote to standard error; empty when there are none, or they have no part in this.
  public let lastWords: String

  /// - Parameters:
  ///   - plugin: the file's name.
  ///   - message: one sentence without it.
  public init(plugin: String, kind: Kind, message: String, lastWords: String = "") {
    self.plugin = plugin
    self.kind = kind
    self.message = message
    self.lastWords = lastWords
  }

  /// `ladder.py: it ended with exit code 1; its last words: …`
  public var description: String {
    let words = lastWords.split(whereSeparator: \.isNewline)
      .map { String($0).withoutControlCharacters }.joined(separator: " ⏎ ")
    return "\(plugin): \(message)" + (words.isEmpty ? "" : "; its last words: \(words)")
  }
}
