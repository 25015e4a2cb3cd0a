import HTTPTypes
import Hummingbird
import NIOCore
import Reports

extension Response {
  /// - Parameter isTagged: whether the document has an ETag, by which a client asks whether its copy is still right.
  static func json(
    _ value: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], isTagged: Bool = false,
    for request: Request
  ) -> Response {
    text(
      value.indented + "\n", "application/json", status: status, headers: headers, isTagged: isTagged,
      for: request)
  }

  /// - Parameters:
  ///   - type: a media type.
  ///   - isTagged: as of `json`. The tag is a digest of the text, so that it changes whenever that does.
  static func text(
    _ text: String, _ type: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:],
    isTagged: Bool = false, for request: Request
  ) -> Response {
    var headers = headers
    headers[.cacheControl] = isTagged ? "no-cache" : "no-store"
    if isTagged {
      let tag = Base64.digest(text)
      headers[.eTag] = "\"\(tag)\""
      if request.knows(tag) { return Response(status: .notModified, headers: headers) }
    }
    headers[.contentType] = type
    return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
  }
}

extension Request {
  /// Whether the client has the document with this tag already.
  fileprivate func knows(_ tag: String) -> Bool {
    guard let given = headers[.ifNoneMatch] else { return false }
    return given.split(separator: ",").contains { item in
      let item = item.trimmingPrefix { $0 == " " }
      let strong = item.hasPrefix("W/") ? item.dropFirst(2) : item[...]
      return strong == "*" || strong.filter { $0 != " " } == "\"\(tag)\""
    }
  }
}
