import Foundation
import GRDB
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

  @Test func oneDefinitionMayHaveTwoNames() throws {
    let text =
      "family: fully_connected\ninput: {shape: [4], outputs: 2, samples: 4}\nchoices: {depth: [1, 2], width: [8]}\n"
    let first = try daemon.submit("name: first\n" + text)
    #expect(try daemon.end(of: first)["space"] as? String == "first")
    let document = try daemon.end(of: try daemon.submit("name: second\n" + text))
    #expect(document["space"] as? String == "second")
    #expect((document["progress"] as? [String: Any])?["fromStore"] as? Int == 2)
    for name in ["first", "second"] {
      let answer = try daemon.send(
        "POST", "/v1/score", headers: ["Content-Type": "application/json"],
        body: #"{"space": "\#(name)", "choices": {"depth": 2}}"#)
      #expect(answer.status == 200, "\(answer.text)")
      #expect(try answer.json()["space"] as? String == name)
      #expect(try daemon.get("/v1/spaces/\(name)")["document"] as? String == "name: \(name)\n" + text)
    }
  }

  @Test func spacesAreListedInPages() throws {
    for number in 0..<7 {
      let answer = try daemon.send(
        "POST", "/v1/spaces", headers: Self.yaml,
        body:
          "name: s\(number)\nfamily: fully_connected\ninput: {shape: [4], outputs: 2}\nfixed: {depth: 1, width: 8}\n"
      )
      #expect(answer.status == 201, "\(answer.text)")
    }
    var names: [String] = []
    var cursor = ""
    repeat {
      let page = try daemon.get("/v1/spaces?limit=3" + cursor)
      names += try #require(page["spaces"] as? [[String: Any]]).compactMap { $0["name"] as? String }
      cursor = (page["nextCursor"] as? String).map { "&cursor=\($0)" } ?? ""
    } while !cursor.isEmpty
    #expect(names == (0..<7).map { "s\($0)" })
    _ = try problem(daemon.send("GET", "/v1/spaces?cursor=~"), 422, "invalid-request")
  }

  @Test func anAnswerIsNeverOlderThanTheStore() throws {
    let json = ["Content-Type": "application/json"]
    let space = try String(contentsOfFile: Tool.tinySpace, encoding: .utf8)
    _ = try daemon.send("POST", "/v1/spaces", headers: Self.yaml, body: space)
    let connection = try daemon.connect()
    func ask() throws -> (fromStore: Bool, value: Double) {
      let answer = try connection.send(
        "POST", "/v1/score", headers: json, body: #"{"space": "tiny", "choices": {"depth": 2, "width": 64}}"#)
      let result = try #require((try answer.json()["results"] as? [[String: Any]])?.first, "\(answer.text)")
      let metric = try #require(
        (result["metrics"] as? [String: Any])?["conditionNumber"] as? [String: Any])
      return (
        try #require(result["fromStore"] as? Bool), try #require(metric["value"] as? Double)
      )
    }
    let computed = try ask()
    #expect(!computed.fromStore)
    for _ in 0..<3 { #expect(try ask() == (true, computed.value)) }
    // Another process takes the scores away: they are computed again.
    let file = try DatabaseQueue(path: folder.file("s.sqlite"))
    try file.write { try $0.execute(sql: "DELETE FROM scores") }
    #expect(try ask() == (false, computed.value))
    #expect(try ask() == (true, computed.value))
    // The name comes to mean another space.
    let renamed = try daemon.send(
      "POST", "/v1/spaces", headers: Self.yaml,
      body: """
        name: tiny
        family: fully_connected
        input: {shape: [5], outputs: 3, samples: 9}
        choices: {depth: [2], width: [64]}
        """)
    #expect(renamed.status == 201, "\(renamed.text)")
    let other = try ask()
    #expect(!other.fromStore && other.value != computed.value)
  }

  @Test func networksAreScoredAsFilesAre() throws {
    let json = ["Content-Type": "application/json"]
    let network =
      #"{"input": [6], "layers": [{"op": "dense", "units": 12}, {"op": "relu"}, {"op": "dense", "units": 3}]}"#
    let path = try folder.write(network, to: "net.json")
    let typed = try jsonObject(
      try Tool.run(
        [
          "score", path, "--samples", "8", "--seeds", "2", "--metrics", "participation_ratio", "--store",
          folder.file("s.sqlite"), "--format", "json",
        ], in: folder
      ).output)
    let answer = try daemon.send(
      "POST", "/v1/score", headers: json,
      body:
        #"{"network": \#(network), "name": "mine", "samples": 8, "seeds": [0, 1], "metrics": ["participation_ratio"]}"#
    )
    #expect(answer.status == 200, "\(answer.text)")
    let result = try #require((try answer.json()["results"] as? [[String: Any]])?.first)
    // What the command line kept in the store is served.
    #expect(result["fromStore"] as? Bool == true && result["id"] as? String == "mine")
    #expect(result["networkHash"] as? String == typed["networkHash"] as? String)
    #expect(
      NSDictionary(dictionary: try #require(result["identity"] as? [String: Any]))
        == NSDictionary(dictionary: try #require(typed["identity"] as? [String: Any])))
    #expect(
      NSDictionary(dictionary: try #require(result["metrics"] as? [String: Any]))
        == NSDictionary(dictionary: try #require(typed["metrics"] as? [String: Any])))

    // Beside choices, in a space: its settings and its budgets.
    _ = try daemon.send(
      "POST", "/v1/spaces", headers: Self.yaml,
      body: """
        name: six
        family: fully_connected
        input: {shape: [6], outputs: 3, samples: 8}
        choices: {depth: [1], width: [8, 12]}
        constraints: {parameters: {at_most: 200}}
        """)
    let wide = network.replacingOccurrences(of: "12", with: "500")
    let many = try daemon.send(
      "POST", "/v1/score", headers: json,
      body:
        #"{"space": "six", "candidates": [{"network": \#(network)}, {"choices": {"width": 8}}, {"network": \#(wide)}, {"network": {"input": [5], "layers": [{"op": "dense", "units": 1}]}}]}"#
    )
    #expect(many.status == 200, "\(many.text)")
    let results = try #require(try many.json()["results"] as? [[String: Any]])
    #expect(
      results.compactMap { $0["outcome"] as? String } == ["ok", "ok", "invalid_request", "invalid_request"])
    #expect(results[0]["identity"] != nil && results[1]["identity"] == nil)
    #expect((results[2]["message"] as? String)?.contains("budgets") == true)

    // Mistakes have their places, as in a file.
    for (body, line, part) in [
      ("{\"network\": {\"input\": [6],\n \"layers\": [{\"op\": \"dens\"}]}}", 2, "dense"),
      ("{\"network\": \(network), \"space\": \"six\",\n \"samples\": 8}", 2, "samples"),
      ("{\"network\": \(network),\n \"choices\": {\"width\": 8}}", 1, "one of them"),
      ("{\"network\": \(network),\n \"scoring\": {\"batch_nrom\": \"batch\"}}", 2, "batch_norm"),
      ("{\"choices\": {\"width\": 8}}", 1, "names no space"),
      ("{\"candidates\": [\n{\"name\": \"x\"}]}", 2, "neither"),
    ] {
      let refused = try problem(
        daemon.send("POST", "/v1/score", headers: json, body: body), 422, "invalid-document")
      #expect(refused["line"] as? Int == line, "\(refused)")
      #expect("\(refused)".contains(part), "\(refused)")
    }
    let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    _ = try problem(
      daemon.send("POST", "/v1/score", headers: json, body: "{\"network\": \(deep)}"), 422, "invalid-document"
    )
  }

  @Test func aBodyThatDoesNotArriveIsNoReasonToWait() throws {
    let daemon = try RunningDaemon(["--timeout", "1"], store: folder.file("slow.sqlite"), in: folder)
    let slow = try daemon.connect()
    try slow.write(
      "POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    #expect(try slow.answer().status == 408)
    #expect(try daemon.send("GET", "/livez").status == 200)
  }

  @Test func aHeadThatDoesNotArriveAndAnUploadThatNobodyWantsEndTheirConnections() throws {
    let daemon = try RunningDaemon(["--timeout", "1"], store: folder.file("slow.sqlite"), in: folder)
    let dawdling = try daemon.connect()
    try dawdling.write("GET /livez HTTP/1.1\r\nX-")
    var isOpen = true
    while isOpen {
      usleep(300_000)
      do { try dawdling.write("a") } catch { isOpen = false }
    }
    let upload = try daemon.connect()
    try upload.write(
      "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\nContent-Length: 99999999999\r\n\r\n"
    )
    let answer = try upload.answer()
    #expect(answer.status == 413 && answer.headers["connection"] == "close")
    var sent = 0
    while sent < 1 << 28 {
      do { try upload.write(String(repeating: "x", count: 1 << 16)) } catch { break }
      sent += 1 << 16
    }
    #expect(sent < 1 << 28)
    // A body that is read leaves its connection open.
    let kept = try daemon.connect()
    for _ in 0..<3 {
      #expect(
        try kept.send("POST", "/v1/score", headers: ["Content-Type": "application/json"], body: "{}").status
          == 422)
    }
  }

  @Test func whatDoesNotFitIntoMemoryIsRefusedBeforeItIsMade() throws {
    let text =
      "family: fully_connected\ninput: {shape: [1000000], outputs: 2, samples: 1000000}\nchoices: {depth: [1], width: [8]}\n"
    for path in ["/v1/jobs", "/v1/spaces"] {
      let refused = try problem(
        daemon.send("POST", path, headers: Self.yaml, body: text), 422, "invalid-request")
      #expect((refused["detail"] as? String)?.contains("memory budget") == true)
    }
    let network =
      #"{"network": {"input": [1000000], "layers": [{"op": "dense", "units": 2}]}, "samples": 1000000}"#
    _ = try problem(
      daemon.send("POST", "/v1/score", headers: ["Content-Type": "application/json"], body: network), 422,
      "invalid-request")
  }

  @Test func whereTheDataLiesIsToldNobody() throws {
    _ = try folder.write("no array", to: "data/bad.npy")
    let space = """
      name: bad
      family: fully_connected
      input: {shape: [4], outputs: 2, samples: 4, dataset: {kind: npy, path: bad.npy}}
      choices: {depth: [1], width: [8]}
      """
    let ended = try daemon.end(of: try daemon.submit(space))
    #expect(ended["status"] as? String == "failed")
    let message = try #require(ended["message"] as? String)
    #expect(message.contains("bad.npy") && !message.contains(folder.path), "\(message)")
    let answer = try daemon.send(
      "POST", "/v1/score", headers: ["Content-Type": "application/json"],
      body: #"{"space": "bad", "choices": {"depth": 1}}"#)
    #expect(answer.status == 422 && !answer.text.contains(folder.path), "\(answer.text)")
  }

  @Test func encodingsOfQualityZeroAreNotUsed() throws {
    for (accept, isPacked) in [
      ("gzip;q=0.000", false), ("gzip;q=0", false), ("gzip;q=0.5", true), ("br", false),
    ] {
      let answer = try daemon.send("GET", "/v1/metrics", headers: ["Accept-Encoding": accept])
      #expect((answer.headers["content-encoding"] == "gzip") == isPacked, "\(accept)")
    }
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
