import ArchitectureScorer
import Foundation
import Reports
import ResultStorage
import ScoringMetrics

/// A job: its progress, the ranking by the page, and what explains it.
struct JobPage {
  let job: JobRecord
  let pace: JobPace?
  /// Nil while nothing is ranked.
  let ranking: RankingShelf.Shelved?
  let query: RankingQuery
  /// The filter as it was typed.
  let filter: String
  let program: String

  var page: DashboardPage {
    get throws {
      DashboardPage(
        title: "\(job.space.name), job \(job.id)", place: .jobs, body: try body, isLive: true)
    }
  }

  private var body: String {
    get throws {
      guard let ranking else { return head }
      let explanations =
        try ranking.explanationsAtOnce(program: program)
          ?? """
          <section data-load="/jobs/\(job.id)/explanations"><h2>What explains it</h2>
          <p role="status"><a href="/jobs/\(job.id)/explanations">Plots and tables of all candidates</a></p></section>
          """
      return head + (try table(ranking.report)) + explanations
    }
  }

  private var head: String {
    let cancel =
      job.status.isEnd
      ? "" : "<button class=\"button\" data-cancel=\"\(job.id)\" hidden>Cancel</button>"
    let message = job.message.map { "<p class=\"warning\">\(PageText.escaped($0))</p>" } ?? ""
    let cards = [
      ("candidates", JobText.count(job)),
      (
        "per second",
        "<span data-field=\"rate\">\(pace?.candidatesPerSecond.map { NumberText.significant($0, digits: 3) } ?? NumberText.missing)</span>"
      ),
      ("left", "<span data-field=\"left\">\(PageText.duration(pace?.secondsLeft))</span>"),
      (
        "from the store",
        "<span data-field=\"stored\">\(NumberText.grouped(job.progress.fromStore))</span>"
      ),
      ("failed", "<span data-field=\"failed\">\(NumberText.grouped(job.progress.failed))</span>"),
    ].map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" }
    let links = ["html", "csv", "json", "markdown"].map {
      "<a href=\"/v1/jobs/\(job.id)/report?format=\($0)\">\($0)</a>"
    }
    return """
      <header\(job.status.isEnd ? "" : " data-job=\"\(job.id)\"")>
      <h1>\(PageText.escaped(job.space.name))</h1>
      <p>\(JobText.status(job.status)) <span class="soft">job \(job.id), submitted \(JobText.date(job.created))</span> \(cancel)</p>
      \(message)\(JobText.bar(job))
      <dl class="facts">\(cards.joined(separator: "\n"))</dl>
      \(job.runID == nil ? "" : "<p>The whole result: \(links.joined(separator: ", "))</p>")
      </header>

      """
  }

  // MARK: Ranking

  private func table(_ report: RankingReport) throws -> String {
    let page = try query.page(of: report)
    let columns = Self.columns(report)
    let heads = columns.map { column in
      let isSorted = query.sort == column.name
      let order = isSorted && !query.isDescending ? "descending" : "ascending"
      let sorted = isSorted ? " aria-sort=\"\(query.isDescending ? "descending" : "ascending")\"" : ""
      let mark = isSorted ? (query.isDescending ? " ▼" : " ▲") : ""
      return "<th\(column.isNumber ? " class=\"number\"" : "")\(sorted)>"
        + "<a href=\"\(address(sort: column.name, order: order, cursor: nil))\">\(PageText.escaped(column.title))\(mark)</a></th>"
    }
    let rows = page.entries.map { entry in
      let cells = columns.map { column in
        let text = PageText.escaped(column.cell(entry))
        let shown =
          column.name == "id"
          ? "<a class=\"mono\" href=\"/jobs/\(job.id)/candidates/\(text)\">\(text)</a>" : text
        return "<td\(column.isNumber ? " class=\"number\"" : "")>\(shown)</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    let first = page.entries.isEmpty ? 0 : page.offset + 1
    let previous = page.previous.map {
      "<a class=\"button\" rel=\"prev\" href=\"\(address(sort: query.sort, order: order, cursor: $0))\">Previous</a>"
    }
    let next = page.next.map {
      "<a class=\"button\" rel=\"next\" href=\"\(address(sort: query.sort, order: order, cursor: $0))\">Next</a>"
    }
    return """
      <section><h2>Ranking</h2>
      <form class="filter" method="get" action="/jobs/\(job.id)">
      <input type="text" name="where" value="\(PageText.escaped(filter))" placeholder="depth&gt;=3,activation=relu" \
      aria-label="Conditions on choices and metrics, with commas between">
      <input type="hidden" name="sort" value="\(PageText.escaped(query.sort))">
      <input type="hidden" name="order" value="\(order)">
      <button>Filter</button></form>
      <div class="scroll"><table><thead><tr>\(heads.joined())</tr></thead>
      <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
      <div class="pager"><span>\(NumberText.grouped(first))–\(NumberText.grouped(page.offset + page.entries.count)) of \
      \(NumberText.grouped(page.total))</span>\(previous ?? "")\(next ?? "")</div></section>

      """
  }

  private var order: String { query.isDescending ? "descending" : "ascending" }

  private func address(sort: String, order: String, cursor: String?) -> String {
    var parts = ["sort=\(PageText.encoded(sort))", "order=\(order)", "limit=\(query.limit)"]
    if !filter.isEmpty { parts.append("where=\(PageText.encoded(filter))") }
    if let cursor, !cursor.isEmpty { parts.append("cursor=\(Base64.addressText(cursor))") }
    return "/jobs/\(job.id)?" + parts.joined(separator: "&amp;")
  }

  private struct Column {
    /// By which it is sorted.
    let name: String
    let title: String
    let isNumber: Bool
    let cell: (RankingReport.Ranked) -> String
  }

  private static func columns(_ report: RankingReport) -> [Column] {
    let rank = Column(name: "rank", title: "rank", isNumber: true) { ($0.isTied ? "=" : "") + "\($0.rank)" }
    let id = Column(name: "id", title: "id", isNumber: false) { $0.id }
    let choices = report.varyingChoiceNames.map { name in
      Column(name: name, title: name, isNumber: false) { $0.choices[name]?.description ?? NumberText.missing }
    }
    let metrics = report.metrics.map { metric in
      Column(name: metric.snakeCaseName, title: metric.title, isNumber: true) {
        RankingReport.cell($0.values[metric.name], of: metric, absence: $0.absences[metric.name])
      }
    }
    return [rank, id] + choices + metrics
  }
}
