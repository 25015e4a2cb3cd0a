import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reports
import ResultStorage

/// Jobs: submitted, listed, looked at, followed, cancelled, forgotten.
struct JobRoutes {
  let services: DaemonServices
  let jobs: JobCenter

  func add(to table: RouteTable) {
    table.on(.post, "/v1/jobs") { request, context in try await submit(request, context) }
    table.on(.get, "/v1/jobs") { request, _ in try await list(request) }
    table.on(.get, "/v1/jobs/{id}") { request, context in
      _ = try Query(request, known: [])
      let job = try await job(context.jobIdentifier())
      return .json(job.json(pace: jobs.pace(of: job.id)), isTagged: true, for: request)
    }
    table.on(.get, "/v1/jobs/{id}/events") { request, context in
      try await events(request, of: context.jobIdentifier())
    }
    table.on(.post, "/v1/jobs/{id}/cancel") { request, context in
      let id = try context.jobIdentifier()
      guard let job = try await jobs.cancel(id) else { throw Self.noJob(id) }
      return .json(job.json(), status: job.status.isEnd ? .ok : .accepted, for: request)
    }
    table.on(.delete, "/v1/jobs/{id}") { request, context in
      let job = try await job(context.jobIdentifier())
      let isGone = try await services.blocking.change { try services.store.deleteEndedJob(job.id) }
      guard isGone else {
        throw Problem(.conflict, "job \(job.id) is \(job.status.rawValue); cancel it before it is deleted")
      }
      services.events.forget(job: job.id)
      services.metrics.forget(job: job.id)
      return Response(status: .noContent)
    }
  }

  private func job(_ id: Int64) async throws -> JobRecord {
    guard let job = try await services.blocking.run({ try services.store.job(id) }) else {
      throw Self.noJob(id)
    }
    return job
  }

  private static func noJob(_ id: Int64) -> Problem { Problem(.notFound, "there is no job \(id)") }

  // MARK: Submission

  private func submit(_ request: Request, _ context: DaemonContext) async throws -> Response {
    let query = try Query(request, known: ["limit", "sampling_seed", "seeds"])
    let options = JobOptions(
      limit: try query.integer("limit", in: 1...10_000_000),
      samplingSeed: try query.unsigned("sampling_seed") ?? 0,
      seeds: try query.seeds())
    let key = request.headers[.idempotencyKey]
    if let key, !(1...255).contains(key.utf8.count) {
      throw Problem(.invalidRequest, "the Idempotency-Key has \(key.utf8.count) bytes; expected 1 to 255")
    }
    let configuration = services.configuration
    let (text, _) = try await request.document(
      [.yaml, .json], most: configuration.mostBodyBytes, seconds: configuration.requestSeconds,
      context: context)
    let space = try await services.blocking.run { try services.spaces.readSpace(text) }
    let submission = try await services.blocking.change {
      try services.store.submitJob(
        space: services.spaces.document(space, text: text), optionsJSON: options.canonicalJSON,
        idempotencyKey: key,
        requestHash: TextDigest.sha256(options.canonicalJSON + "\n" + text),
        mostWaiting: configuration.mostWaitingJobs)
    }
    switch submission {
    case .created(let job):
      jobs.wake()
      return .json(
        job.json(), status: .accepted, headers: [.location: "/v1/jobs/\(job.id)"], for: request)
    case .repeated(let job):
      return .json(
        job.json(), status: .accepted,
        headers: [.location: "/v1/jobs/\(job.id)", .idempotencyReplayed: "true"], for: request)
    case .keyReused(let job):
      throw Problem(
        .idempotencyKeyReused,
        "this Idempotency-Key came with job \(job.id), whose request was another; use a new key")
    case .queueFull(let waiting):
      throw Problem(
        .queueFull, "\(waiting) jobs are waiting, and no more are taken; try again later",
        headers: [.retryAfter: "10"])
    }
  }

  // MARK: Lists

  private func list(_ request: Request) async throws -> Response {
    let query = try Query(request, known: ["status", "limit", "cursor"])
    let status = try query.word("status", among: JobStatus.allCases.map(\.rawValue)).flatMap(
      JobStatus.init(rawValue:))
    let limit = try query.integer("limit", in: 1...1000) ?? 100
    var before: Int64?
    if let cursor = try query.cursor() {
      before = Int64(cursor)
      guard before != nil else { throw Query.foreignCursor }
    }
    let found = try await services.blocking.run { [before] in
      // One more, to see whether there is a next page.
      try services.store.jobs(status: status, before: before, limit: limit + 1)
    }
    let page = found.prefix(limit)
    let next = found.count > limit ? page.last.map { Base64.addressText("\($0.id)") } : nil
    return .json(
      .object([
        ("jobs", .array(page.map { $0.json(pace: jobs.pace(of: $0.id)) })),
        ("nextCursor", next.map(JSONValue.text) ?? .null),
      ]), isTagged: true, for: request)
  }

  // MARK: Events

  private func events(_ request: Request, of id: Int64) async throws -> Response {
    let lastID = request.headers[.lastEventID]
    let job = try await job(id)
    if let lastID, job.status.isEnd, services.events.isLast(lastID, of: id) || lastID == job.tag {
      // The client has seen the end: this answer keeps it from asking again.
      return Response(status: .noContent)
    }
    return Response(
      status: .ok,
      headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        try await follow(id, after: lastID, &writer)
        try await writer.finish(nil)
      })
  }

  private func follow(
    _ id: Int64, after lastID: String?, _ writer: inout any ResponseBodyWriter
  ) async throws {
    // Before the job is read, so that nothing which happens in between is missed.
    let subscription = services.events.subscribe(job: id, after: lastID)
    defer { services.events.unsubscribe(subscription) }
    let job = try await job(id)
    let now = JobEvents.Event(
      id: job.tag, name: job.status.isEnd ? "end" : "progress",
      data: job.json(pace: jobs.pace(of: id)).compact, isLast: job.status.isEnd)
    let first = subscription.missed ?? [now]
    try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
    for event in first { try await writer.write(event.text) }
    guard first.last?.isLast != true else { return }
    if job.status.isEnd { return try await writer.write(now.text) }
    for await event in subscription.stream {
      try await writer.write(event?.text ?? ByteBuffer(string: ": still here\n\n"))
    }
  }
}

extension JobEvents.Event {
  /// As server-sent events are written.
  fileprivate var text: ByteBuffer {
    ByteBuffer(string: "id: \(id)\nevent: \(name)\ndata: \(data)\n\n")
  }
}

extension Query {
  /// `3` for the seeds 0, 1 and 2, or a list: `7,8`.
  func seeds() throws -> [UInt64]? {
    guard let text = text("seeds") else { return nil }
    let problem = Problem(
      .invalidRequest,
      "'seeds' is '\(text)'; expected a number of seeds from 1 to 10000, or different seeds such as 7,8")
    guard text.contains(",") else {
      guard let count = UInt64(text), (1...10_000).contains(count) else { throw problem }
      return Array(0..<count)
    }
    let items = text.split(separator: ",")
    let seeds = items.compactMap { UInt64($0) }
    guard (1...ScoreQuestion.mostSeeds).contains(seeds.count), seeds.count == items.count,
      Set(seeds).count == seeds.count
    else { throw problem }
    return seeds
  }
}
