import Foundation
import Testing

/// What the daemon says to requests of every kind, good and bad.
@Suite struct RequestServingTests {
  let folder: ScratchFolder
  let daemon: RunningDaemon

  init() throws {
    folder = try ScratchFolder()
    try FileManager.default.createDirectory(atPath: folder.file("data"), withIntermediateDirectories: false)
    daemon = try RunningDaemon(
      ["--max-body", "100K", "--data", folder.file("data")], store: folder.file("s.sqlite"), in: folder)
  }

  private static let yaml = ["Content-Type": "application/yaml"]

  private func problem(_ answer: HTTPConnection.Answer, _ status: Int, _ kind: String) throws -> [String: Any]
  {
    #expect(answer.status == status, "\(answer.text)")
    #expect(answer.headers["content-type"] == "application/problem+json")
    let document = try answer.json()
    #expect(document["type"] as? String == "/docs#\(kind)")
    #expect(document["status"] as? Int == status)
    #expect((document["title"] as? String)?.isEmpty == false)
    #expect((document["detail"] as? String)?.isEmpty == false)
    return document
  }

  @Test func everyMistakeIsAProblemDocument() throws {
    _ = try problem(daemon.send("GET", "/nowhere"), 404, "not-found")
    _ = try problem(daemon.send("GET", "/v1/jobs/17"), 404, "not-found")
    _ = try problem(daemon.send("GET", "/v1/jobs/x"), 404, "not-found")
    let wrongMethod = try daemon.send("PUT", "/v1/jobs")
    _ = try problem(wrongMethod, 405, "method-not-allowed")
    #expect(wrongMethod.headers["allow"] == "GET, HEAD, POST")
    _ = try problem(
      daemon.send("POST", "/v1/jobs", headers: ["Content-Type": "text/html"], body: "x"), 415,
      "unsupported-media-type")
    _ = try problem(
      daemon.send("POST", "/v1/jobs", headers: Self.yaml, body: String(repeating: "#", count: 200_000)), 413,
      "too-large")
    _ = try problem(daemon.send("GET", "/v1/jobs?limit=0"), 422, "invalid-request")
    _ = try problem(daemon.send("GET", "/v1/jobs?size=3"), 422, "invalid-request")
    _ = try problem(
      daemon.send("GET", "/v1/jobs", headers: ["Host": "evil.example"]), 421, "misdirected")
  }

  @Test func pagesOfOtherSitesChangeNothing() throws {
    for origin in ["http://evil.example", "http://localhost:1", "null"] {
      _ = try problem(
        daemon.send("POST", "/v1/jobs/1/cancel", headers: ["Origin": origin]), 403, "foreign-origin")
      #expect(try daemon.send("GET", "/v1/jobs", headers: ["Origin": origin]).status == 200)
    }
    // The daemon's own pages are heard: there is no such job.
    _ = try problem(
      daemon.send("POST", "/v1/jobs/1/cancel", headers: ["Origin": "http://localhost"]), 404, "not-found")
  }

  @Test func mistakesOfASearchSpaceHaveTheirPlaces() throws {
    let text = """
      family: fully_connected
      input: {shape: [4], outputs: 2, samples: 4}
      choices:
        dpth: [1, 2]
        width: [0]
      """
    let document = try problem(
      daemon.send("POST", "/v1/jobs", headers: Self.yaml, body: text), 422, "invalid-document")
    #expect(document["line"] as? Int == 4)
    #expect(document["column"] as? Int == 3)
    #expect(document["suggestion"] as? String == "depth")
    let errors = try #require(document["errors"] as? [[String: Any]])
    #expect(errors.compactMap { $0["line"] as? Int } == [4, 5])
  }

  @Test func aJSONSpaceIsASpaceToo() throws {
    let text =
      #"{"name": "j", "family": "fully_connected", "input": {"shape": [4], "outputs": 2, "samples": 4}, "choices": {"depth": [1, 2], "width": [8]}}"#
    let answer = try daemon.send(
      "POST", "/v1/jobs", headers: ["Content-Type": "application/json; charset=utf-8"], body: text)
    #expect(answer.status == 202)
    #expect(try daemon.end(of: try #require(answer.json()["id"] as? Int))["status"] as? String == "finished")
  }

  @Test(arguments: ["/etc/passwd", "../secret.npy", "link/secret.npy", "nothing.npy"])
  func noFileOutsideTheDataFolderIsOpened(path: String) throws {
    try? FileManager.default.createSymbolicLink(
      atPath: folder.file("data/link"), withDestinationPath: folder.path)
    _ = try folder.write("secret", to: "secret.npy")
    let text = """
      family: fully_connected
      input: {shape: [4], outputs: 2, samples: 4, dataset: {kind: npy, path: \(path)}}
      choices: {depth: [1], width: [8]}
      """
    let answer = try daemon.send("POST", "/v1/jobs", headers: Self.yaml, body: text)
    #expect(answer.status == 422)
    #expect(!answer.text.contains(folder.path))
  }

  @Test func healthAndMetricsAreTold() throws {
    #expect(try daemon.send("GET", "/livez").text == "alive\n")
    #expect(try daemon.get("/readyz")["status"] as? String == "ready")
    let job = try daemon.submit(try String(contentsOfFile: Tool.tinySpace, encoding: .utf8))
    try daemon.end(of: job)
    let metrics = try daemon.send("GET", "/metrics")
    #expect(metrics.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
    #expect(metrics.text.contains("ntkscorer_candidates_computed_total 12\n"))
    #expect(metrics.text.contains("ntkscorer_jobs{status=\"finished\"} 1\n"))
    #expect(metrics.text.contains("# TYPE http_server_request_duration_seconds histogram\n"))
    #expect(metrics.text.contains("route=\"/v1/jobs/{id}\""))
    #expect(!metrics.text.contains("route=\"/v1/jobs/\(job)\""))
  }

  @Test func answersThatHaveNotChangedAreNotSentAgain() throws {
    let job = try daemon.submit(try String(contentsOfFile: Tool.tinySpace, encoding: .utf8))
    try daemon.end(of: job)
    for path in [
      "/v1/jobs", "/v1/jobs/\(job)", "/v1/jobs/\(job)/ranking", "/v1/spaces", "/v1/spaces/tiny",
      "/v1/metrics",
      "/v1/plugins", "/v1/jobs/\(job)/report?format=csv",
    ] {
      let first = try daemon.send("GET", path)
      let tag = try #require(first.headers["etag"], "\(path)")
      let second = try daemon.send("GET", path, headers: ["If-None-Match": tag])
      #expect(second.status == 304 && second.body.isEmpty, "\(path)")
      #expect(try daemon.send("HEAD", path).headers["etag"] == tag)
    }
  }

  @Test func rankingsAreFilteredSortedAndPaged() throws {
    let job = try daemon.submit(try String(contentsOfFile: Tool.tinySpace, encoding: .utf8))
    try daemon.end(of: job)
    func candidates(_ query: String) throws -> [[String: Any]] {
      try #require(try daemon.get("/v1/jobs/\(job)/ranking" + query)["candidates"] as? [[String: Any]])
    }
    func choices(_ query: String, _ name: String) throws -> [Int] {
      try candidates(query).compactMap { ($0["choices"] as? [String: Int])?[name] }
    }
    #expect(try candidates("").compactMap { $0["rank"] as? Int } == Array(1...12))
    #expect(try choices("?where=depth%3E%3D3,width!=64", "depth").allSatisfy { $0 >= 3 })
    #expect(try choices("?where=depth%3E%3D3,width!=64", "width").count == 4)
    #expect(try choices("?sort=width&order=descending", "width").prefix(4) == [128, 128, 128, 128])
    let byMetric = try candidates("?sort=lambda_max").compactMap {
      (($0["metrics"] as? [String: Any])?["lambdaMax"] as? [String: Any])?["value"] as? Double
    }
    #expect(byMetric == byMetric.sorted() && byMetric.count == 12)
    var pages: [String] = []
    var cursor = ""
    repeat {
      let page = try daemon.get("/v1/jobs/\(job)/ranking?limit=5&sort=id" + cursor)
      #expect(page["total"] as? Int == 12)
      pages += try #require(page["candidates"] as? [[String: Any]]).compactMap { $0["id"] as? String }
      cursor = (page["nextCursor"] as? String).map { "&cursor=\($0)" } ?? ""
    } while !cursor.isEmpty
    #expect(pages.count == 12 && pages == pages.sorted())
    _ = try problem(
      daemon.send("GET", "/v1/jobs/\(job)/ranking?sort=widht"), 422, "invalid-request")

    let best = pages[0]
    let candidate = try daemon.get("/v1/jobs/\(job)/candidates/\(best)")
    #expect((candidate["eigenvalues"] as? [[Double]])?.map(\.count) == [16, 16, 16])
    let comparison = try daemon.get("/v1/jobs/\(job)/compare?candidates=\(pages[0]),\(pages[1])")
    #expect((comparison["candidates"] as? [Any])?.count == 2)
    #expect((comparison["different"] as? [String: Any])?.isEmpty == false)
    for (format, start) in [
      ("html", "<!doctype html>"), ("csv", "rank,id,"), ("markdown", "# run "), ("json", "{"),
    ] {
      #expect(try daemon.send("GET", "/v1/jobs/\(job)/report?format=\(format)").text.hasPrefix(start))
    }
  }

  @Test func scoresAreAnsweredFromTheStoreOrComputed() throws {
    let json = ["Content-Type": "application/json"]
    let created = try daemon.send(
      "POST", "/v1/spaces", headers: Self.yaml,
      body: try String(contentsOfFile: Tool.tinySpace, encoding: .utf8))
    #expect(created.status == 201)
    let body = #"{"space": "tiny", "choices": {"depth": 2, "width": 64}}"#
    let first = try daemon.send("POST", "/v1/score", headers: json, body: body)
    #expect(first.status == 200, "\(first.text)")
    func result(_ answer: HTTPConnection.Answer) throws -> [String: Any] {
      try #require((try answer.json()["results"] as? [[String: Any]])?.first)
    }
    #expect(try result(first)["fromStore"] as? Bool == false)
    let second = try daemon.send("POST", "/v1/score", headers: json, body: body)
    #expect(try result(second)["fromStore"] as? Bool == true)
    #expect(
      NSDictionary(dictionary: try #require(result(first)["metrics"] as? [String: Any]))
        == NSDictionary(dictionary: try #require(result(second)["metrics"] as? [String: Any])))
    let typed = try jsonObject(
      try Tool.run(
        ["score", Tool.tinySpace, "--choices", "depth=2,width=64", "--no-store", "--format", "json"],
        in: folder
      ).output)
    #expect(
      NSDictionary(dictionary: try #require(result(first)["metrics"] as? [String: Any]))
        == NSDictionary(dictionary: try #require(typed["metrics"] as? [String: Any])))

    // Many at once, one line each as they come; a wrong one costs none of the others.
    let many =
      #"{"space": "tiny", "metrics": ["participation_ratio"], "candidates": ["#
      + (1...4).map { #"{"choices": {"depth": \#($0), "width": 32}}"# }.joined(separator: ",")
      + #", {"choices": {"depth": 9, "width": 32}}]}"#
    let lines = try daemon.send(
      "POST", "/v1/score", headers: json.merging(["Accept": "application/x-ndjson"]) { $1 }, body: many)
    let objects = try lines.text.split(separator: "\n").map { try jsonObject(String($0)) }
    #expect(Set(objects.compactMap { $0["index"] as? Int }) == [0, 1, 2, 3, 4])
    #expect(objects.count { $0["outcome"] as? String == "ok" } == 4)
    #expect(objects.count { $0["outcome"] as? String == "invalid_request" } == 1)
    #expect(
      objects.filter { $0["outcome"] as? String == "ok" }.allSatisfy {
        ($0["metrics"] as? [String: Any])?["participationRatio"] != nil
      })
    let wrong = try problem(
      daemon.send(
        "POST", "/v1/score", headers: json, body: #"{"space": "tiny", "choices": {"depth": 9, "width": 32}}"#),
      422, "invalid-request")
    #expect((wrong["detail"] as? String)?.contains("'depth' is never 9") == true)
    let bad = try problem(
      daemon.send("POST", "/v1/score", headers: json, body: "{\"space\": \"tiny\",\n \"candidate\": []}"),
      422,
      "invalid-document")
    #expect(bad["line"] as? Int == 2)
    #expect(bad["suggestion"] as? String == "candidates")
    _ = try problem(
      daemon.send("POST", "/v1/score", headers: json, body: #"{"space": "tinny", "choices": {"depth": 1}}"#),
      404,
      "not-found")
  }

  @Test func brokenClientsDisturbNobody() throws {
    // Half-closed: the request is whole, and its answer comes.
    let half = try daemon.connect()
    try half.write("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
    half.finishSending()
    #expect(try half.answer().status == 200)
    // Cut off in the middle of a body.
    for _ in 0..<20 {
      let cut = try daemon.connect()
      try cut.write(
        "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\nContent-Length: 1000\r\n\r\nname: "
      )
    }
    // What is no HTTP at all.
    for text in [
      "\u{0}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
      String(repeating: "A", count: 100_000),
    ] {
      let wild = try daemon.connect()
      try? wild.write(text)
      wild.finishSending()
      while !wild.isClosed() {}
    }
    #expect(try daemon.send("GET", "/livez").status == 200)
  }
}
