import HTTPTypes
import Hummingbird
import Synchronization

/// The routes of the daemon, written as in its description: `/v1/jobs/{id}`.
final class RouteList: Sendable {
  struct Route: Hashable, Sendable {
    let method: HTTPRequest.Method
    let path: String
  }

  private let list = Mutex<[Route]>([])

  var all: [Route] { list.withLock { $0 } }

  func add(_ method: HTTPRequest.Method, _ path: String) {
    list.withLock { $0.append(Route(method: method, path: path)) }
  }

  /// The methods that apply at an address, sorted; none when nothing is there.
  func methods(at path: String) -> [HTTPRequest.Method] {
    let parts = path.split(separator: "/")
    var found = Set(
      all.filter { route in
        let pattern = route.path.split(separator: "/")
        return pattern.count == parts.count
          && zip(pattern, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
      }.map(\.method))
    if found.contains(.get) { found.insert(.head) }
    return found.sorted { $0.rawValue < $1.rawValue }
  }
}

/// Where routes are added.
struct RouteTable {
  let router: Router<DaemonContext>
  let routes: RouteList

  func on(
    _ method: HTTPRequest.Method, _ path: String,
    _ handler: @escaping @Sendable (Request, DaemonContext) async throws -> Response
  ) {
    routes.add(method, path)
    router.on(RouterPath(path), method: method, responder: CallbackResponder(callback: handler))
  }
}
