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
    _ = try problem(daemon.send("GET", "/v1/jobs", headers: ["Host": "evil.example"]), 421, "misdirected")
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
}
