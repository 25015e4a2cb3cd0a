import HTTPTypes
import Hummingbird

/// Who may ask. With a token: who brings it, as `Authorization: Bearer …`, or as the password of the dialogue that a
/// browser shows. Without one the daemon listens to its own machine alone, and then a request has to name that machine:
/// a page from elsewhere whose name was made to point here (DNS rebinding) does not.
struct AdmissionMiddleware<Context: RequestContext>: RouterMiddleware {
  let token: String?

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    if ["/livez", "/readyz"].contains(request.uri.path) { return try await next(request, context) }
    if let origin = request.headers[.origin], ![.get, .head].contains(request.method),
      !Self.isSame(origin, request.head.authority)
    {
      throw Problem(.foreignOrigin, "pages of '\(origin)' may not change anything here")
    }
    if let token {
      guard Self.isAllowed(request.headers[.authorization] ?? "", token) else {
        throw Problem(
          .unauthorized, "send the daemon's token as `Authorization: Bearer TOKEN`",
          headers: [.wwwAuthenticate: "Basic realm=\"ntkscorer\", charset=\"UTF-8\""])
      }
    } else if let authority = request.head.authority, !Self.isLoopback(authority) {
      throw Problem(
        .misdirected,
        "'\(authority)' is not this machine's own name; without a token only requests to localhost are answered"
      )
    }
    return try await next(request, context)
  }

  /// Whether a page comes from this daemon. Browsers send what a page of any site asks them to, logged in as they are, but
  /// they say which site it was.
  private static func isSame(_ origin: String, _ authority: String?) -> Bool {
    guard let authority, let mark = origin.range(of: "://") else { return false }
    return origin[mark.upperBound...].lowercased() == authority.lowercased()
  }

  private static func isLoopback(_ authority: String) -> Bool {
    var host = authority[...]
    if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") { host = host[..<colon] }
    return DaemonConfiguration.isLoopback(String(host))
  }

  private static func isAllowed(_ authorization: String, _ token: String) -> Bool {
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2 else { return false }
    switch parts[0].lowercased() {
    case "bearer": return ConstantTime.areEqual(parts[1].utf8, token.utf8)
    case "basic":
      guard let decoded = Base64.decoded(String(parts[1])), let colon = decoded.firstIndex(of: 0x3A) else {
        return false
      }
      return ConstantTime.areEqual(decoded[(colon + 1)...], token.utf8)
    default: return false
    }
  }
}

enum ConstantTime {
  /// Whether two texts are equal, in a time that depends on the given one's length alone, and not on how much of it is
  /// right.
  static func areEqual(_ given: some Collection<UInt8>, _ secret: some Collection<UInt8>) -> Bool {
    let secret = Array(secret)
    guard !secret.isEmpty else { return false }
    var difference = UInt(bitPattern: given.count ^ secret.count)
    for (index, byte) in given.enumerated() { difference |= UInt(byte ^ secret[index % secret.count]) }
    return difference == 0
  }
}
