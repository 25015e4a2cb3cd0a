import ArchitectureScorer
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ResultStorage
import ServiceLifecycle
import Synchronization
import UnixSignals

/// A scorer that is asked by HTTP: jobs, scores, rankings and a dashboard, over one store.
public struct Daemon: Sendable {
  private let services: DaemonServices
  private let jobs: JobCenter
  private let claim: StoreClaim?

  /// - Parameters:
  ///   - store: in memory, or a file that no other daemon serves.
  /// - Throws: `DaemonError`.
  public init(
    _ configuration: DaemonConfiguration, scorer: Scorer, store: ResultStore, logger: Logger
  ) throws(DaemonError) {
    if configuration.token == nil, !configuration.isLoopback {
      throw .needsToken(host: configuration.host)
    }
    if let folder = configuration.dataFolder {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
        throw .noSuchFolder(folder)
      }
    }
    claim = try store.path.map { path throws(DaemonError) in try StoreClaim(storePath: path) }
    let reader: StoreReader
    do { reader = try StoreReader(of: store) } catch {
      throw .unreadable(path: store.path ?? "in memory", reason: "\(error)")
    }
    services = DaemonServices(
      configuration, scorer: scorer, store: store, reader: reader, logger: logger,
      epoch: Int(Date().timeIntervalSince1970 * 1000))
    jobs = JobCenter(services)
  }

  /// Answers requests until it is asked to stop by a signal, or its task is cancelled; then lets what is being computed
  /// finish, for at most `shutdownSeconds`. Jobs that are not done are waiting again at the next start.
  ///
  /// - Parameters:
  ///   - signals: that ask it to stop.
  ///   - onListening: told the port once requests are answered.
  ///   - onOverdue: called when stopping takes too long; whoever runs a process ends it here, which loses nothing.
  public func run(
    signals: [UnixSignal] = [.sigterm, .sigint],
    onListening: @escaping @Sendable (_ port: Int) -> Void = { _ in },
    onOverdue: @escaping @Sendable () -> Void = {}
  ) async throws {
    let isListening = Mutex(false)
    let server = server { port in
      isListening.withLock { $0 = true }
      onListening(port)
    }
    let group = ServiceGroup(
      configuration: .init(
        services: [DaemonService(server: server, services: services, jobs: jobs, onOverdue: onOverdue)],
        gracefulShutdownSignals: signals, logger: services.logger))
    do { try await group.run() } catch {
      guard !isListening.withLock({ $0 }), !(error is StoreError) else { throw error }
      let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
      throw DaemonError.cannotListen(
        host: services.configuration.host, port: services.configuration.port, reason: reason)
    }
  }

  private func server(
    _ onListening: @escaping @Sendable (Int) -> Void
  ) -> Application<RouterResponder<DaemonContext>> {
    let configuration = services.configuration
    return Application(
      router: router,
      server: .init { responder in
        ThreadBoundChannel(
          http: HTTP1Channel(
            responder: responder,
            configuration: .init(
              additionalChannelHandlers: [ConnectionGuard(seconds: configuration.requestSeconds)],
              httpDecoderConfiguration: .init(
                maxHeaderFieldSize: UnreadableRequest.longestField,
                maxHeaderListSize: UnreadableRequest.longestHead,
                maxHeaderFieldCount: UnreadableRequest.mostFields))))
      },
      configuration: .init(
        address: .hostname(configuration.host, port: configuration.port), serverName: nil,
        availableConnectionsDelegate: MaximumAvailableConnections(
          configuration.mostConnections, logger: services.logger)),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? configuration.port) },
      logger: services.logger)
  }

  private var router: Router<DaemonContext> {
    let router = Router(context: DaemonContext.self, options: [.autoGenerateHeadEndpoints])
    let routes = RouteList()
    router.add(middleware: ObservationMiddleware(metrics: services.metrics))
    router.add(middleware: ProblemMiddleware(routes: routes))
    router.add(middleware: CompressionMiddleware())
    router.add(middleware: AdmissionMiddleware(token: services.configuration.token))
    let table = RouteTable(router: router, routes: routes)
    HealthRoutes(services: services).add(to: table)
    JobRoutes(services: services, jobs: jobs).add(to: table)
    SpaceRoutes(services: services).add(to: table)
    RankingRoutes(services: services).add(to: table)
    ScoreRoutes(services: services).add(to: table)
    CatalogRoutes(services: services).add(to: table)
    DocumentationRoutes(services: services).add(to: table)
    DashboardRoutes(services: services, jobs: jobs).add(to: table)
    return router
  }
}

/// The server and the work behind it, begun and ended together.
private struct DaemonService: Service {
  let server: Application<RouterResponder<DaemonContext>>
  let services: DaemonServices
  let jobs: JobCenter
  let onOverdue: @Sendable () -> Void

  func run() async throws {
    // Apart, since it changes the store, which another process may keep locked for a while.
    Task { await jobs.start() }
    let overdue = Alarm()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [services] in
        while !Task.isCancelled {
          try? await Task.sleep(for: .seconds(services.configuration.heartbeatSeconds))
          services.events.beat()
        }
      }
      try await withGracefulShutdownHandler {
        try await server.run()
      } onGracefulShutdown: { [services, jobs, onOverdue] in
        services.logger.notice(
          "stopping: candidates being computed are finished, the rest is kept for the next start")
        // The server waits for its streams, which would never end by themselves.
        services.events.close()
        services.openQuestions.stopAll()
        overdue.set(
          Task {
            try await Task.sleep(for: .seconds(services.configuration.shutdownSeconds))
            onOverdue()
          })
        Task { await jobs.stop() }
      }
      await jobs.stop()
      group.cancelAll()
    }
    overdue.cancel()
  }
}

/// A task that rings unless it is cancelled before.
private final class Alarm: Sendable {
  private let task = Mutex<Task<Void, any Error>?>(nil)

  func set(_ task: Task<Void, any Error>) { self.task.withLock { $0 = task } }

  func cancel() { task.withLock { $0?.cancel() } }
}
