import ArchitectureScorer
import Foundation
import Hummingbird
import Reports
import ResultStorage
import SearchSpaces

/// What jobs found: rankings by the page, candidates, comparisons, and reports in every format.
struct RankingRoutes {
  let services: DaemonServices

  func add(to table: RouteTable) {
    table.on(.get, "/v1/jobs/{id}/ranking") { request, context in
      let query = try RankingQuery(Query(request, known: RankingQuery.parameters))
      let id = try context.jobIdentifier()
      let (ranking, page) = try await services.blocking.run {
        let ranking = try services.ranking(ofJob: id)
        return (ranking, try query.page(of: ranking.report))
      }
      let next = page.next.map { Base64.addressText($0) }
      return .json(
        .object([
          ("space", .text(ranking.report.space)), ("identity", ranking.report.identity),
          ("seeds", .array(ranking.report.seeds.map(JSONValue.unsigned))),
          ("metrics", .array(ranking.report.metrics.map { .text($0.name) })), ("total", .integer(page.total)),
          ("candidates", .array(page.entries.map { ranking.report.json($0) })),
          ("nextCursor", next.map(JSONValue.text) ?? .null),
        ]), isTagged: true, for: request)
    }
    table.on(.get, "/v1/jobs/{id}/failures") { request, context in
      let query = try Query(request, known: ["limit", "cursor"])
      let limit = try query.integer("limit", in: 1...1000) ?? 100
      let offset = try query.cursor().map { cursor in
        guard let place = Int(cursor), place >= 0 else { throw Query.foreignCursor }
        return place
      }
      let id = try context.jobIdentifier()
      let ranking = try await services.blocking.run { try services.ranking(ofJob: id) }
      let all = ranking.report.failed
      let page = Array(all.dropFirst(offset ?? 0).prefix(limit))
      let end = (offset ?? 0) + page.count
      return .json(
        .object([
          ("total", .integer(all.count)), ("failed", .array(page.map { ranking.report.json($0) })),
          ("nextCursor", end < all.count ? .text(Base64.addressText("\(end)")) : .null),
        ]), isTagged: true, for: request)
    }
    table.on(.get, "/v1/jobs/{id}/candidates/{candidate}") { request, context in
      _ = try Query(request, known: [])
      let id = try context.jobIdentifier()
      let name = context.parameters.get("candidate") ?? ""
      let document = try await services.blocking.run {
        try CandidateDocument(name, in: services.ranking(ofJob: id).run, job: id).json
      }
      return .json(document, isTagged: true, for: request)
    }
    table.on(.get, "/v1/jobs/{id}/compare") { request, context in
      let query = try Query(request, known: ["candidates"])
      let names = (query.text("candidates") ?? "").split(separator: ",").map(String.init)
      guard (2...20).contains(names.count) else {
        throw Problem(
          .invalidRequest,
          "'candidates' names \(names.count); expected 2 to 20 identifiers with commas between")
      }
      let id = try context.jobIdentifier()
      let documents = try await services.blocking.run {
        let ranking = try services.ranking(ofJob: id)
        return try names.map { try CandidateDocument($0, in: ranking.run, job: id) }
      }
      return .json(
        .object([
          ("candidates", .array(documents.map(\.json))),
          ("different", CandidateDocument.differences(documents)),
        ]), isTagged: true, for: request)
    }
    table.on(.get, "/v1/jobs/{id}/report") { request, context in
      let query = try Query(request, known: ["format"])
      let format = try query.word("format", among: ["html", "json", "csv", "markdown", "text"]) ?? "html"
      let id = try context.jobIdentifier()
      let text = try await services.blocking.run {
        let run = try services.ranking(ofJob: id).run
        return Self.text(
          of: try RunReport(run, candidates: [], program: services.configuration.program), format)
      }
      var response = Response.text(
        text, Self.type(format), isTagged: true, for: request)
      if format == "html" {
        // The page brings its own script and styles, and needs nothing else.
        response.headers[.contentSecurityPolicy] =
          "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
      }
      return response
    }
  }

  private static func text(of report: RunReport, _ format: String) -> String {
    switch format {
    case "json": report.json(top: nil)
    case "csv": report.csv(top: nil)
    case "markdown": report.markdown(top: nil)
    case "text": report.table(width: nil, top: nil)
    default: report.page
    }
  }

  private static func type(_ format: String) -> String {
    switch format {
    case "json": "application/json"
    case "csv": "text/csv; charset=utf-8"
    case "markdown": "text/markdown; charset=utf-8"
    case "text": "text/plain; charset=utf-8"
    default: "text/html; charset=utf-8"
    }
  }
}

extension DaemonServices {
  /// Blocks while it is read.
  /// - Throws: `Problem` when there is no such job, or it has ranked nothing.
  func ranking(ofJob id: Int64) throws -> RankingShelf.Shelved {
    guard let job = try store.job(id) else { throw Problem(.notFound, "there is no job \(id)") }
    return try rankings.ranking(of: job)
  }
}
