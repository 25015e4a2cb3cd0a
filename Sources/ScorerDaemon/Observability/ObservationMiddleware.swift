import HTTPTypes
import Hummingbird
import Logging

/// Counts and times every request, and writes a line for it into the log.
struct ObservationMiddleware<Context: RequestContext>: RouterMiddleware {
  let metrics: DaemonMetrics

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let active = metrics.registry.gauge("http_server_active_requests", [])
    active.increment(by: 1)
    defer { active.decrement(by: 1) }
    let response = try await next(request, context)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let route = context.endpointPath ?? "NotFound"
    let dimensions = [
      ("method", Self.known(request.method)), ("route", route), ("status", "\(response.status.code)"),
    ]
    metrics.registry.counter("http_server_requests_total", dimensions).increment(by: 1.0)
    metrics.registry.histogram("http_server_request_duration_seconds", [("route", route)]).record(seconds)
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
