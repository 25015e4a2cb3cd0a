import Foundation
import Testing

/// Clients that dawdle, break off, or talk nonsense.
@Suite struct ConnectionServingTests {
  let folder: ScratchFolder
  let daemon: RunningDaemon

  init() throws {
    folder = try ScratchFolder()
    daemon = try RunningDaemon(store: folder.file("s.sqlite"), in: folder)
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
    for text in [
      "\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/1.1\r\nno field\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: \(String(repeating: "a", count: 20_000))\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: localhost\r\n" + (0..<200).map { "X-\($0): a\r\n" }.joined() + "\r\n",
    ] {
      let wild = try daemon.connect()
      try wild.write(text)
      _ = try problem(wild.answer(), 400, "malformed-request")
      while !wild.isClosed() {}
    }
    #expect(try daemon.send("GET", "/livez").status == 200)
  }
}
