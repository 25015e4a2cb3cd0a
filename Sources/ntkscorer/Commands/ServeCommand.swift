import ArchitectureScorer
import ArgumentParser
import Foundation
import Logging
import Reports
import ResultStorage
import ScorerDaemon
import Synchronization
import TangentKernel

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answer requests by HTTP: jobs, scores, rankings, and a dashboard.",
    discussion: """
      Listens on this machine alone; to be reached by others it needs a token (--token-file). All that it knows is \
      in the store: a daemon that was killed goes on with its jobs when it is started again, and computes nothing \
      twice. SIGTERM or Ctrl-C stop it when the candidates being computed are finished. docs/daemon.md tells more; \
      a running daemon describes itself at /openapi.json and /docs.

      EXAMPLES
        ntkscorer serve --store scores.sqlite
        ntkscorer serve --host 0.0.0.0 --token-file token --data /srv/datasets
        curl --data-binary @space.yaml -H 'Content-Type: application/yaml' localhost:8420/v1/jobs
        curl localhost:8420/v1/jobs/1/ranking?limit=5
      """)

  @Option(name: .long, help: "The address to listen on. Others than this machine's own need --token-file.")
  var host = "127.0.0.1"

  @Option(name: .long, help: "The port to listen on; 0 for one that the system chooses.")
  var port = 8420

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file with the token that requests have to bring: 16 characters or more.", valueName: "path"),
    completion: .file())
  var tokenFile: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The folder in which datasets of search spaces may lie; without it only generated ones are allowed.",
      valueName: "folder"), completion: .directory)
  var data: String?

  @Option(name: .long, help: ArgumentHelp("Jobs that may wait for their turn.", valueName: "n"))
  var maxQueue = 100

  @Option(
    name: .long,
    help: ArgumentHelp("Jobs that are worked on at once; they share the processors.", valueName: "n"))
  var maxJobs = 4

  @Option(
    name: .long,
    help: ArgumentHelp("The largest body of a request, such as 64M; 8M when not given.", valueName: "size"))
  var maxBody: MemorySize?

  @Option(name: .long, help: ArgumentHelp("Connections at once.", valueName: "n"))
  var maxConnections = 1024

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How long a request may take to arrive, and a connection may be idle.", valueName: "seconds"))
  var timeout = 60

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How long the answer to a question for scores may take; what was computed is kept.",
      valueName: "seconds")
  )
  var scoreTimeout = 600

  @OptionGroup var plugins: PluginOptions
  @OptionGroup var storing: StoreOptions
  @OptionGroup var resourcing: ResourceOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    if !(0...65535).contains(port) { throw ValidationError("--port is \(port); expected 0 to 65535") }
    for (name, value) in [
      ("--max-queue", maxQueue), ("--max-jobs", maxJobs), ("--max-connections", maxConnections),
      ("--timeout", timeout), ("--score-timeout", scoreTimeout),
    ] where !(1...1_000_000).contains(value) {
      throw ValidationError("\(name) is \(value); expected 1 to 1000000")
    }
  }

  func run() throws {
    var configuration = DaemonConfiguration()
    configuration.host = host
    configuration.port = port
    configuration.token = try tokenFile.map(Self.token)
    configuration.dataFolder = data
    configuration.resources = resourcing.resources
    configuration.mostWaitingJobs = maxQueue
    configuration.mostRunningJobs = maxJobs
    if let maxBody { configuration.mostBodyBytes = maxBody.bytes }
    configuration.mostConnections = maxConnections
    configuration.requestSeconds = timeout
    configuration.questionSeconds = scoreTimeout
    configuration.program = "ntkscorer \(NTKScorerCommand.version), engine \(TangentKernelEngine.version)"

    let level: Logger.Level = logging.verbose ? .debug : logging.quiet ? .error : .info
    // A person reads sentences; what collects logs reads objects.
    let isTerminal = isatty(STDERR_FILENO) == 1
    let logger = Logger(label: "ntkscorer") { _ -> any LogHandler in
      if isTerminal { return ConsoleLogHandler(logLevel: level) }
      return LineLogHandler(logLevel: level)
    }
    let store = try openStore(logger)
    let scorer = try Scorer(logger: logger).addingPlugins(plugins.sources, for: nil)
    let daemon = try Daemon(configuration, scorer: scorer, store: store, logger: logger)
    let address = host.contains(":") ? "[\(host)]" : host
    try Self.wait {
      try await daemon.run(
        onListening: { logger.notice("listening on http://\(address):\($0)") },
        onOverdue: {
          logger.warning("candidates are still being computed; they are computed again at the next start")
          Foundation.exit(0)
        })
    }
    logger.notice("stopped")
  }

  /// Waits while the disk is full: a daemon that is started again and again would be given up by whoever starts it.
  private func openStore(_ logger: Logger) throws -> ResultStore {
    var isToldOf = false
    while true {
      do { return try storing.open() ?? ResultStore.inMemory() } catch let error as StoreError {
        guard case .diskFull = error else { throw error }
        if !isToldOf { logger.error("\(error); waiting for room", metadata: [:]) }
        isToldOf = true
        sleep(Self.secondsBetweenAttempts)
      }
    }
  }

  private static let secondsBetweenAttempts: UInt32 = 2

  /// The first line of a file.
  private static func token(path: String) throws -> String {
    let text: String
    do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw DaemonError.unreadable(path: path, reason: "the file cannot be read as text")
    }
    let token = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    guard token.utf8.count >= 16, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw DaemonError.weakToken(path: path)
    }
    return token
  }

  /// Waits on this thread for what is asynchronous.
  private static func wait(_ body: @escaping @Sendable () async throws -> Void) throws {
    let outcome = Mutex<Result<Void, any Error>>(.success(()))
    let end = DispatchSemaphore(value: 0)
    Task {
      do { try await body() } catch {
        outcome.withLock { $0 = .failure(error) }
      }
      end.signal()
    }
    end.wait()
    try outcome.withLock { $0 }.get()
  }
}
