import HTTPTypes
import Hummingbird

/// Makes a problem document of every error, and tells a wrong method from a wrong address.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
  let routes: RouteList

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do { return try await next(request, context) } catch {
      var problem = Problem(error)
      if problem.kind == .internalError || problem.kind == .storeUnavailable || problem.kind == .diskFull {
        context.logger.error("request failed", metadata: ["error": "\(error)"])
      }
      if problem.kind == .notFound, error is HTTPError {
        let methods = routes.methods(at: request.uri.path)
        if !methods.isEmpty {
          problem = Problem(
            .methodNotAllowed,
            "\(request.method) does not apply here; expected \(methods.map(\.rawValue).joined(separator: " or "))",
            headers: [.allow: methods.map(\.rawValue).joined(separator: ", ")])
        }
      }
      return problem.response(from: request, context: context)
    }
  }
}
