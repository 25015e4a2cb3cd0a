import Foundation
import Testing

/// The pages for people.
@Suite struct DashboardServingTests {
  let folder: ScratchFolder
  let daemon: RunningDaemon
  private static let page = ["Accept": "text/html,application/xhtml+xml"]

  init() throws {
    folder = try ScratchFolder()
    try FileManager.default.createDirectory(atPath: folder.file("data"), withIntermediateDirectories: false)
    daemon = try RunningDaemon(["--data", folder.file("data")], store: folder.file("s.sqlite"), in: folder)
  }

  private func finished(_ space: String) throws -> Int {
    let job = try daemon.submit(space)
    #expect(try daemon.end(of: job)["status"] as? String == "finished")
    return job
  }

  private func page(_ path: String, _ status: Int = 200) throws -> String {
    let answer = try daemon.send("GET", path, headers: Self.page)
    #expect(answer.status == status, "\(path): \(answer.text)")
    #expect(answer.headers["content-type"] == "text/html; charset=utf-8", "\(path)")
    return answer.text
  }

  private func candidates(of job: Int) throws -> [String] {
    let ranking = try daemon.get("/v1/jobs/\(job)/ranking")
    return try #require(ranking["candidates"] as? [[String: Any]]).compactMap { $0["id"] as? String }
  }

  private static func space(_ name: String, dataset: String = "") -> String {
    """
    name: \(name)
    family: fully_connected
    input: {shape: [3], outputs: 2, samples: 8\(dataset)}
    choices: {depth: [1, 2], width: [8, 12], activation: [relu, tanh]}
    scoring: {seeds: 2, metrics: [lambda_max]}

    """
  }

  @Test func namesAreShownAsText() throws {
    let job = try finished(Self.space("'<script>alert(1)</script> & <b>'"))
    let best = try #require(try candidates(of: job).first)
    for path in [
      "/", "/spaces", "/jobs/\(job)", "/jobs/\(job)/explanations", "/jobs/\(job)/candidates/\(best)",
    ] {
      let text = try page(path)
      #expect(!text.contains("<script>") && !text.contains("& <b>"), "\(path)")
      #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;"), "\(path)")
    }
  }

  @Test func mistakesAreToldOnThePage() throws {
    let job = try finished(Self.space("small"))
    let wrong = try page("/jobs/\(job)?where=dept%3E1%3Cb%3E", 422)
    #expect(wrong.contains("role=\"alert\"") && wrong.contains("names 'dept'"))
    #expect(wrong.contains("value=\"dept&gt;1&lt;b&gt;\""))
    #expect(try page("/jobs/99", 404).contains("there is no job 99"))
    #expect(try page("/jobs/\(job)/candidates/none", 404).contains("has no candidate"))
    #expect(try page("/jobs/\(job)?where=depth%3E7").contains("No candidate is like this"))
    // Programs are answered as everywhere.
    let plain = try daemon.send("GET", "/jobs/99")
    #expect(plain.status == 404 && plain.headers["content-type"] == "application/problem+json")
  }

  @Test func sortedColumnsSayHowTheyAreSorted() throws {
    let job = try finished(Self.space("small"))
    let text = try page("/jobs/\(job)?sort=lambda_max&order=descending")
    #expect(
      text.contains("aria-sort=\"descending\"><a href=\"/jobs/\(job)?sort=lambda%5Fmax&amp;order=ascending"))
    #expect(text.components(separatedBy: "aria-sort").count == 2)
  }

  @Test func chosenCandidatesStandSideBySide() throws {
    let job = try finished(Self.space("small"))
    let ids = try candidates(of: job)
    #expect(ids.count == 8)
    #expect(try page("/jobs/\(job)").contains("name=\"candidate\" value=\"\(ids[0])\""))
    let text = try page("/jobs/\(job)/compare?candidate=\(ids[0])&candidate=\(ids[7])")
    for part in [
      "/jobs/\(job)/candidates/\(ids[0])", "/jobs/\(job)/candidates/\(ids[7])", "<strong>", "<svg",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(try page("/jobs/\(job)/compare", 422).contains("0 candidates are chosen; expected 2 to 8"))
    #expect(try page("/jobs/\(job)/compare?candidate=\(ids[0])&candidate=x", 404).contains("'x'"))
  }

  @Test func trainingIsPredictedOnTheLabelsOfTheData() throws {
    let rows = (0..<24).map {
      "\($0 % 2 == 0 ? 1 : -1),\(Double($0) / 24),\($0 * 7 % 5),\($0 % 2 == 0 ? "yes" : "no")"
    }
    try (["a,b,c,class"] + rows).joined(separator: "\n").write(
      toFile: folder.file("data/table.csv"), atomically: true, encoding: .utf8)
    let labelled = try finished(
      Self.space("labelled", dataset: ", dataset: {kind: csv, path: table.csv, label: class}"))
    let candidate = "/jobs/\(labelled)/candidates/\(try #require(candidates(of: labelled).first))"
    #expect(try page(candidate).contains("data-load=\"\(candidate)/training\""))
    let training = try page(candidate + "/training")
    #expect(training.contains("the dataset's labels"))
    #expect(training.contains("2 classes, one output for each") && training.contains("<svg"))
    #expect(training.contains("seed 0") && training.contains("seed 1"))
    #expect(try page(candidate + "/training") == training)

    let plain = try finished(Self.space("plain"))
    let other = "/jobs/\(plain)/candidates/\(try #require(candidates(of: plain).first))"
    let text = try page(other)
    #expect(text.contains("random labels (the data have none)") && !text.contains("data-load"))
  }
}
