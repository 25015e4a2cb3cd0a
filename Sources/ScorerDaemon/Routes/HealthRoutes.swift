import Hummingbird
import Reports
import ResultStorage

/// Whether it lives, whether it can work, and what it counts.
struct HealthRoutes {
  let services: DaemonServices

  func add(to table: RouteTable) {
    table.on(.get, "/livez") { request, _ in .text("alive\n", "text/plain; charset=utf-8", for: request) }
    table.on(.get, "/readyz") { [services] request, _ in
      // A store that can be read may have no room left; what could be written says whether work goes on.
      do { try await services.readiness.check() } catch let error as StoreError {
        // One status for whoever only looks at that.
        throw Problem(.storeUnavailable, Problem(error).detail)
      }
      let counts = try await services.blocking.run { try services.store.jobCounts() }
      return .json(
        .object([
          ("status", .text("ready")), ("waitingJobs", .integer(counts[.queued] ?? 0)),
          ("runningJobs", .integer(counts[.running] ?? 0)),
        ]), for: request)
    }
    table.on(.get, "/metrics") { [services] request, _ in
      let counts = try await services.blocking.run { try services.store.jobCounts() }
      services.metrics.refresh(jobs: counts, streams: services.events.listenerCount)
      return .text(
        services.metrics.registry.text, "text/plain; version=0.0.4; charset=utf-8", for: request)
    }
  }
}
