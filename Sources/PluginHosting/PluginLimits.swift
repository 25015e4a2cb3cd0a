/// What a plugin may cost. Everything past it is a fault.
public struct PluginLimits: Hashable, Sendable {
  /// Seconds until it has said what it offers, its start included.
  public var startSeconds = 30.0
  /// Seconds for any other call.
  public var callSeconds = 10.0
  /// Bytes of memory of its own for each of its processes; 0 for as many as there are. A trusted library has no limit.
  public var memoryBytes: UInt64 = 4 << 30
  /// Bytes of one reply.
  public var replyBytes = 16 << 20
  /// Bytes kept of what it writes to standard error: the last ones.
  public var lastWordsBytes = 2048
  /// After so many calls in a row that ended in its death or in something unreadable it is asked no more.
  public var failuresInARow = 20

  /// The defaults of the command line.
  public init() {}
}
