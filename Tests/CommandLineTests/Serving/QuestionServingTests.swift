import Foundation
import GRDB
import Testing

/// Questions that take long: how they end before their answer is ready.
@Suite struct QuestionServingTests {
  let folder: ScratchFolder
  let store: String
  init() throws {
    folder = try ScratchFolder()
    store = folder.file("s.sqlite")
  }

  private static let json = ["Content-Type": "application/json"]

  private func daemon(_ arguments: [String] = [], seeds: Int, outputs: Int) throws -> RunningDaemon {
    let daemon = try RunningDaemon(["--threads", "1"] + arguments, store: store, in: folder)
    let answer = try daemon.send(
      "POST", "/v1/spaces", headers: ["Content-Type": "application/yaml"],
      body: SlowSpace.text(seeds: seeds, outputs: outputs))
    #expect(answer.status == 201, "\(answer.text)")
    return daemon
  }

  private func storedScores() throws -> Int {
    try DatabaseQueue(path: store).read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM scores") ?? 0 }
  }

  @Test func anAnswerThatTakesTooLongIsGivenUp() throws {
    let daemon = try daemon(["--score-timeout", "1"], seeds: 1, outputs: 512)
    let given = try daemon.send("POST", "/v1/score", headers: Self.json, body: SlowSpace.question)
    let document = try problem(given, 503, "unfinished")
    #expect((document["detail"] as? String)?.contains("within 1 s") == true)
    #expect(given.headers["retry-after"] == "1")
    // As lines, what there is and why the rest is not.
    let several =
      #"{"space": "slow", "candidates": [{"choices": {"width": 1024}}, {"choices": {"width": 7}}]}"#
    let lines = try daemon.send(
      "POST", "/v1/score", headers: Self.json.merging(["Accept": "application/x-ndjson"]) { $1 },
      body: several
    )
    let objects = try lines.text.split(separator: "\n").map { try jsonObject(String($0)) }
    #expect(Set(objects.compactMap { $0["outcome"] as? String }) == ["cancelled", "invalid_request"])
    #expect(
      objects.contains {
        ($0["message"] as? String)?.contains("within 1 s") == true && $0["index"] as? Int == 0
      })
  }

  @Test(arguments: [false, true]) func nobodyComputesForAClientThatHasLeft(asLines: Bool) throws {
    let daemon = try daemon(seeds: 400, outputs: 8)
    let client = try daemon.connect()
    try client.write(
      "POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + (asLines ? "Accept: application/x-ndjson\r\n" : "")
        + "Content-Length: \(SlowSpace.question.utf8.count)\r\n\r\n\(SlowSpace.question)")
    usleep(300_000)
    client.finishSending()
    // What was computed by then is kept, all at once, and it is not all.
    while try storedScores() == 0 { usleep(20_000) }
    #expect(try storedScores() < 400)
    #expect(try daemon.end(by: SIGTERM).exitCode == 0)
  }

  @Test func aDaemonThatStopsLetsItsClientsGo() throws {
    let daemon = try daemon(seeds: 400, outputs: 8)
    let client = try daemon.connect()
    try client.write(
      "POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: \(SlowSpace.question.utf8.count)\r\n\r\n\(SlowSpace.question)"
    )
    usleep(300_000)
    let ended = try daemon.end(by: SIGTERM)
    #expect(ended.exitCode == 0 && !ended.errors.contains("still being computed"))
    let document = try problem(client.answer(), 503, "unfinished")
    #expect((document["detail"] as? String)?.contains("the daemon stops") == true)
    #expect(try storedScores() < 400)
  }
}
