import ArchitecturePlugins
import ArchitectureScorer
import NetworkGraph
import Reports
import ResultStorage
import SearchSpaces
import Trainability

/// A candidate that can be scored.
enum Scorable: Sendable {
  case candidate(Candidate, PreparedSpace)
  case network(Network, name: String?, PreparedNetworks)

  /// Nil when something would have to be computed.
  func stored(in source: any ScoreSource) throws(ScorerError) -> ScoreResult? {
    switch self {
    case .candidate(let candidate, let space): try space.storedScore(of: candidate, in: source)
    case .network(let network, let name, let networks):
      try networks.storedScore(of: network, name: name, in: source)
    }
  }

  func computed(
    _ services: DaemonServices, threads: Int, _ cancellation: Cancellation
  ) throws(ScorerError) -> ScoreResult {
    switch self {
    case .candidate(let candidate, let space):
      try space.score(
        candidate, in: services.store, threads: threads, slots: services.slots, cancellation: cancellation)
    case .network(let network, let name, let networks):
      try networks.score(
        network, name: name, in: services.store, threads: threads, slots: services.slots,
        cancellation: cancellation)
    }
  }

  /// Where it is not that of the whole answer.
  var identityJSON: String? {
    switch self {
    case .candidate: nil
    case .network(_, _, let networks): networks.identityJSON
    }
  }

  var choices: Choices {
    switch self {
    case .candidate(let candidate, _): candidate.choices
    case .network: [:]
    }
  }
}

/// What the store knows of the candidates of a question, and what has to be computed.
struct ScoreAnswers: Sendable {
  let count: Int
  /// With its place in the question.
  private(set) var found: [(place: Int, result: JSONValue)] = []
  /// With its place in the question.
  private(set) var missing: [(place: Int, scorable: Scorable)] = []
  /// Whether the store had all of them.
  private(set) var areFromStore = true
  /// Of the store, from before it was asked.
  let revision: Int64
  private let services: DaemonServices
  private let space: PreparedSpace?
  private let seeds: [UInt64]

  /// Reads the question and asks the store. Blocks.
  /// - Throws: `InvalidDocument`, `Problem`, `ScorerError`, or `CandidateError` for the only candidate of a question.
  init(to text: String, services: DaemonServices) throws {
    let revision = try services.reader.revision()
    let question = try ScoreQuestion(
      text, knownNames: services.knownNames, mostCandidates: services.configuration.mostCandidates)
    let space = try question.space.map {
      try services.spaces.prepared(named: $0, seeds: question.seeds, metrics: question.metrics)
    }
    try self.init(to: question, space, revision, from: services.store, services)
  }

  /// The same for the question of a loop, about one candidate of a space that is ready: a short look into the store, in
  /// whatever thread. Nil where it may take longer, or where the question has a mistake, which is told by reading it
  /// again.
  static func atOnce(to text: String, services: DaemonServices) throws -> ScoreAnswers? {
    guard text.utf8.count <= longestAtOnce else { return nil }
    let revision = try services.reader.revision()
    guard
      let question = try? ScoreQuestion(program: text, knownNames: services.knownNames, mostCandidates: 1),
      let name = question.space, case .choices(let choices)? = question.subjects.first,
      let space = try services.spaces.preparedAlready(
        named: name, seeds: question.seeds, metrics: question.metrics, revision: revision),
      let candidate = try? space.space.candidate(choices: choices), space.isQuicklyKnown(candidate)
    else { return nil }
    return try ScoreAnswers(to: question, space, revision, from: services.reader, services)
  }

  /// In bytes of a question.
  private static let longestAtOnce = 4 << 10

  private init(
    to question: ScoreQuestion, _ space: PreparedSpace?, _ revision: Int64, from source: any ScoreSource,
    _ services: DaemonServices
  ) throws {
    self.revision = revision
    self.services = services
    self.space = space
    count = question.subjects.count
    seeds = space?.seeds ?? question.seeds ?? question.settings.scoring.seeds
    for (place, subject) in question.subjects.enumerated() {
      do {
        let scorable = try scorable(subject, of: question)
        if let stored = try scorable.stored(in: source) {
          services.metrics.noteCandidates(1, fromStore: true)
          found.append((place, Self.json(stored, place, scorable)))
        } else {
          missing.append((place, scorable))
          areFromStore = false
        }
      } catch {
        try refuse(subject.choices, place, error)
      }
    }
  }

  private func scorable(_ subject: ScoreQuestion.Subject, of question: ScoreQuestion) throws -> Scorable {
    switch subject {
    case .choices(let choices):
      guard let space else { throw Problem(.invalidRequest, "the request names no space") }
      return .candidate(try space.space.candidate(choices: choices), space)
    case .network(let file, let name):
      let networks =
        try space?.networks(
          inputShape: file.network.inputShape, parameterization: file.parameterization)
        ?? services.spaces.preparedNetworks(
          inputShape: file.network.inputShape, parameterization: file.parameterization,
          settings: question.settings, seeds: question.seeds, metrics: question.metrics)
      return .network(file.network, name: name, networks)
    }
  }

  /// One wrong candidate of many costs none of the others its answer.
  private mutating func refuse(_ choices: Choices, _ place: Int, _ error: any Error) throws {
    guard count > 1, Self.isOfCandidate(error) else { throw error }
    areFromStore = false
    found.append((place, Self.refusal(place, choices, "\(error)")))
  }

  private static func isOfCandidate(_ error: any Error) -> Bool {
    error is CandidateError || (error as? ScorerError)?.isInvalidInput == true
  }

  // MARK: What the store does not have

  /// Computes the only one that is missing, unless too many others are being computed. Blocks.
  mutating func computeOnly(_ watch: QuestionWatch) throws {
    guard missing.count == 1, services.questions.takeAtOnce() else { return }
    defer { services.questions.giveBack() }
    watch.begin()
    let (place, scorable) = missing.removeFirst()
    do {
      let result = try scorable.computed(
        services, threads: services.configuration.resources.threads, watch.cancellation)
      services.metrics.noteCandidates(1, fromStore: false)
      found.append((place, Self.json(result, place, scorable)))
    } catch { try refuse(scorable.choices, place, error) }
  }

  /// Computes all that are missing, each given as soon as it is there. When nobody reads any more, nothing further is
  /// computed. It throws a `Problem` as soon as the question is stopped.
  func computed(_ watch: QuestionWatch) -> AsyncThrowingStream<(Int, JSONValue), any Error> {
    let (stream, continuation) = AsyncThrowingStream<(Int, JSONValue), any Error>.makeStream()
    watch.begin()
    continuation.onTermination = { _ in watch.cancellation.cancel() }
    watch.whenStopped { continuation.finish(throwing: $0) }
    Task {
      do {
        try await compute(watch.cancellation, continuation)
        continuation.finish()
      } catch { continuation.finish(throwing: error) }
    }
    return stream
  }

  private func compute(
    _ cancellation: Cancellation,
    _ continuation: AsyncThrowingStream<(Int, JSONValue), any Error>.Continuation
  ) async throws {
    let processors = services.configuration.resources.threads
    let atOnce = min(processors, missing.count)
    try await withThrowingTaskGroup(of: Void.self) { group in
      var rest = missing.makeIterator()
      func addNext() {
        guard let (place, scorable) = rest.next(), !cancellation.isCancelled else { return }
        group.addTask {
          await services.questions.take()
          defer { services.questions.giveBack() }
          let result = try await services.blocking.compute {
            do throws(ScorerError) {
              return Self.json(
                try scorable.computed(
                  services, threads: max(1, processors / max(1, atOnce)), cancellation),
                place, scorable)
            } catch {
              guard count > 1, Self.isOfCandidate(error) else { throw error }
              return Self.refusal(place, scorable.choices, "\(error)")
            }
          }
          services.metrics.noteCandidates(1, fromStore: false)
          continuation.yield((place, result))
        }
      }
      for _ in 0..<atOnce { addNext() }
      while try await group.next() != nil { addNext() }
    }
  }

  // MARK: Documents

  /// - Parameter results: one for each candidate of the question, in its order.
  func document(_ results: [JSONValue]) -> JSONValue {
    .object([
      ("space", space.map { .text($0.space.name) } ?? .null),
      ("identity", space.map { .verbatim($0.identityJSON) } ?? .null),
      ("seeds", .array(seeds.map(JSONValue.unsigned))), ("results", .array(results)),
    ])
  }

  private static func json(_ result: ScoreResult, _ place: Int, _ scorable: Scorable) -> JSONValue {
    let candidate = result.candidate
    var members: [(String, JSONValue)] = [
      ("index", .integer(place)), ("id", .text(candidate.id)),
      ("choices", .verbatim(candidate.choices.canonicalJSON)),
      ("networkHash", candidate.networkHash.map(JSONValue.text) ?? .null),
      ("outcome", .text(candidate.outcome.rawValue)),
      ("message", candidate.message.map(JSONValue.text) ?? .null),
      ("fromStore", .boolean(result.wasServedFromStore)),
      ("seconds", .number(result.wasServedFromStore ? 0 : result.wallSeconds)),
      ("metrics", JSONValue(candidate.metrics, result.metrics)),
    ]
    if let identity = scorable.identityJSON { members.append(("identity", .verbatim(identity))) }
    return .object(members)
  }

  /// What is said of a candidate whose turn did not come.
  static func unfinished(_ place: Int, _ scorable: Scorable, _ problem: Problem) -> JSONValue {
    refusal(place, scorable.choices, problem.detail, outcome: Outcome.cancelled.rawValue)
  }

  private static func refusal(
    _ place: Int, _ choices: Choices, _ reason: String, outcome: String = "invalid_request"
  ) -> JSONValue {
    .object([
      ("index", .integer(place)), ("id", .null), ("choices", .verbatim(choices.canonicalJSON)),
      ("networkHash", .null), ("outcome", .text(outcome)), ("message", .text(reason)),
      ("fromStore", .boolean(false)), ("seconds", .number(0)), ("metrics", .object([])),
    ])
  }
}
