import ArgumentParser
import PluginHosting

/// What a plugin may cost.
struct PluginLimitOptions: ParsableArguments {
  @Option(
    name: .customLong("plugin-timeout"),
    help: ArgumentHelp("Seconds that a plugin may take for one answer: 10.", valueName: "seconds"))
  var timeout: Double?

  @Option(
    name: .customLong("plugin-memory"),
    help: ArgumentHelp(
      "Memory of its own that each process of a plugin may use, such as 16G: 4G.", valueName: "size"))
  var memory: MemorySize?

  func validate() throws {
    if let timeout, !(timeout > 0 && timeout <= 86_400) {
      throw ValidationError("--plugin-timeout is \(timeout); expected more than 0 and at most 86400 seconds")
    }
  }

  var limits: PluginLimits {
    var limits = PluginLimits()
    if let timeout {
      (limits.callSeconds, limits.startSeconds) = (timeout, max(timeout, limits.startSeconds))
    }
    if let memory { limits.memoryBytes = UInt64(memory.bytes) }
    return limits
  }
}
