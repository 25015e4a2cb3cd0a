import ArchitectureScorer
import Foundation
import Hummingbird
import Reports
import ResultStorage

/// The pages for people.
struct DashboardRoutes {
  let services: DaemonServices
  let jobs: JobCenter
  private let training = RecentlyUsed<TrainingKey, LabelledTraining>(capacity: 64)

  private struct TrainingKey: Hashable {
    let job: Int64
    let candidate: String
  }

  init(services: DaemonServices, jobs: JobCenter) {
    self.services = services
    self.jobs = jobs
  }

  func add(to table: RouteTable) {
    table.on(.get, "/assets/style.css") { request, _ in
      .text(DashboardAssets.style, "text/css; charset=utf-8", isTagged: true, for: request)
    }
    table.on(.get, "/assets/live.js") { request, _ in
      .text(DashboardAssets.script, "text/javascript; charset=utf-8", isTagged: true, for: request)
    }
    show("/", in: table) { request, _ in
      let query = try Query(request, known: ["before"])
      let before = try query.integer("before", in: 1 ... .max).map(Int64.init)
      let jobs = try await services.blocking.run {
        try services.store.jobs(before: before, limit: JobListPage.mostJobs + 1)
      }
      return JobListPage(jobs: jobs, isFirst: before == nil).page
    }
    show("/spaces", in: table) { request, _ in
      let after = try Query(request, known: ["after"]).text("after")
      let spaces = try await services.blocking.run {
        try services.store.spaceDocuments(after: after, limit: SpaceListPage.mostSpaces + 1)
      }
      return SpaceListPage(spaces: spaces, isFirst: after == nil).page
    }
    show("/jobs/{id}", in: table) { request, context in
      let query = try Query(request, known: RankingQuery.parameters)
      let id = try context.jobIdentifier()
      let pace = jobs.pace(of: id)
      return try await services.blocking.run {
        guard let job = try services.store.job(id) else { throw Problem(.notFound, "there is no job \(id)") }
        let ranking = job.runID == nil ? nil : try services.rankings.ranking(of: job)
        return try JobPage(
          job: job, pace: pace, ranking: ranking,
          query: Result { try RankingQuery(query, mostPerPage: 200, standardLimit: 25) }
            .mapError { Problem($0) },
          filter: query.text("where") ?? "",
          program: services.configuration.program
        ).page
      }
    }
    show("/jobs/{id}/explanations", in: table) { request, context in
      _ = try Query(request, known: [])
      let id = try context.jobIdentifier()
      return try await services.blocking.run {
        let ranking = try services.ranking(ofJob: id)
        return ExplanationPage(
          job: id, space: ranking.report.space,
          explanations: try ranking.explanations(program: services.configuration.program)
        ).page
      }
    }
    show("/jobs/{id}/compare", in: table) { request, context in
      let id = try context.jobIdentifier()
      // A form sends a name for each candidate that was chosen.
      let names = request.uri.queryParameters.getAll("candidate")
      return try await services.blocking.run {
        let run = try services.ranking(ofJob: id).run
        return try ComparisonPage(
          job: id,
          documents: try ComparisonPage.checked(names).map { try CandidateDocument($0, in: run, job: id) },
          run: run
        ).page
      }
    }
    show("/jobs/{id}/candidates/{candidate}", in: table) { request, context in
      _ = try Query(request, known: [])
      let id = try context.jobIdentifier()
      let name = context.parameters.get("candidate") ?? ""
      return try await services.blocking.run {
        guard let job = try services.store.job(id) else { throw Problem(.notFound, "there is no job \(id)") }
        let ranking = try services.rankings.ranking(of: job)
        // A space whose data have gone can still be shown.
        let prepared = try? services.spaces.prepared(of: job)
        let space = prepared?.space ?? (try? services.spaces.readSpace(of: job))
        return try CandidatePage(
          job: job, document: try CandidateDocument(name, in: ranking.run, job: id), run: ranking.run,
          space: space, hasLabels: prepared?.hasLabels ?? false
        ).page
      }
    }
    show("/jobs/{id}/candidates/{candidate}/training", in: table) { request, context in
      _ = try Query(request, known: [])
      return try await labelledTraining(
        ofJob: try context.jobIdentifier(), candidate: context.parameters.get("candidate") ?? "")
    }
  }

  /// Computes what the store does not have, as one of those that clients wait for.
  private func labelledTraining(ofJob id: Int64, candidate name: String) async throws -> DashboardPage {
    let (document, run, prepared) = try await services.blocking.run {
      guard let job = try services.store.job(id) else { throw Problem(.notFound, "there is no job \(id)") }
      let run = try services.rankings.ranking(of: job).run
      return (try CandidateDocument(name, in: run, job: id), run, try services.spaces.prepared(of: job))
    }
    let key = TrainingKey(job: id, candidate: name)
    if let known = training.known(key) { return TrainingPage(job: id, candidate: name, training: known).page }
    await services.questions.take()
    defer { services.questions.giveBack() }
    let made = try await services.blocking.compute {
      try LabelledTraining(
        of: document.candidate.choices, in: prepared,
        seeds: Array(run.result.seeds.prefix(LabelledTraining.mostSeeds)))
    }
    training.keep(made, for: key)
    return TrainingPage(job: id, candidate: name, training: made).page
  }

  private func show(
    _ path: String, in table: RouteTable,
    _ make: @escaping @Sendable (Request, DaemonContext) async throws -> DashboardPage
  ) {
    table.on(.get, path) { request, context in
      do { return page(try await make(request, context), for: request) } catch {
        let problem = Problem(error)
        // What went wrong in here is for the log, which others write.
        guard request.asksForPage, problem.status.kind == .clientError else { throw error }
        return page(.refusal(problem), for: request)
      }
    }
  }

  private func page(_ page: DashboardPage, for request: Request) -> Response {
    .page(page.text(program: services.configuration.program), status: page.status, for: request)
  }
}
