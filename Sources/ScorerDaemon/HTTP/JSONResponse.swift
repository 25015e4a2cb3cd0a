import HTTPTypes
import Hummingbird
import NIOCore
import Reports

extension Response {
  /// - Parameter tag: what changes whenever the document does, without quotes; nil for a document that is not to be kept.
  static func json(
    _ value: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], tag: String? = nil,
    for request: Request
  ) -> Response {
    text(value.indented + "\n", "application/json", status: status, headers: headers, tag: tag, for: request)
  }

  /// - Parameter type: a media type.
  static func text(
    _ text: String, _ type: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:],
    tag: String? = nil, for request: Request
  ) -> Response {
    var headers = headers
    headers[.cacheControl] = tag == nil ? "no-store" : "no-cache"
    if let tag {
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
