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
  /// Or why the ranking cannot be shown so.
  let query: Result<RankingQuery, Problem>
  /// The filter as it was typed.
  let filter: String
  let program: String

  var page: DashboardPage {
    get throws {
      let title = "\(job.space.name), job \(job.id)"
      guard let ranking else {
        let empty =
          job.status.isEnd
          ? ""
          : "<div class=\"empty\" data-waiting>Nothing is ranked yet. The page shows the ranking once there is one.</div>"
        return DashboardPage(title: title, place: .jobs, body: head + empty)
      }
      do {
        let query = try query.get()
        let table = table(try query.page(of: ranking.report), query, ranking.report)
        return DashboardPage(title: title, place: .jobs, body: head + table + (try explanations(ranking)))
      } catch let problem as Problem where problem.kind == .invalidRequest {
        return DashboardPage(
          title: title, place: .jobs, body: head + refusal(problem), status: problem.status)
      }
    }
  }

  private func explanations(_ ranking: RankingShelf.Shelved) throws -> String {
    try ranking.explanationsAtOnce(program: program)
      ?? """
      <section data-load="/jobs/\(job.id)/explanations" data-loading="Plots and tables of all candidates are being made …">
      <h2>What explains it</h2>
      <p role="status"><a href="/jobs/\(job.id)/explanations">Plots and tables of all candidates</a></p></section>
      """
  }

  // MARK: Head

  private var head: String {
    let cancel =
      job.status.isEnd
      ? "" : "<button class=\"button\" data-cancel=\"\(job.id)\" hidden>Cancel</button>"
    let message = job.message.map { "<p class=\"warning\">\(PageText.escaped($0))</p>" } ?? ""
    let rate = pace?.candidatesPerSecond.map { NumberText.significant($0, digits: 3) } ?? NumberText.missing
    let time =
      job.status.isEnd
      ? [("took", PageText.duration(job.started.flatMap { job.finished?.timeIntervalSince($0) }))]
      : [
        ("per second", "<span data-field=\"rate\">\(rate)</span>"),
        ("left", "<span data-field=\"left\">\(PageText.duration(pace?.secondsLeft))</span>"),
      ]
    let others = [
      ("from the store", "<span data-field=\"stored\">\(NumberText.grouped(job.progress.fromStore))</span>"),
      ("failed", "<span data-field=\"failed\">\(NumberText.grouped(job.progress.failed))</span>"),
    ]
    let cards = ([("candidates", JobText.count(job))] + time + others).map { name, value in
      "<div><dt>\(name)</dt><dd>\(value)</dd></div>"
    }
    let links = ["html", "csv", "json", "markdown"].map {
      "<a href=\"/v1/jobs/\(job.id)/report?format=\($0)\">\($0)</a>"
    }
    return """
      <header\(job.status.isEnd ? "" : " data-job=\"\(job.id)\"")>
      <h1>\(PageText.escaped(job.space.name))</h1>
      <p>\(JobText.status(job.status)) <span class="soft">job \(job.id), submitted \(JobText.date(job.created)) UTC</span> \(cancel)</p>
      \(message)\(JobText.bar(job))
      <p class="unseen" role="status" data-announcement></p>
      <dl class="facts">\(cards.joined(separator: "\n"))</dl>
      \(job.runID == nil ? "" : "<p>The whole result: \(links.joined(separator: ", "))</p>")
      </header>

      """
  }

  // MARK: Ranking

  private func table(_ page: RankingQuery.Page, _ query: RankingQuery, _ report: RankingReport) -> String {
    func address(sort: String, order: String, cursor: String?) -> String {
      self.address(sort: sort, order: order, limit: query.limit, cursor: cursor)
    }
    let order = query.isDescending ? "descending" : "ascending"
    let columns = Self.columns(report)
    let heads = columns.map { column in
      let isSorted = query.sort == column.name
      let order = isSorted && !query.isDescending ? "descending" : "ascending"
      let sorted = isSorted ? " aria-sort=\"\(query.isDescending ? "descending" : "ascending")\"" : ""
      let mark = isSorted ? "<span aria-hidden=\"true\"> \(query.isDescending ? "▼" : "▲")</span>" : ""
      return "<th scope=\"col\"\(column.isNumber ? " class=\"number\"" : "")\(sorted)>"
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
      let id = PageText.escaped(entry.id)
      return
        "<tr><td><input type=\"checkbox\" name=\"candidate\" value=\"\(id)\" form=\"compare\" aria-label=\"Compare \(id)\"></td>"
        + "\(cells.joined())</tr>"
    }
    let first = page.entries.isEmpty ? 0 : page.offset + 1
    let previous = page.previous.map {
      "<a class=\"button\" rel=\"prev\" href=\"\(address(sort: query.sort, order: order, cursor: $0))\">Previous</a>"
    }
    let next = page.next.map {
      "<a class=\"button\" rel=\"next\" href=\"\(address(sort: query.sort, order: order, cursor: $0))\">Next</a>"
    }
    return """
      <section><h2 id="ranking-head">Ranking</h2>
      \(job.status.isEnd ? "" : "<p class=\"soft\">As far as it went when this page was loaded. <a href=\"/jobs/\(job.id)\">Show it as it is now</a></p>")
      \(form(sort: query.sort, order: order))
      <div class="scroll"><table class="ranking" aria-labelledby="ranking-head">
      <thead><tr><th><span class="unseen">compare</span></th>\(heads.joined())</tr></thead>
      <tbody>\(rows.isEmpty ? "<tr><td colspan=\"\(columns.count + 1)\">No candidate is like this.</td></tr>" : rows.joined(separator: "\n"))</tbody></table></div>
      <div class="pager"><span>\(NumberText.grouped(first))–\(NumberText.grouped(page.offset + page.entries.count)) of \
      \(NumberText.grouped(page.total))</span>\(previous ?? "")\(next ?? "")
      <form id="compare" method="get" action="/jobs/\(job.id)/compare"><button class="button">Compare the chosen</button></form>
      </div></section>

      """
  }

  private func form(sort: String, order: String) -> String {
    let all = filter.isEmpty ? "" : "<a class=\"button\" href=\"/jobs/\(job.id)\">Show all</a>"
    return """
      <form class="filter" method="get" action="/jobs/\(job.id)">
      <input type="text" name="where" value="\(PageText.escaped(filter))" placeholder="depth&gt;=3,activation=relu" \
      aria-label="Conditions on choices and metrics, with commas between">
      <input type="hidden" name="sort" value="\(PageText.escaped(sort))">
      <input type="hidden" name="order" value="\(order)">
      <button>Filter</button>\(all)</form>
      """
  }

  private func refusal(_ problem: Problem) -> String {
    """
    <section><h2>Ranking</h2>
    \(form(sort: "rank", order: "ascending"))
    <p class="warning" role="alert">\(PageText.escaped(problem.detail))</p></section>
    """
  }

  private func address(sort: String, order: String, limit: Int, cursor: String?) -> String {
    var parts = ["sort=\(PageText.encoded(sort))", "order=\(order)", "limit=\(limit)"]
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
