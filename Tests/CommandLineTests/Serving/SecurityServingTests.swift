import Foundation
import Testing

@Suite struct SecurityServingTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private static let token = "0123456789abcdefghij"

  @Test func othersAreNotListenedToWithoutAToken() throws {
    let open = try Tool.run(
      ["serve", "--host", "0.0.0.0", "--port", "0", "--store", folder.file("s.sqlite")], in: folder)
    #expect(open.exitCode == 1)
    #expect(open.errors.contains("requests need a token"))
    let weak = try folder.write("short\n", to: "weak")
    let refused = try Tool.run(
      ["serve", "--token-file", weak, "--store", folder.file("s.sqlite")], in: folder)
    #expect(refused.exitCode == 1)
    #expect(refused.errors.contains("fewer than 16 characters"))
  }

  @Test func everyRequestButThoseAboutHealthNeedsTheToken() throws {
    let file = try folder.write(Self.token + "\n", to: "token")
    let daemon = try RunningDaemon(["--token-file", file], store: folder.file("s.sqlite"), in: folder)
    #expect(try daemon.send("GET", "/livez").status == 200)
    #expect(try daemon.send("GET", "/readyz").status == 200)
    let basic = Data("anyone:\(Self.token)".utf8).base64EncodedString()
    for path in ["/", "/v1/jobs", "/v1/score", "/metrics", "/nowhere", "/openapi.json", "/docs"] {
      for header in [
        nil, "Bearer wrong", "Bearer " + Self.token.dropLast(), "Bearer", "Basic !!", Self.token,
      ] {
        let answer = try daemon.send("GET", path, headers: header.map { ["Authorization": $0] } ?? [:])
        #expect(answer.status == 401, "\(path) \(header ?? "")")
        #expect(answer.headers["www-authenticate"] != nil)
      }
    }
    for header in ["Bearer \(Self.token)", "bearer \(Self.token)", "Basic \(basic)"] {
      #expect(try daemon.send("GET", "/v1/jobs", headers: ["Authorization": header]).status == 200)
    }
    // With a token the daemon may be known by any name.
    #expect(
      try daemon.send(
        "GET", "/v1/jobs", headers: ["Authorization": "Bearer \(Self.token)", "Host": "scorer.example"]
      ).status == 200)
  }
}
