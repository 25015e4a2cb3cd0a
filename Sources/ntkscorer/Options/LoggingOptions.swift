import ArchitectureScorer
import ArgumentParser
import Logging

struct LoggingOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Say nothing on standard error but errors: no progress, no summary.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Tell on standard error what is being done.")
  var verbose = false

  func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose contradict each other") }
  }

  var scorer: Scorer {
    let level: Logger.Level = verbose ? .debug : quiet ? .error : .warning
    return Scorer(logger: Logger(label: "ntkscorer") { _ in ConsoleLogHandler(logLevel: level) })
  }
}
