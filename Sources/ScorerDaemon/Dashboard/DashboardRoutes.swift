import ArchitectureScorer
import Foundation
import Hummingbird
import Reports
import ResultStorage

/// The pages for people.
struct DashboardRoutes {
  let services: DaemonServices
  let jobs: JobCenter

  func add(to table: RouteTable) {
    table.on(.get, "/assets/style.css") { request, _ in
      .text(DashboardAssets.style, "text/css; charset=utf-8", isTagged: true, for: request)
    }
    table.on(.get, "/assets/live.js") { request, _ in
      .text(DashboardAssets.script, "text/javascript; charset=utf-8", isTagged: true, for: request)
    }
    table.on(.get, "/") { request, _ in
      let query = try Query(request, known: ["before"])
      let before = try query.integer("before", in: 1 ... .max).map(Int64.init)
      let jobs = try await services.blocking.run {
        try services.store.jobs(before: before, limit: JobListPage.mostJobs + 1)
      }
      return page(JobListPage(jobs: jobs, isFirst: before == nil).page, for: request)
    }
    table.on(.get, "/spaces") { request, _ in
      let after = try Query(request, known: ["after"]).text("after")
      let spaces = try await services.blocking.run {
        try services.store.spaceDocuments(after: after, limit: SpaceListPage.mostSpaces + 1)
      }
      return page(SpaceListPage(spaces: spaces, isFirst: after == nil).page, for: request)
    }
    table.on(.get, "/jobs/{id}") { request, context in
      let query = try Query(request, known: RankingQuery.parameters)
      let id = try context.jobIdentifier()
      let pace = jobs.pace(of: id)
      let shown = try await services.blocking.run {
        guard let job = try services.store.job(id) else { throw Problem(.notFound, "there is no job \(id)") }
        let ranking = job.runID == nil ? nil : try services.rankings.ranking(of: job)
        return try JobPage(
          job: job, pace: pace, ranking: ranking,
          query: try RankingQuery(query, mostPerPage: 200, standardLimit: 25),
          filter: query.text("where") ?? "",
          program: services.configuration.program
        ).page
      }
      return page(shown, for: request)
    }
    table.on(.get, "/jobs/{id}/explanations") { request, context in
      _ = try Query(request, known: [])
      let id = try context.jobIdentifier()
      let shown = try await services.blocking.run {
        let ranking = try services.ranking(ofJob: id)
        return ExplanationPage(
          job: id, space: ranking.report.space,
          explanations: try ranking.explanations(program: services.configuration.program)
        ).page
      }
      return page(shown, for: request)
    }
    table.on(.get, "/jobs/{id}/candidates/{candidate}") { request, context in
      _ = try Query(request, known: [])
      let id = try context.jobIdentifier()
      let name = context.parameters.get("candidate") ?? ""
      let shown = try await services.blocking.run {
        guard let job = try services.store.job(id) else { throw Problem(.notFound, "there is no job \(id)") }
        let ranking = try services.rankings.ranking(of: job)
        let space = try? services.spaces.readSpace(of: job)
        return try CandidatePage(
          job: job, document: try CandidateDocument(name, in: ranking.run, job: id), run: ranking.run,
          space: space
        ).page
      }
      return page(shown, for: request)
    }
  }

  private func page(_ page: DashboardPage, for request: Request) -> Response {
    .page(page.text(program: services.configuration.program), for: request)
  }
}
