import Foundation
import Testing

/// A connection to a daemon on this machine, used as plainly as possible: what is sent is what the test says.
final class HTTPConnection {
  struct Answer {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: Data

    var text: String { String(decoding: body, as: UTF8.self) }

    func json() throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any], "\(status) \(text)")
    }
  }

  struct Broken: Error, CustomStringConvertible {
    let description: String
  }

  private let descriptor: Int32
  private var buffer: [UInt8] = []

  init(port: Int, secondsToWait: Int = 120) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Broken(description: "no socket") }
    var timeout = timeval(tv_sec: secondsToWait, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else {
      close(descriptor)
      throw Broken(description: "cannot connect: \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  /// One request on this connection, and its answer.
  func send(
    _ method: String, _ path: String, headers: [String: String] = [:], body: String? = nil
  ) throws -> Answer {
    var head = "\(method) \(path) HTTP/1.1\r\n"
    var all = ["Host": "localhost"].merging(headers) { $1 }
    if let body { all["Content-Length"] = "\(body.utf8.count)" }
    for (name, value) in all { head += "\(name): \(value)\r\n" }
    try write(head + "\r\n" + (body ?? ""))
    return try answer(hasBody: method != "HEAD")
  }

  func write(_ text: String) throws {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Broken(description: "cannot send: \(String(cString: strerror(errno)))") }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Says that nothing more will be sent, and still listens.
  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// The next answer on this connection.
  func answer(hasBody: Bool = true) throws -> Answer {
    let (status, headers) = try head()
    var body: [UInt8] = []
    if !hasBody || status == 204 || status == 304 {
    } else if headers["transfer-encoding"] == "chunked" {
      while let chunk = try chunk() { body += chunk }
    } else if let length = headers["content-length"].flatMap(Int.init) {
      body = try take(length)
    }
    return Answer(status: status, headers: headers, body: Data(body))
  }

  /// The status and headers of an answer whose body is read as it comes.
  func head() throws -> (status: Int, headers: [String: String]) {
    var lines: [String] = []
    while true {
      let line = try self.line()
      if line.isEmpty { break }
      lines.append(line)
    }
    let parts = lines.first?.split(separator: " ") ?? []
    guard parts.count >= 2, let status = Int(parts[1]) else {
      throw Broken(description: "no status line: \(lines)")
    }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let pair = line.split(separator: ":", maxSplits: 1)
      headers[pair[0].lowercased()] = pair.count > 1 ? pair[1].trimmingCharacters(in: .whitespaces) : ""
    }
    return (status, headers)
  }

  /// The next piece of a chunked body; nil at its end.
  func chunk() throws -> [UInt8]? {
    guard let size = Int(try line().prefix { $0 != ";" }, radix: 16) else {
      throw Broken(description: "no size of a chunk")
    }
    let bytes = try take(size)
    _ = try line()
    return size == 0 ? nil : bytes
  }

  /// Whether the other side has closed, waiting for it.
  func isClosed() -> Bool {
    do {
      try read()
      return false
    } catch { return true }
  }

  private func line() throws -> String {
    while true {
      if let end = buffer.firstIndex(of: 10) {
        let line = String(decoding: buffer[..<end].filter { $0 != 13 }, as: UTF8.self)
        buffer.removeFirst(end + 1)
        return line
      }
      try read()
    }
  }

  private func take(_ count: Int) throws -> [UInt8] {
    while buffer.count < count { try read() }
    defer { buffer.removeFirst(count) }
    return Array(buffer[..<count])
  }

  private func read() throws {
    var block = [UInt8](repeating: 0, count: 1 << 16)
    var count = -1
    repeat { count = recv(descriptor, &block, block.count, 0) } while count < 0 && errno == EINTR
    guard count > 0 else {
      throw Broken(description: count == 0 ? "closed" : String(cString: strerror(errno)))
    }
    buffer += block[..<count]
  }
}

/// A problem document of a kind, whole.
func problem(_ answer: HTTPConnection.Answer, _ status: Int, _ kind: String) throws -> [String: Any] {
  #expect(answer.status == status, "\(answer.text)")
  #expect(answer.headers["content-type"] == "application/problem+json")
  let document = try answer.json()
  #expect(document["type"] as? String == "/docs#\(kind)")
  #expect(document["status"] as? Int == status)
  #expect((document["title"] as? String)?.isEmpty == false)
  #expect((document["detail"] as? String)?.isEmpty == false)
  return document
}
