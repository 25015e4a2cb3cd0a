import CZlib
import HTTPTypes
import Hummingbird
import NIOCore

/// Sends longer texts compressed to clients that understand gzip.
struct CompressionMiddleware<Context: RequestContext>: RouterMiddleware {
  /// Shorter ones would hardly shrink.
  private static var fewestBytes: Int { 1024 }
  private static var kinds: [String] { ["application/json", "text/", "application/problem+json"] }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    let type = response.headers[.contentType] ?? ""
    guard Self.kinds.contains(where: type.hasPrefix), !type.hasPrefix("text/event-stream"),
      let length = response.body.contentLength, length >= Self.fewestBytes
    else { return response }
    response.headers[.vary] = "Accept-Encoding"
    guard Self.accepts(request.headers[.acceptEncoding] ?? ""), request.method != .head else {
      return response
    }
    let collector = Collector()
    try await response.body.write(collector)
    guard let compressed = Gzip.compressed(collector.bytes) else { return response }
    response.headers[.contentEncoding] = "gzip"
    response.headers[.contentLength] = "\(compressed.count)"
    // Another spelling of the same document: equal in meaning, not byte for byte.
    if let tag = response.headers[.eTag], !tag.hasPrefix("W/") { response.headers[.eTag] = "W/" + tag }
    response.body = ResponseBody(byteBuffer: ByteBuffer(bytes: compressed))
    return response
  }

  private static func accepts(_ encodings: String) -> Bool {
    encodings.split(separator: ",").contains { item in
      let parts = item.split(separator: ";").map { $0.filter { $0 != " " } }
      return parts.first?.lowercased() == "gzip"
        && !parts.dropFirst().contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
    }
  }

  /// Takes a body that is in memory already.
  private final class Collector: ResponseBodyWriter {
    var bytes: [UInt8] = []

    func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytesView }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }
}

enum Gzip {
  /// Nil when zlib refuses, which it does for want of memory alone.
  static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    // 16 more than the window's size asks for gzip's own header.
    guard
      deflateInit2_(
        &stream, 4, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { deflateEnd(&stream) }
    let most = Int(deflateBound(&stream, UInt(bytes.count)))
    var input = bytes
    let count = input.count
    let compressed = [UInt8](unsafeUninitializedCapacity: most) { output, written in
      let code = input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(most)
        return deflate(&stream, Z_FINISH)
      }
      written = code == Z_STREAM_END ? most - Int(stream.avail_out) : 0
    }
    return compressed.isEmpty ? nil : compressed
  }
}
