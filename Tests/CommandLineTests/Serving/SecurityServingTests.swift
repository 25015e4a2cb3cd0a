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

  /// A small file system of its own, which only the superuser may mount, and not everywhere.
  @Test(.enabled(if: geteuid() == 0, "only the superuser may mount"))
  func aFullDiskStopsNothingForEver() throws {
    let disk = folder.file("disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
    guard try Tool.shell("mount -t tmpfs -o size=500k tmpfs '\(disk)'", in: folder).exitCode == 0 else {
      return
    }
    defer { _ = try? Tool.shell("umount -l '\(disk)'", in: folder) }
    let daemon = try RunningDaemon(store: disk + "/s.sqlite", in: folder)
    let space = """
      name: filling
      family: fully_connected
      input: {shape: [16], outputs: 4, samples: 64}
      choices: {depth: {from: 1, to: 6}, width: {from: 20, to: 79}}
      scoring: {seeds: 2}
      """
    let job = try daemon.submit(space)
    while !daemon.process.errorsSoFar.contains("the store fails") { usleep(50_000) }
    #expect(try daemon.send("GET", "/livez").status == 200)
    let status = try daemon.get("/v1/jobs/\(job)")["status"] as? String
    #expect(["queued", "running"].contains(status))
    #expect(try Tool.shell("mount -o remount,size=30m '\(disk)'", in: folder).exitCode == 0)
    let ended = try daemon.end(of: job)
    #expect(ended["status"] as? String == "finished")
    #expect((ended["progress"] as? [String: Any])?["fromStore"] as? Int ?? 0 > 0)
    #expect(try daemon.end(by: SIGTERM).exitCode == 0)
  }
}
