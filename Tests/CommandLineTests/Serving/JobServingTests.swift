import Foundation
import GRDB
import Testing

/// Jobs, from their submission to their end, over a real connection.
@Suite struct JobServingTests {
  let folder: ScratchFolder
  let store: String
  init() throws {
    folder = try ScratchFolder()
    store = folder.file("s.sqlite")
  }

  private var tiny: String { get throws { try String(contentsOfFile: Tool.tinySpace, encoding: .utf8) } }

  /// Takes some seconds on one processor.
  private static let long = """
    name: long
    family: fully_connected
    input: {shape: [512], outputs: 10, samples: 192}
    choices: {depth: {from: 1, to: 6}, width: {from: 100, to: 299}}
    scoring: {seeds: 1}

    """

  @Test func aJobGivesTheRankingOfTheCommandLine() throws {
    let daemon = try RunningDaemon(store: store, in: folder)
    let job = try daemon.submit(try tiny)
    let ended = try daemon.end(of: job)
    #expect(ended["status"] as? String == "finished")
    #expect((ended["progress"] as? [String: Any])?["done"] as? Int == 12)
    let ranking = try daemon.get("/v1/jobs/\(job)/ranking")
    let typed = try jsonObject(
      try Tool.run(["rank", Tool.tinySpace, "--no-store", "--format", "json"], in: folder).output)
    #expect(
      NSArray(array: try #require(ranking["candidates"] as? [Any]))
        == NSArray(array: try #require(typed["candidates"] as? [Any])))
    #expect(
      NSDictionary(dictionary: try #require(ranking["identity"] as? [String: Any]))
        == NSDictionary(dictionary: try #require(typed["identity"] as? [String: Any])))
    #expect(try daemon.end(by: SIGTERM).exitCode == 0)
  }

  @Test func theSameKeyIsTheSameJobAndNeverAnotherRequest() throws {
    let daemon = try RunningDaemon(store: store, in: folder)
    let key = ["Idempotency-Key": "one"]
    let job = try daemon.submit(try tiny, headers: key)
    #expect(try daemon.submit(try tiny, headers: key) == job)
    let other = try daemon.send(
      "POST", "/v1/jobs?limit=3",
      headers: key.merging(["Content-Type": "application/yaml"]) { $1 }, body: try tiny)
    #expect(other.status == 422)
    #expect(try other.json()["type"] as? String == "/docs#idempotency-key-reused")
    #expect((try daemon.get("/v1/jobs")["jobs"] as? [Any])?.count == 1)
  }

  @Test func jobsAreListedByThePage() throws {
    let daemon = try RunningDaemon(store: store, in: folder)
    let ids = try (0..<5).map { try daemon.submit(try tiny, query: "?limit=2&sampling_seed=\($0)") }
    for id in ids { try daemon.end(of: id) }
    var found: [Int] = []
    var cursor = ""
    repeat {
      let page = try daemon.get("/v1/jobs?limit=2" + cursor)
      found += try #require(page["jobs"] as? [[String: Any]]).compactMap { $0["id"] as? Int }
      cursor = (page["nextCursor"] as? String).map { "&cursor=\($0)" } ?? ""
    } while !cursor.isEmpty
    #expect(found == ids.reversed())
    #expect((try daemon.get("/v1/jobs?status=failed")["jobs"] as? [Any])?.isEmpty == true)
  }

  @Test func aShortJobDoesNotWaitForALongOne() throws {
    let daemon = try RunningDaemon(["--threads", "1"], store: store, in: folder)
    let long = try daemon.submit(Self.long)
    let short = try daemon.submit(try tiny)
    #expect(try daemon.end(of: short)["status"] as? String == "finished")
    #expect(try daemon.get("/v1/jobs/\(long)")["status"] as? String == "running")
  }

  @Test func aCancelledJobEndsAndKeepsWhatItHas() throws {
    let daemon = try RunningDaemon(store: store, in: folder)
    let job = try daemon.submit(Self.long)
    while ((try daemon.get("/v1/jobs/\(job)")["progress"] as? [String: Any])?["done"] as? Int ?? 0) == 0 {
      usleep(20_000)
    }
    #expect(try daemon.send("DELETE", "/v1/jobs/\(job)").status == 409)
    #expect([200, 202].contains(try daemon.send("POST", "/v1/jobs/\(job)/cancel").status))
    let ended = try daemon.end(of: job)
    #expect(ended["status"] as? String == "cancelled")
    let ranking = try daemon.get("/v1/jobs/\(job)/ranking")
    let count = try #require(ranking["total"] as? Int)
    #expect(count > 0 && count < 1200)
    #expect(try daemon.send("DELETE", "/v1/jobs/\(job)").status == 204)
    #expect(try daemon.send("GET", "/v1/jobs/\(job)").status == 404)
  }

  @Test func acknowledgedCancellationsSurviveACrash() throws {
    let daemon = try RunningDaemon(["--threads", "1"], store: store, in: folder)
    let job = try daemon.submit(Self.long)
    while try daemon.get("/v1/jobs/\(job)")["status"] as? String != "running" { usleep(5000) }
    #expect([200, 202].contains(try daemon.send("POST", "/v1/jobs/\(job)/cancel").status))
    try daemon.end(by: SIGKILL)
    let next = try RunningDaemon(store: store, in: folder)
    #expect(try next.end(of: job)["status"] as? String == "cancelled")
  }

  @Test func aPageGoesOnBehindTheRowThatWasLastAndOnlyForItsOwnQuestion() throws {
    let daemon = try RunningDaemon(store: store, in: folder)
    let job = try daemon.submit(try tiny)
    try daemon.end(of: job)
    let page = try daemon.get("/v1/jobs/\(job)/ranking?limit=4&sort=width")
    let cursor = try #require(page["nextCursor"] as? String)
    #expect(
      try daemon.send("GET", "/v1/jobs/\(job)/ranking?limit=4&sort=depth&cursor=\(cursor)").status == 422)
    #expect(try daemon.send("GET", "/v1/jobs/\(job)/ranking?cursor=MTA").status == 422)
    let dashboard = try daemon.send("GET", "/jobs/\(job)?limit=5").text
    let next = try #require(dashboard.firstRange(of: "rel=\"next\" href=\""))
    let address = dashboard[next.upperBound...].prefix { $0 != "\"" }.replacing("&amp;", with: "&")
    let second = try daemon.send("GET", String(address)).text
    #expect(second.contains("6–10 of 12") && second.contains("rel=\"prev\""))
  }

  @Test func aFullQueueSaysWhenToComeAgain() throws {
    let daemon = try RunningDaemon(
      ["--max-queue", "1", "--max-jobs", "1", "--threads", "1"], store: store, in: folder)
    _ = try daemon.submit(Self.long)
    var answers: [HTTPConnection.Answer] = []
    for seed in 0..<3 {
      answers.append(
        try daemon.send(
          "POST", "/v1/jobs?limit=200&sampling_seed=\(seed)", headers: ["Content-Type": "application/yaml"],
          body: Self.long))
    }
    let refused = try #require(answers.first { $0.status == 429 })
    #expect(refused.headers["retry-after"] == "10")
    #expect(refused.headers["content-type"] == "application/problem+json")
    #expect(answers.count { $0.status == 202 } <= 2)
  }

  @Test func eventsTellTheWayOfAJobAndAreTakenUpAgain() throws {
    let daemon = try RunningDaemon(store: store, in: folder)
    let job = try daemon.submit(Self.long)
    let connection = try daemon.connect()
    try connection.write("GET /v1/jobs/\(job)/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    let head = try connection.head()
    #expect(head.status == 200)
    #expect(head.headers["content-type"]?.hasPrefix("text/event-stream") == true)
    var text = ""
    while !text.contains("event: end"), let chunk = try connection.chunk() {
      text += String(decoding: chunk, as: UTF8.self)
    }
    let identifiers = text.split(separator: "\n").filter { $0.hasPrefix("id: ") }.map {
      String($0.dropFirst(4))
    }
    #expect(identifiers.count > 3 && Set(identifiers).count == identifiers.count)
    let last = try #require(text.split(separator: "\n").last { $0.hasPrefix("data: ") })
    #expect(try jsonObject(String(last.dropFirst(6)))["status"] as? String == "finished")

    // From the middle: what came after, in the same order; from the end: nothing is left to tell.
    let middle = identifiers[identifiers.count - 3]
    let again = try daemon.send("GET", "/v1/jobs/\(job)/events", headers: ["Last-Event-ID": middle])
    let rest = again.text.split(separator: "\n").filter { $0.hasPrefix("id: ") }.map {
      String($0.dropFirst(4))
    }
    #expect(rest == Array(identifiers.suffix(2)))
    // Who only asks what there is leaves nothing open.
    for _ in 0..<3 { #expect(try daemon.send("HEAD", "/v1/jobs/\(job)/events").status == 200) }
    #expect(try daemon.send("GET", "/metrics").text.contains("ntkscorer_event_streams 0\n"))
    let end = try #require(identifiers.last)
    #expect(
      try daemon.send("GET", "/v1/jobs/\(job)/events", headers: ["Last-Event-ID": end]).status == 204)
  }

  @Test func killingTheDaemonLosesNoJobAndNoScore() throws {
    /// Jobs that go on at once and have candidates in common may both compute one; these have none.
    func space(_ number: Int) -> String {
      Self.long.replacing("from: 100, to: 299", with: "from: \(100 + 10 * number), to: \(109 + 10 * number)")
    }
    var ids: [Int] = []
    var (killed, computedTwice) = (0, 0)
    /// What was computed is in the store as one row more; what was computed again is not.
    func noteComputations(_ daemon: RunningDaemon, since rows: Int) throws {
      computedTwice += max(0, try computations(of: daemon) - (try storedScores() - rows))
    }
    for attempt in 0..<20 {
      let rows = try storedScores()
      let daemon = try RunningDaemon(["--threads", "1"], store: store, in: folder)
      if attempt % 5 == 0 {
        ids.append(try daemon.submit(space(ids.count)))
      }
      // What was acknowledged is there.
      let known = try #require(try daemon.get("/v1/jobs")["jobs"] as? [[String: Any]])
      #expect(Set(known.compactMap { $0["id"] as? Int }) == Set(ids))
      usleep(UInt32(attempt * 37_000 % 400_000))
      // Processes that die of the same job again and again, before it has computed anything, are another test.
      while attempt % 2 == 1, try suspectedJobs() > 0 { usleep(5000) }
      try noteComputations(daemon, since: rows)
      if try daemon.end(by: SIGKILL).signal == SIGKILL { killed += 1 }
    }
    #expect(killed == 20)
    let rows = try storedScores()
    let daemon = try RunningDaemon(store: store, in: folder)
    for id in ids { #expect(try daemon.end(of: id)["status"] as? String == "finished") }
    try noteComputations(daemon, since: rows)
    #expect(computedTwice == 0)
    // The scores are those of a run that nobody disturbed.
    let elsewhere = try RunningDaemon(store: folder.file("other.sqlite"), in: folder)
    for (place, id) in ids.enumerated() {
      let job = try elsewhere.submit(space(place))
      try elsewhere.end(of: job)
      let disturbed = try daemon.get("/v1/jobs/\(id)/ranking?limit=1000")["candidates"] as? [Any]
      let undisturbed = try elsewhere.get("/v1/jobs/\(job)/ranking?limit=1000")["candidates"] as? [Any]
      #expect(NSArray(array: disturbed ?? []) == NSArray(array: undisturbed ?? [1]))
    }
    let list = try jsonObject(
      try Tool.run(["store", "list", "--store", store, "--format", "json"], in: folder).output)
    #expect(list["conflicts"] as? Int == 0)
  }

  private func computations(of daemon: RunningDaemon) throws -> Int {
    let text = try daemon.send("GET", "/metrics").text
    let name = try #require(text.firstRange(of: "\nntkscorer_candidates_computed_total "))
    return try #require(Int(text[name.upperBound...].prefix(while: \.isNumber)))
  }

  private func storedScores() throws -> Int { try count("SELECT COUNT(*) FROM scores") }

  /// Those during which a process died, and which have computed nothing since.
  private func suspectedJobs() throws -> Int {
    try count("SELECT COUNT(*) FROM jobs WHERE deaths > 0 AND status IN ('queued', 'running')")
  }

  private func count(_ sql: String) throws -> Int {
    guard FileManager.default.fileExists(atPath: store) else { return 0 }
    return try DatabaseQueue(path: store).read { try Int.fetchOne($0, sql: sql) ?? 0 }
  }

  @Test func stoppingPutsJobsBackAndTheNextStartGoesOn() throws {
    let daemon = try RunningDaemon(store: store, in: folder)
    let job = try daemon.submit(Self.long)
    while ((try daemon.get("/v1/jobs/\(job)")["progress"] as? [String: Any])?["done"] as? Int ?? 0) < 3 {
      usleep(20_000)
    }
    let ended = try daemon.end(by: SIGTERM)
    #expect(ended.exitCode == 0, "\(ended.errors)")
    let next = try RunningDaemon(store: store, in: folder)
    let document = try next.end(of: job)
    #expect(document["status"] as? String == "finished")
    #expect((document["progress"] as? [String: Any])?["fromStore"] as? Int ?? 0 >= 3)
  }

  @Test func aSecondDaemonOnOneStoreIsRefused() throws {
    let daemon = try RunningDaemon(store: store, in: folder)
    let second = try Tool.run(["serve", "--port", "0", "--store", store], in: folder)
    #expect(second.exitCode == 1)
    #expect(second.errors.contains("another daemon, process"))
    // Nor by another way to the same file.
    let link = folder.file("link.sqlite")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: store)
    let linked = try Tool.run(["serve", "--port", "0", "--store", link], in: folder)
    #expect(linked.exitCode == 1 && linked.errors.contains("another daemon, process"))
    #expect(try daemon.send("GET", "/livez").status == 200)
    // A command beside the daemon is welcome.
    #expect(try Tool.run(["rank", Tool.tinySpace, "--store", store], in: folder).exitCode == 0)
    // And a port that is taken is told.
    let third = try Tool.run(
      ["serve", "--port", "\(daemon.port)", "--store", folder.file("t.sqlite")], in: folder)
    #expect(third.exitCode == 1)
    #expect(third.errors.contains("cannot listen on 127.0.0.1:\(daemon.port): Address already in use"))
  }
}
