import Foundation
import Testing

/// What is read: rankings, spaces, and what a client has already.
@Suite struct ReadingServingTests {
  let folder: ScratchFolder
  let daemon: RunningDaemon

  init() throws {
    folder = try ScratchFolder()
    daemon = try RunningDaemon(store: folder.file("s.sqlite"), in: folder)
  }

  private static let yaml = ["Content-Type": "application/yaml"]

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
    _ = try problem(daemon.send("GET", "/v1/jobs/\(job)/ranking?sort=widht"), 422, "invalid-request")

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

  @Test func encodingsOfQualityZeroAreNotUsed() throws {
    for (accept, isPacked) in [
      ("gzip;q=0.000", false), ("gzip;q=0", false), ("gzip;q=0.5", true), ("br", false),
    ] {
      let answer = try daemon.send("GET", "/v1/metrics", headers: ["Accept-Encoding": accept])
      #expect((answer.headers["content-encoding"] == "gzip") == isPacked, "\(accept)")
    }
  }
}
