import Foundation
import Testing

/// Every operation that the daemon describes is carried out, and what it takes and gives is held against the description.
@Suite struct OpenAPIServingTests {
  let folder: ScratchFolder
  let daemon: RunningDaemon
  let description: JSONDocument

  init() throws {
    folder = try ScratchFolder()
    daemon = try RunningDaemon(store: folder.file("s.sqlite"), in: folder)
    description = try JSONDocument(try daemon.send("GET", "/openapi.json").body)
  }

  private struct Operation {
    let method: String
    let path: String
    let document: JSONDocument
    var name: String { document["operationId"]?.string ?? "" }
  }

  private var operations: [Operation] {
    (description["paths"]?.members ?? [:]).flatMap { path, methods in
      methods.members.map { Operation(method: $0.key.uppercased(), path: path, document: $0.value) }
    }
  }

  private static let yaml = ["Content-Type": "application/yaml"]

  /// The example of an operation's body in the description.
  private func example(_ name: String, _ type: String) throws -> String {
    let operation = try #require(operations.first { $0.name == name })
    let content = try #require(operation.document["requestBody"]?["content"]?[type])
    let example = try #require(content["example"])
    let schema = try #require(content["schema"])
    #expect(SchemaValidation(root: description).problems(example, schema) == [])
    return example.string ?? example.text
  }

  @Test func everyOperationDoesWhatItsDescriptionSays() throws {
    #expect(description["openapi"] == .text("3.1.0"))
    let space = try example("submitJob", "application/yaml")
    let job = try daemon.submit(space)
    try daemon.end(of: job)
    let ranking = try daemon.get("/v1/jobs/\(job)/ranking")
    let ids = try #require(ranking["candidates"] as? [[String: Any]]).compactMap { $0["id"] as? String }
    let other = try daemon.submit(space, query: "?limit=2")
    try daemon.end(of: other)

    // How each operation is asked for, with every kind of body and of answer; one that is missing here fails below.
    let json = ["Content-Type": "application/json"]
    let (choices, network) = (
      try example("score", "application/json"), try example("score", "application/yaml")
    )
    let requests: [String: [Request]] = [
      "submitJob": [
        Request(
          "/v1/jobs?limit=3&sampling_seed=1&seeds=2", Self.yaml.merging(["Idempotency-Key": "k"]) { $1 },
          space),
        Request(
          "/v1/jobs?limit=3&sampling_seed=1&seeds=2", Self.yaml.merging(["Idempotency-Key": "k"]) { $1 },
          space),
        Request("/v1/jobs", json, try example("submitJob", "application/json")),
      ],
      "listJobs": [Request("/v1/jobs?status=finished&limit=1")], "getJob": [Request("/v1/jobs/\(job)")],
      "followJob": [Request("/v1/jobs/\(job)/events")], "cancelJob": [Request("/v1/jobs/\(job)/cancel")],
      "deleteJob": [Request("/v1/jobs/\(other)")],
      "getRanking": [
        Request("/v1/jobs/\(job)/ranking?where=depth%3E1&sort=width&order=descending&limit=3")
      ],
      "listFailures": [Request("/v1/jobs/\(job)/failures?limit=10")],
      "getCandidate": [Request("/v1/jobs/\(job)/candidates/\(ids[0])")],
      "compareCandidates": [Request("/v1/jobs/\(job)/compare?candidates=\(ids[0]),\(ids[1])")],
      "getReport": ["html", "json", "csv", "markdown", "text"].map { format in
        Request("/v1/jobs/\(job)/report?format=\(format)")
      },
      "score": [
        Request("/v1/score", json, choices), Request("/v1/score", Self.yaml, network),
        Request("/v1/score", json.merging(["Accept": "application/x-ndjson"]) { $1 }, choices),
      ],
      "listSpaces": [Request("/v1/spaces?limit=5")],
      "keepSpace": [
        Request("/v1/spaces", Self.yaml, space),
        Request("/v1/spaces", json, try example("keepSpace", "application/json")),
      ],
      "getSpace": [Request("/v1/spaces/small")],
      "listCandidates": [Request("/v1/spaces/small/candidates?limit=3")],
      "listMetrics": [Request("/v1/metrics")], "listFamilies": [Request("/v1/plugins")],
      "isAlive": [Request("/livez")], "isReady": [Request("/readyz")], "getMetrics": [Request("/metrics")],
      "getOpenAPI": [Request("/openapi.json")], "getDocs": [Request("/docs")],
    ]
    #expect(Set(operations.map(\.name)) == Set(requests.keys))
    for operation in operations {
      var (sent, given): (Set<String>, Set<String>) = ([], [])
      for request in try #require(requests[operation.name], "\(operation.name)") {
        try check(operation, request.path)
        let answer = try daemon.send(
          operation.method, request.path, headers: request.headers, body: request.body)
        if let type = request.headers["Content-Type"] { sent.insert(type) }
        if let type = try check(answer, operation) { given.insert(type) }
        if operation.name == "submitJob" {
          // Lists stand still then.
          try daemon.end(of: try #require(try answer.json()["id"] as? Int))
        }
        guard let tag = answer.headers["etag"] else { continue }
        let again = try daemon.send(operation.method, request.path, headers: ["If-None-Match": tag])
        #expect(again.status == 304, "\(request.path)")
        _ = try check(again, operation)
      }
      #expect(sent == Set((operation.document["requestBody"]?["content"]?.members ?? [:]).keys))
      let described = (operation.document["responses"]?.members ?? [:]).filter { $0.key.hasPrefix("2") }
      #expect(
        given == Set(described.values.flatMap { ($0["content"]?.members ?? [:]).keys }), "\(operation.name)")
      let takesTags = operation.document["parameters"]?.elements.contains {
        $0["name"]?.string == "If-None-Match"
      }
      #expect((takesTags ?? false) == (operation.document["responses"]?["304"] != nil), "\(operation.name)")
    }
  }

  private struct Request {
    let path: String
    let headers: [String: String]
    let body: String?

    init(_ path: String, _ headers: [String: String] = [:], _ body: String? = nil) {
      (self.path, self.headers, self.body) = (path, headers, body)
    }
  }

  /// The answer is as it is described.
  /// - Returns: its media type; nil without a body.
  private func check(_ answer: HTTPConnection.Answer, _ operation: Operation) throws -> String? {
    let described = try #require(
      operation.document["responses"]?["\(answer.status)"],
      "\(operation.name) gave \(answer.status): \(answer.text)")
    checkHeaders(answer, described, operation.name)
    guard let contents = described["content"]?.members else {
      #expect(answer.body.isEmpty, "\(operation.name)")
      return nil
    }
    let type = String((answer.headers["content-type"] ?? "").prefix { $0 != ";" })
    let content = try #require(contents[type], "\(operation.name) gave \(type)")
    let schema = try #require(content["schema"])
    let documents: [Data] =
      switch type {
      case "application/json": [answer.body]
      case "application/x-ndjson": answer.text.split(separator: "\n").map { Data($0.utf8) }
      default: []
      }
    for document in documents {
      #expect(
        SchemaValidation(root: description).problems(try JSONDocument(document), schema) == [],
        "\(operation.name)")
    }
    return type
  }

  /// What always comes does, and what comes is described.
  private func checkHeaders(_ answer: HTTPConnection.Answer, _ described: JSONDocument, _ name: String) {
    let headers = described["headers"]?.members ?? [:]
    for (header, document) in headers where document["required"] == .boolean(true) {
      #expect(answer.headers[header.lowercased()] != nil, "\(name): \(header)")
    }
    let known = Set(headers.keys.map { $0.lowercased() })
    for header in [
      "etag", "location", "idempotency-replayed", "retry-after", "allow", "accept-post", "www-authenticate",
    ] where answer.headers[header] != nil {
      #expect(known.contains(header), "\(name): \(header)")
    }
  }

  @Test func aNetworkIsScoredAsItsExampleSays() throws {
    let answer = try daemon.send(
      "POST", "/v1/score", headers: Self.yaml, body: try example("score", "application/yaml"))
    #expect(answer.status == 200, "\(answer.text)")
    let schema = try #require(description["components"]?["schemas"]?["ScoreResponse"])
    #expect(SchemaValidation(root: description).problems(try JSONDocument(answer.body), schema) == [])
    let result = try #require((try answer.json()["results"] as? [[String: Any]])?.first)
    #expect(result["id"] as? String == "mine" && result["outcome"] as? String == "ok")
    #expect((result["identity"] as? [String: Any])?["parameterization"] as? String == "ntk")
    #expect((result["identity"] as? [String: Any])?["samples"] as? Int == 16)
    #expect((result["metrics"] as? [String: Any])?["participationRatio"] != nil)
  }

  /// The address fits the path, and every parameter of the query is described.
  private func check(_ operation: Operation, _ address: String) throws {
    let parts = address.split(separator: "?", maxSplits: 1)
    let (given, pattern) = (parts[0].split(separator: "/"), operation.path.split(separator: "/"))
    #expect(given.count == pattern.count && zip(given, pattern).allSatisfy { $1.hasPrefix("{") || $0 == $1 })
    let described = operation.document["parameters"]?.elements ?? []
    let names = Set(described.compactMap { $0["name"]?.string })
    for item in parts.dropFirst().first?.split(separator: "&") ?? [] {
      #expect(names.contains(String(item.prefix { $0 != "=" })), "\(operation.name): \(item)")
    }
    for part in pattern where part.hasPrefix("{") {
      #expect(names.contains(String(part.dropFirst().dropLast())))
    }
  }

  @Test func whatIsNotDescribedIsRefusedWithADescribedProblem() throws {
    let validation = SchemaValidation(root: description)
    let problem = try #require(description["components"]?["schemas"]?["Problem"])
    let json = ["Content-Type": "application/json"]
    let request = try #require(
      operations.first { $0.name == "score" }?.document["requestBody"]?["content"]?["application/json"]?[
        "schema"])
    for body in [
      #"{}"#, #"{"space": 3}"#, #"{"space": "x", "choices": 1}"#,
      #"{"space": "x", "choices": {}, "seeds": [-1]}"#,
      #"{"space": "x", "candidates": [{"choice": {}}]}"#, #"[]"#, #""text""#,
      #"{"space": "x", "choices": {}, "more": 1}"#, #"{"network": {"input": [4]}}"#, #"{"choices": {}}"#,
    ] {
      let answer = try daemon.send("POST", "/v1/score", headers: json, body: body)
      #expect((400..<500).contains(answer.status), "\(body): \(answer.status)")
      #expect(validation.problems(try JSONDocument(answer.body), problem) == [], "\(body)")
      if body != #"{"space": 3}"# {
        // The description refuses it as well.
        #expect(!validation.problems(try JSONDocument(Data(body.utf8)), request).isEmpty, "\(body)")
      }
    }
    let unread = try daemon.send("POST", "/v1/score", headers: ["Content-Type": "text/plain"], body: "x")
    #expect(unread.status == 415 && unread.headers["accept-post"] != nil)
    let score = try #require(operations.first { $0.name == "score" })
    checkHeaders(unread, try #require(score.document["responses"]?["default"]), "score")
    for operation in operations where operation.method == "GET" {
      let path = operation.path.replacing("{id}", with: "1").replacing("{candidate}", with: "x").replacing(
        "{space}", with: "x")
      for (method, address) in [("PATCH", path), ("GET", path + "?undescribed=1")] {
        let answer = try daemon.send(method, address)
        if answer.status == 200,
          ["isAlive", "isReady", "getMetrics", "getOpenAPI", "getDocs", "followJob"].contains(operation.name)
        {
          continue
        }
        #expect((400..<500).contains(answer.status), "\(method) \(address): \(answer.status)")
        checkHeaders(answer, try #require(operation.document["responses"]?["default"]), operation.name)
        #expect(answer.headers["content-type"] == "application/problem+json", "\(method) \(address)")
        #expect(validation.problems(try JSONDocument(answer.body), problem) == [], "\(method) \(address)")
      }
    }
  }

  @Test func pagesAreWholeAndShowTextAsText() throws {
    let hostile = """
      name: '<script>alert(1)</script>'
      family: fully_connected
      input: {shape: [6], outputs: 2, samples: 8}
      choices: {depth: [1, 2], width: [8, 16]}
      """
    let job = try daemon.submit(hostile)
    try daemon.end(of: job)
    let candidates = try #require(try daemon.get("/v1/jobs/\(job)/ranking")["candidates"] as? [[String: Any]])
    let id = try #require(candidates.first?["id"] as? String)
    for path in [
      "/", "/spaces", "/docs", "/jobs/\(job)", "/jobs/\(job)?where=depth%3E1&sort=width&order=descending",
      "/jobs/\(job)?where=%3Cscript%3E", "/jobs/\(job)/candidates/\(id)",
    ] {
      let page = try daemon.send("GET", path)
      if path.contains("%3Cscript") {
        #expect(page.status == 422)
        continue
      }
      #expect(page.status == 200, "\(path): \(page.text)")
      #expect(page.text.hasPrefix("<!doctype html>") && page.text.hasSuffix("</html>\n"))
      #expect(!page.text.contains("<script>alert"), "\(path)")
      #expect(page.headers["content-security-policy"]?.contains("script-src 'self'") == true)
    }
    #expect(try daemon.send("GET", "/").text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    let report = try daemon.send("GET", "/v1/jobs/\(job)/report")
    #expect(!report.text.contains("<script>alert"))
    let plain = try daemon.send("GET", "/assets/style.css")
    let packed = try daemon.send("GET", "/assets/style.css", headers: ["Accept-Encoding": "br, gzip"])
    #expect(packed.headers["content-encoding"] == "gzip")
    #expect(packed.body.count < plain.body.count && Array(packed.body.prefix(2)) == [0x1F, 0x8B])
    #expect(try daemon.send("GET", "/nowhere", headers: ["Accept": "text/html"]).status == 404)
  }
}
