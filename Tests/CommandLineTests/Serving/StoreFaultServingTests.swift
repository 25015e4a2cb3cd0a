import Foundation
import GRDB
import Testing

/// What becomes of a daemon whose store cannot be changed for a while.
@Suite struct StoreFaultServingTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private static let space = """
    name: filling
    family: fully_connected
    input: {shape: [16], outputs: 4, samples: 64}
    choices: {depth: {from: 1, to: 6}, width: {from: 20, to: 79}}
    scoring: {seeds: 2}
    """
  private static let yaml = ["Content-Type": "application/yaml"]

  @Test(.enabled(if: SmallDisk.isAllowed, "file systems may be mounted"))
  func aFullDiskStopsNothingForEver() throws {
    let disk = try SmallDisk(size: "500k", in: folder)
    let daemon = try RunningDaemon(store: disk.path + "/s.sqlite", in: folder)
    #expect(try daemon.send("GET", "/readyz").status == 200)
    let job = try daemon.submit(Self.space)
    while !daemon.process.errorsSoFar.contains("the store fails") { usleep(50_000) }
    try disk.fill()
    #expect(try daemon.send("GET", "/livez").status == 200)
    // Looks are a while apart.
    while try daemon.send("GET", "/readyz").status == 200 { usleep(100_000) }
    let unready = try problem(daemon.send("GET", "/readyz"), 503, "store-unavailable")
    #expect((unready["detail"] as? String)?.contains("full") == true)
    let status = try daemon.get("/v1/jobs/\(job)")["status"] as? String
    #expect(["queued", "running"].contains(status))
    try disk.empty()
    try disk.resize(to: "30m")
    let ended = try daemon.end(of: job)
    #expect(ended["status"] as? String == "finished")
    #expect((ended["progress"] as? [String: Any])?["fromStore"] as? Int ?? 0 > 0)
    while try daemon.send("GET", "/readyz").status != 200 { usleep(100_000) }
    #expect(try daemon.end(by: SIGTERM).exitCode == 0)
  }

  @Test(.enabled(if: SmallDisk.isAllowed, "file systems may be mounted"))
  func aDaemonThatStartsOnAFullDiskWaitsForRoom() throws {
    let disk = try SmallDisk(size: "2m", in: folder)
    let store = disk.path + "/s.sqlite"
    let job: Int
    do {
      let daemon = try RunningDaemon(["--threads", "1"], store: store, in: folder)
      job = try daemon.submit(Self.space)
      while try daemon.get("/v1/jobs/\(job)")["status"] as? String == "queued" { usleep(5000) }
      try daemon.end(by: SIGKILL)
    }
    // Without its log and the log's index, the store takes room to be read.
    let file = try DatabaseQueue(path: store)
    try file.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    try file.close()
    try disk.fill()
    let waiting = try Tool.start(["serve", "--port", "0", "--store", store], in: folder)
    while !waiting.errorsSoFar.contains("waiting for room") { usleep(50_000) }
    try disk.empty()
    try disk.resize(to: "30m")
    while !waiting.errorsSoFar.contains("listening on") { usleep(50_000) }
    waiting.send(SIGTERM)
    #expect(try waiting.wait().exitCode == 0)
    let next = try RunningDaemon(store: store, in: folder)
    #expect(try next.end(of: job)["status"] as? String == "finished")
  }

  @Test(.enabled(if: SmallDisk.isAllowed, "file systems may be mounted"))
  func aStoreThatMayNotBeWrittenCanBeRead() throws {
    let disk = try SmallDisk(size: "30m", in: folder)
    let daemon = try RunningDaemon(store: disk.path + "/s.sqlite", in: folder)
    let job = try daemon.submit(try String(contentsOfFile: Tool.tinySpace, encoding: .utf8))
    try daemon.end(of: job)
    let known = #"{"space": "tiny", "choices": {"depth": 2, "width": 64}}"#
    let json = ["Content-Type": "application/json"]
    try disk.makeReadOnly()
    #expect(try daemon.get("/v1/jobs/\(job)/ranking")["total"] as? Int == 12)
    #expect(try daemon.send("POST", "/v1/score", headers: json, body: known).status == 200)
    while try daemon.send("GET", "/readyz").status == 200 { usleep(100_000) }
    _ = try problem(daemon.send("GET", "/readyz"), 503, "store-unavailable")
    // A second one says why it does not start.
    let refused = try Tool.run(["serve", "--port", "0", "--store", disk.path + "/s.sqlite"], in: folder)
    #expect(refused.exitCode == 1 && !refused.errors.isEmpty)
    try disk.makeWritable()
    while try daemon.send("GET", "/readyz").status != 200 { usleep(100_000) }
    #expect(
      try daemon.end(of: try daemon.submit(Self.space, query: "?limit=3"))["status"] as? String == "finished")
  }

  @Test func whileAnotherProcessChangesTheStoreJobsAreTold() throws {
    let store = folder.file("s.sqlite")
    let daemon = try RunningDaemon(store: store, in: folder)
    let job = try daemon.submit(Self.space, query: "?limit=3")
    try daemon.end(of: job)
    let waiting = try (0..<100).map { _ in try daemon.connect() }
    try DatabaseQueue(path: store).inTransaction(.immediate) { _ in
      for (number, connection) in waiting.enumerated() {
        let body = Self.space.replacing("filling", with: "other\(number)")
        try connection.write(
          "POST /v1/spaces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
      }
      try waiting[0].write("POST /v1/jobs/\(job)/cancel HTTP/1.1\r\nHost: localhost\r\n\r\n")
      // None of those is answered yet, and whoever only looks is.
      #expect(try daemon.get("/v1/jobs/\(job)")["status"] as? String == "finished")
      #expect(try daemon.get("/v1/jobs/\(job)/ranking")["total"] as? Int == 3)
      return .commit
    }
    for connection in waiting { #expect(try connection.answer().status == 201) }
    #expect(try waiting[0].answer().status == 200)
  }

  @Test func aJobThatTheDaemonDiesOfFailsAndTheOthersGoOn() throws {
    let store = folder.file("s.sqlite")
    // Its only candidate takes longer than any process lives here.
    let heavy = SlowSpace.text(seeds: 1, outputs: 512)
    var jobs: [Int] = []
    for _ in 1...3 {
      let daemon = try RunningDaemon(["--threads", "1"], store: store, in: folder)
      if jobs.isEmpty { jobs = [try daemon.submit(heavy), try daemon.submit(Self.space)] }
      while try daemon.get("/v1/jobs/\(jobs[0])")["status"] as? String != "running" { usleep(5000) }
      try daemon.end(by: SIGKILL)
    }
    let daemon = try RunningDaemon(["--threads", "1"], store: store, in: folder)
    let failed = try daemon.end(of: jobs[0])
    #expect(failed["status"] as? String == "failed")
    #expect((failed["message"] as? String)?.contains("died 3 times in a row") == true)
    #expect(try daemon.end(of: jobs[1])["status"] as? String == "finished")
  }
}

/// A search space of one candidate that keeps a processor busy.
enum SlowSpace {
  static let question = #"{"space": "slow", "choices": {"width": 1024}}"#

  /// - Parameters:
  ///   - seeds: each takes the same time.
  ///   - outputs: as many backward passes.
  static func text(seeds: Int, outputs: Int) -> String {
    """
    name: slow
    family: fully_connected
    input: {shape: [256], outputs: \(outputs), samples: 256}
    fixed: {depth: 6}
    choices: {width: [1024]}
    scoring: {seeds: \(seeds), output_reduction: trace}
    """
  }
}
