import Foundation
import GRDB
import Testing

/// Scores at once, of candidates and of networks.
@Suite struct ScoreServingTests {
  let folder: ScratchFolder
  let daemon: RunningDaemon

  init() throws {
    folder = try ScratchFolder()
    daemon = try RunningDaemon(store: folder.file("s.sqlite"), in: folder)
  }

  private static let yaml = ["Content-Type": "application/yaml"]

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

  @Test func anAnswerIsNeverOlderThanTheStore() throws {
    let json = ["Content-Type": "application/json"]
    let space = try String(contentsOfFile: Tool.tinySpace, encoding: .utf8)
    _ = try daemon.send("POST", "/v1/spaces", headers: Self.yaml, body: space)
    let connection = try daemon.connect()
    func ask(
      _ body: String = #"{"space": "tiny", "choices": {"depth": 2, "width": 64}}"#
    ) throws -> (fromStore: Bool, value: Double) {
      let answer = try connection.send("POST", "/v1/score", headers: json, body: body)
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
    let rewordings = [
      #"{"choices": {"width": 64, "depth": 2}, "space": "tiny"}"#,
      #"{"space":"tiny","candidates":[{"choices":{"width":64,"depth":2}}]}"#,
      #"{"space": "t\u0069ny", "seeds": [0, 1, 2], "choices": {"width": 64, "depth": 2}}"#,
    ]
    for body in rewordings { #expect(try ask(body) == (true, computed.value), "\(body)") }
    // Another process takes the scores away: they are computed again.
    let file = try DatabaseQueue(path: folder.file("s.sqlite"))
    try file.write { try $0.execute(sql: "DELETE FROM scores") }
    for body in rewordings {
      #expect(try ask(body) == (false, computed.value))
      #expect(try ask() == (true, computed.value))
      try file.write { try $0.execute(sql: "DELETE FROM scores") }
    }
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
}
