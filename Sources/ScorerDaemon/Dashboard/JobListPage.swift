import Foundation
import Reports
import ResultStorage

/// The first page: jobs from the newest, those that run with their progress as it grows.
struct JobListPage {
  static let mostJobs = 50

  /// One more than are shown when there is a next page.
  let jobs: [JobRecord]
  let isFirst: Bool

  var page: DashboardPage {
    DashboardPage(title: "Jobs", place: .jobs, body: body)
  }

  private var body: String {
    guard !jobs.isEmpty else {
      return """
        <h1>Jobs</h1>
        <div class="empty"><p>There is no job yet. Send a search space:</p>
        <pre>curl --data-binary @space.yaml -H 'Content-Type: application/yaml' localhost:8420/v1/jobs</pre></div>
        """
    }
    let rows = jobs.prefix(Self.mostJobs).map(row)
    let older =
      jobs.count > Self.mostJobs
      ? "<a class=\"button\" href=\"/?before=\(jobs[Self.mostJobs - 1].id)\">Older</a>" : ""
    let newest = isFirst ? "" : "<a class=\"button\" href=\"/\">Newest</a>"
    return """
      <h1>Jobs</h1>
      <p class="unseen" role="status" data-announcement></p>
      <div class="scroll"><table class="jobs" role="table" aria-label="Jobs, the newest first">
      <thead role="rowgroup"><tr role="row">\(Self.head)</tr></thead>
      <tbody role="rowgroup">
      \(rows.joined(separator: "\n"))
      </tbody></table></div>
      <div class="pager">\(newest)\(older)</div>
      """
  }

  /// With what each is called on narrow pages, where a row is a card without a head.
  private static let columns: [(name: String, title: String, styles: String)] = [
    ("job", "job", "number"), ("space", "space", ""), ("status", "status", ""), ("bar", "progress", "wide"),
    ("count", "candidates", "number"), ("rate", "per second", "number"), ("left", "left", "number"),
    ("failed", "failed", "number"), ("date", "submitted (UTC)", ""),
  ]

  // The roles are those of a table, which browsers forget where it is laid out as cards.
  private static var head: String {
    columns.map { column in
      "<th scope=\"col\" role=\"columnheader\" class=\"\(column.styles)\">\(column.title)</th>"
    }.joined()
  }

  private func row(_ job: JobRecord) -> String {
    let missing = NumberText.missing
    let cells = [
      "<a href=\"/jobs/\(job.id)\" aria-label=\"job \(job.id)\">\(job.id)</a>",
      "<a href=\"/jobs/\(job.id)\">\(PageText.escaped(job.space.name))</a>",
      JobText.status(job.status), JobText.bar(job), JobText.count(job),
      "<span data-field=\"rate\">\(missing)</span>", "<span data-field=\"left\">\(missing)</span>",
      "<span data-field=\"failed\">\(NumberText.grouped(job.progress.failed))</span>",
      JobText.date(job.created),
    ]
    let row = zip(Self.columns, cells).map { column, cell in
      "<td role=\"cell\" class=\"in-\(column.name) \(column.styles)\" data-title=\"\(column.title)\">\(cell)</td>"
    }
    return "<tr role=\"row\"\(job.status.isEnd ? "" : " data-job=\"\(job.id)\"")>\(row.joined())</tr>"
  }
}

/// Pieces that pages show of a job.
enum JobText {
  static func status(_ status: JobStatus) -> String {
    "<span class=\"status status-\(status.rawValue)\" data-field=\"status\">\(status.rawValue)</span>"
  }

  static func bar(_ job: JobRecord) -> String {
    let total = job.progress.total.map { " max=\"\(max(1, $0))\" value=\"\(job.progress.done)\"" } ?? ""
    let isKnown = job.progress.total != nil || job.status == .running
    return
      "<progress data-field=\"bar\" aria-label=\"progress of job \(job.id)\"\(isKnown ? total : " max=\"1\" value=\"0\"")></progress>"
  }

  static func count(_ job: JobRecord) -> String {
    "<span data-field=\"done\">\(NumberText.grouped(job.progress.done))</span> / "
      + "<span data-field=\"total\">\(job.progress.total.map(NumberText.grouped) ?? "?")</span>"
  }

  /// `2026-03-01 12:30`, in UTC.
  static func date(_ date: Date) -> String {
    let text = date.formatted(.iso8601)
    return "<time datetime=\"\(text)\">\(text.replacing("T", with: " ").dropLast(4))</time>"
  }
}

/// The search spaces that the daemon knows by name.
struct SpaceListPage {
  static let mostSpaces = 20
  /// Of each text. The whole is a link away.
  private static let mostCharacters = 4000

  /// One more than are shown when there is a next page.
  let spaces: [SpaceDocument]
  let isFirst: Bool

  var page: DashboardPage {
    let shown = spaces.prefix(Self.mostSpaces)
    let more =
      spaces.count > Self.mostSpaces
      ? shown.last.map {
        "<a class=\"button\" rel=\"next\" href=\"/spaces?after=\(PageText.encoded($0.name))\">More</a>"
      }
      : nil
    let first = isFirst ? "" : "<a class=\"button\" href=\"/spaces\">First</a>"
    return DashboardPage(
      title: "Spaces", place: .spaces,
      body: "<h1>Search spaces</h1>\n"
        + (shown.isEmpty
          ? "<div class=\"empty\">There is none yet. One that is sent to /v1/spaces or /v1/jobs is kept under its name.</div>"
          : shown.map(section).joined(separator: "\n"))
        + "<div class=\"pager\">\(first)\(more ?? "")</div>")
  }

  private func section(_ space: SpaceDocument) -> String {
    let text = space.text.prefix(Self.mostCharacters)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      PageText.escaped(String($0))
    }
    let isCut = text.endIndex < space.text.endIndex
    return """
      <section><h2>\(PageText.escaped(space.name))</h2>
      <p class="soft mono"><a href="/v1/spaces/\(space.contentHash)">\(space.contentHash.prefix(12))</a></p>
      <pre class="code" tabindex="0" role="region" aria-label="\(PageText.escaped(space.name))">\(lines.joined(separator: "\n"))\(isCut ? " …" : "")</pre></section>
      """
  }
}
