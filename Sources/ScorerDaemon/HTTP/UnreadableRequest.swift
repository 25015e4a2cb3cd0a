import HTTPTypes
import HummingbirdCore
import NIOCore

/// The answer to what is no request at all, or has a head that is too large: the router never sees it.
enum UnreadableRequest {
  /// Bytes of one field, bytes of all fields, and their number.
  static let (longestField, longestHead, mostFields) = (16 << 10, 32 << 10, 100)

  /// A problem document, upon which the connection ends.
  static var answer: (head: HTTPResponse, body: ByteBuffer) {
    let problem = Problem(
      .malformedRequest,
      "this is no HTTP request that is read here: expected HTTP/1.1 with at most \(mostFields) header fields of "
        + "\(longestField) bytes each and \(longestHead) together")
    let body = ByteBuffer(string: problem.json(instance: "/").indented + "\n")
    let headers: HTTPFields = [
      .connection: "close", .contentType: "application/problem+json", .cacheControl: "no-store",
      .contentLength: "\(body.readableBytes)",
    ]
    return (HTTPResponse(status: problem.status, headerFields: headers), body)
  }
}
