import HTTPTypes
import Hummingbird
import NIOCore
import Reports

/// Scores at once, for loops that search: from the store where it has them, else computed while the client waits.
struct ScoreRoutes {
  let services: DaemonServices

  func add(to table: RouteTable) {
    table.on(.post, "/v1/score") { request, context in
      _ = try Query(request, known: [])
      let configuration = services.configuration
      let (text, _) = try await request.document(
        [.json, .yaml], most: configuration.mostBodyBytes, seconds: configuration.requestSeconds,
        context: context)
      if (request.headers[.accept] ?? "").contains("application/x-ndjson") {
        let answers = try await services.blocking.run { try ScoreAnswers(to: text, services: services) }
        return lines(answers, watch(context))
      }
      if let known = try services.answers.answer(to: text) {
        services.metrics.noteCandidates(known.candidates, fromStore: true)
        return Self.response(known.body)
      }
      return try await answer(text, watch(context))
    }
  }

  private func watch(_ context: DaemonContext) -> QuestionWatch {
    QuestionWatch(
      context.channel, seconds: services.configuration.questionSeconds, open: services.openQuestions)
  }

  private func answer(_ text: String, _ watch: QuestionWatch) async throws -> Response {
    defer { watch.end() }
    // One candidate, the usual question of a loop, is answered where it is read: every change of threads costs a loop
    // that waits.
    let atOnce = try ScoreAnswers.atOnce(to: text, services: services)
    let answers: ScoreAnswers
    if let atOnce, atOnce.missing.isEmpty {
      answers = atOnce
    } else {
      answers = try await services.blocking.run(for: watch) {
        var answers = try atOnce ?? ScoreAnswers(to: text, services: services)
        try answers.computeOnly(watch)
        return answers
      }
    }
    var results = [JSONValue](repeating: .null, count: answers.count)
    for (place, result) in answers.found { results[place] = result }
    if !answers.missing.isEmpty {
      for try await (place, result) in answers.computed(watch) { results[place] = result }
    }
    let body = ByteBuffer(string: answers.document(results).compact + "\n")
    if answers.areFromStore {
      services.answers.keep(body, candidates: answers.count, for: text, revision: answers.revision)
    }
    return Self.response(body)
  }

  private static func response(_ body: ByteBuffer) -> Response {
    Response(
      status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: .init(byteBuffer: body))
  }

  /// One object a line, each as soon as it is there; those from the store come first, and those whose turn did not come
  /// last.
  private func lines(_ answers: ScoreAnswers, _ watch: QuestionWatch) -> Response {
    Response(
      status: .ok, headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        defer { watch.end() }
        for (_, result) in answers.found {
          try await writer.write(ByteBuffer(string: result.compact + "\n"))
        }
        var given: Set<Int> = []
        do {
          for try await (place, result) in answers.computed(watch) {
            given.insert(place)
            try await writer.write(ByteBuffer(string: result.compact + "\n"))
          }
        } catch let problem as Problem where problem.kind == .unfinished {
          for (place, scorable) in answers.missing where !given.contains(place) {
            let line = ScoreAnswers.unfinished(place, scorable, problem).compact + "\n"
            try await writer.write(ByteBuffer(string: line))
          }
        }
        try await writer.finish(nil)
      })
  }
}
