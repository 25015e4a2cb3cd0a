import ArchitecturePlugins
import ArchitectureScorer
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reports
import ResultStorage
import SearchSpaces

/// Scores at once, for loops that search: from the store where it has them, else computed while the client waits.
struct ScoreRoutes {
  let services: DaemonServices

  func add(to table: RouteTable) {
    table.on(.post, "/v1/score") { request, _ in
      _ = try Query(request, known: [])
      let configuration = services.configuration
      let (text, _) = try await request.document(
        [.json, .yaml], most: configuration.mostBodyBytes, seconds: configuration.requestSeconds)
      let question = try ScoreQuestion(
        text, shelf: services.spaces, mostCandidates: configuration.mostCandidates)
      let space = try services.spaces.prepared(
        question.space, seeds: question.seeds, metrics: question.metrics)
      let answers = ScoreAnswers(space: space, choices: question.choices, services: services)
      let wantsLines = (request.headers[.accept] ?? "").contains("application/x-ndjson")
      return wantsLines ? lines(answers) : try await document(answers, for: request)
    }
  }

  private func document(_ answers: ScoreAnswers, for request: Request) async throws -> Response {
    var results = [JSONValue](repeating: .null, count: answers.count)
    for try await (place, result) in answers.stream() { results[place] = result }
    let space = answers.space
    return .text(
      JSONValue.object([
        ("space", .text(space.space.name)), ("identity", .verbatim(space.identity.canonicalJSON)),
        ("seeds", .array(space.seeds.map(JSONValue.unsigned))), ("results", .array(results)),
      ]).compact + "\n", "application/json", for: request)
  }

  /// One object a line, each as soon as it is there.
  private func lines(_ answers: ScoreAnswers) -> Response {
    Response(
      status: .ok, headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        for try await (_, result) in answers.stream() {
          try await writer.write(ByteBuffer(string: result.compact + "\n"))
        }
        try await writer.finish(nil)
      })
  }
}

/// The scores of some candidates, one after the other as they are known.
struct ScoreAnswers: Sendable {
  let space: PreparedSpace
  let choices: [Choices]
  let services: DaemonServices

  var count: Int { choices.count }

  /// Those that the store has come first. When nobody reads any more, nothing further is computed.
  func stream() -> AsyncThrowingStream<(Int, JSONValue), any Error> {
    let (stream, continuation) = AsyncThrowingStream<(Int, JSONValue), any Error>.makeStream()
    let cancellation = Cancellation()
    continuation.onTermination = { _ in cancellation.cancel() }
    Task {
      do {
        let missing = try answerFromStore(continuation)
        try await compute(missing, cancellation, continuation)
        continuation.finish()
      } catch { continuation.finish(throwing: error) }
    }
    return stream
  }

  private func answerFromStore(
    _ continuation: AsyncThrowingStream<(Int, JSONValue), any Error>.Continuation
  ) throws -> [(Int, Candidate)] {
    var missing: [(Int, Candidate)] = []
    for (place, choices) in choices.enumerated() {
      let candidate: Candidate
      do throws(CandidateError) { candidate = try space.space.candidate(choices: choices) } catch {
        // One wrong question of many costs none of the others their answers.
        guard count > 1 else { throw error }
        continuation.yield((place, Self.refusal(place, choices, "\(error)")))
        continue
      }
      if let stored = try space.storedScore(of: candidate, in: services.store) {
        services.metrics.noteCandidate(fromStore: true)
        continuation.yield((place, json(stored, place)))
      } else {
        missing.append((place, candidate))
      }
    }
    return missing
  }

  private func compute(
    _ missing: [(Int, Candidate)], _ cancellation: Cancellation,
    _ continuation: AsyncThrowingStream<(Int, JSONValue), any Error>.Continuation
  ) async throws {
    let processors = services.configuration.resources.threads
    let atOnce = min(processors, missing.count)
    try await withThrowingTaskGroup(of: Void.self) { group in
      var rest = missing.makeIterator()
      func addNext() {
        guard let (place, candidate) = rest.next(), !cancellation.isCancelled else { return }
        group.addTask {
          let result = try await services.blocking.run {
            do throws(ScorerError) {
              return json(
                try space.score(
                  candidate, in: services.store, threads: max(1, processors / max(1, atOnce)),
                  cancellation: cancellation), place)
            } catch {
              guard count > 1, error.isInvalidInput else { throw error }
              return Self.refusal(place, candidate.choices, "\(error)")
            }
          }
          services.metrics.noteCandidate(fromStore: false)
          continuation.yield((place, result))
        }
      }
      for _ in 0..<atOnce { addNext() }
      while try await group.next() != nil { addNext() }
    }
  }

  private func json(_ result: ScoreResult, _ place: Int) -> JSONValue {
    let candidate = result.candidate
    return .object([
      ("index", .integer(place)), ("id", .text(candidate.id)),
      ("choices", .verbatim(candidate.choices.canonicalJSON)),
      ("networkHash", candidate.networkHash.map(JSONValue.text) ?? .null),
      ("outcome", .text(candidate.outcome.rawValue)),
      ("message", candidate.message.map(JSONValue.text) ?? .null),
      ("fromStore", .boolean(result.wasServedFromStore)), ("seconds", .number(result.wallSeconds)),
      ("metrics", JSONValue(candidate.metrics, result.metrics)),
    ])
  }

  private static func refusal(_ place: Int, _ choices: Choices, _ reason: String) -> JSONValue {
    .object([
      ("index", .integer(place)), ("id", .null), ("choices", .verbatim(choices.canonicalJSON)),
      ("networkHash", .null), ("outcome", .text("invalid_request")), ("message", .text(reason)),
      ("fromStore", .boolean(false)), ("seconds", .number(0)), ("metrics", .object([])),
    ])
  }
}
