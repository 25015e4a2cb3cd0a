import Foundation
import Testing

/// `ntkscorer serve` as a process of its own.
final class RunningDaemon {
  let process: RunningProcess
  let port: Int
  private var hasEnded = false

  /// Starts it and waits until it listens.
  init(_ arguments: [String] = [], store: String, in folder: ScratchFolder) throws {
    process = try Tool.start(["serve", "--port", "0", "--store", store] + arguments, in: folder)
    for _ in 0..<1200 {
      let log = process.errorsSoFar
      if let range = log.range(of: "listening on http://127.0.0.1:"),
        let port = Int(log[range.upperBound...].prefix { $0.isNumber })
      {
        self.port = port
        return
      }
      usleep(50_000)
    }
    process.send(SIGKILL)
    throw HTTPConnection.Broken(description: "it does not listen: \(try process.wait().errors)")
  }

  deinit { if !hasEnded { _ = try? end(by: SIGKILL) } }

  func connect() throws -> HTTPConnection { try HTTPConnection(port: port) }

  /// One request on a connection of its own.
  func send(
    _ method: String, _ path: String, headers: [String: String] = [:], body: String? = nil
  ) throws -> HTTPConnection.Answer {
    try connect().send(method, path, headers: headers, body: body)
  }

  func get(_ path: String) throws -> [String: Any] {
    let answer = try send("GET", path)
    #expect(answer.status == 200, "\(path): \(answer.text)")
    return try answer.json()
  }

  /// Submits a search space.
  /// - Returns: the number of its job.
  func submit(_ space: String, query: String = "", headers: [String: String] = [:]) throws -> Int {
    let answer = try send(
      "POST", "/v1/jobs" + query, headers: ["Content-Type": "application/yaml"].merging(headers) { $1 },
      body: space)
    #expect(answer.status == 202, "\(answer.text)")
    let job = try answer.json()
    let id = try #require(job["id"] as? Int)
    #expect(answer.headers["location"] == "/v1/jobs/\(id)")
    return id
  }

  /// Waits until a job has ended.
  @discardableResult
  func end(of job: Int) throws -> [String: Any] {
    let connection = try connect()
    for _ in 0..<2400 {
      let document = try connection.send("GET", "/v1/jobs/\(job)").json()
      if let status = document["status"] as? String, !["queued", "running"].contains(status) {
        return document
      }
      usleep(50_000)
    }
    throw HTTPConnection.Broken(description: "job \(job) does not end")
  }

  @discardableResult
  func end(by signal: Int32) throws -> Finished {
    hasEnded = true
    process.send(signal)
    return try process.wait()
  }
}
