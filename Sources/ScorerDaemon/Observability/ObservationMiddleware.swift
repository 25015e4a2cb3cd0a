import HTTPTypes
import Hummingbird
import Logging
import Synchronization

/// Counts and times every request, and writes a line for it into the log.
struct ObservationMiddleware<Context: RequestContext>: RouterMiddleware {
  private let active: PrometheusRegistry.Gauge
  private let series: RequestSeries

  init(metrics: DaemonMetrics) {
    active = metrics.registry.gauge("http_server_active_requests", [])
    series = RequestSeries(metrics.registry)
  }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    active.increment(by: 1)
    defer { active.decrement(by: 1) }
    let response = try await next(request, context)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let route = context.endpointPath ?? "NotFound"
    let (count, durations) = series.of(route, Self.known(request.method), response.status.code)
    count.increment(by: 1.0)
    durations.record(seconds)
    context.logger.log(
      level: response.status.kind == .serverError ? .warning : .debug, "request",
      metadata: [
        "method": .string(request.method.rawValue), "route": .string(route),
        "status": .stringConvertible(response.status.code), "seconds": .stringConvertible(seconds),
      ])
    return response
  }

  /// A client may make methods up, and each would be a new series.
  private static func known(_ method: HTTPRequest.Method) -> String {
    [.get, .head, .post, .put, .delete, .patch, .options].contains(method) ? method.rawValue : "other"
  }
}

/// The series of requests that were met, so that their names are made once.
private final class RequestSeries: Sendable {
  private struct Key: Hashable {
    let route: String
    let method: String
    let status: Int
  }

  private let registry: PrometheusRegistry
  private let known = Mutex<[Key: (PrometheusRegistry.Count, PrometheusRegistry.Histogram)]>([:])

  init(_ registry: PrometheusRegistry) { self.registry = registry }

  func of(
    _ route: String, _ method: String, _ status: Int
  ) -> (PrometheusRegistry.Count, PrometheusRegistry.Histogram) {
    known.withLock { known in
      let key = Key(route: route, method: method, status: status)
      if let series = known[key] { return series }
      let series = (
        registry.counter(
          "http_server_requests_total", [("method", method), ("route", route), ("status", "\(status)")]),
        registry.histogram("http_server_request_duration_seconds", [("route", route)])
      )
      known[key] = series
      return series
    }
  }
}
