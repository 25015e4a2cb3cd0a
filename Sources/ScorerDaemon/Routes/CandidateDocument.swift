import ArchitectureScorer
import NetworkGraph
import Reports

/// One candidate of a finished or running job, with everything that is known of it.
struct CandidateDocument: Sendable {
  let candidate: ScoredCandidate
  private let run: StoredRun
  private let job: Int64

  /// - Throws: `Problem` when the run has no such candidate.
  init(_ name: String, in run: StoredRun, job: Int64) throws {
    let known = run.result.candidates.first { $0.id == name } ?? run.result.failed.first { $0.id == name }
    guard let known else { throw Problem(.notFound, "job \(job) has no candidate '\(name)'") }
    candidate = known
    self.run = run
    self.job = job
  }

  /// Descending, one list for each seed.
  func eigenvalues() throws -> [[Double]?] {
    try candidate.networkHash.map { try run.eigenvalues(ofNetwork: $0) } ?? []
  }

  var json: JSONValue {
    let size = candidate.networkHash.flatMap { run.sizes[$0] }
    let eigenvalues = (try? eigenvalues()) ?? []
    return .object([
      ("id", .text(candidate.id)), ("rank", candidate.rank.map(JSONValue.integer) ?? .null),
      ("choices", .verbatim(candidate.choices.canonicalJSON)),
      ("networkHash", candidate.networkHash.map(JSONValue.text) ?? .null),
      ("outcome", .text(candidate.outcome.rawValue)),
      ("message", candidate.message.map(JSONValue.text) ?? .null),
      (
        "size",
        size.map {
          .object([
            ("parameters", .integer($0.parameters)), ("multiplyAdds", .integer($0.multiplyAdds)),
            ("depth", .integer($0.depth)),
          ])
        } ?? .null
      ),
      ("seeds", .array(run.result.seeds.map(JSONValue.unsigned))),
      ("metrics", JSONValue(candidate.metrics, run.result.metrics)),
      ("eigenvalues", .array(eigenvalues.map { $0.map { .array($0.map(JSONValue.number)) } ?? .null })),
      ("identity", .verbatim(run.result.identity.canonicalJSON)),
      ("links", .object([("self", .text("/v1/jobs/\(job)/candidates/\(candidate.id)"))])),
    ])
  }

  /// The choices that are not the same in all, with their values in order.
  static func differences(_ documents: [CandidateDocument]) -> JSONValue {
    let names = Set(documents.flatMap(\.candidate.choices.keys)).sorted()
    return .object(
      names.compactMap { name in
        let values = documents.map { $0.candidate.choices[name] }
        guard Set(values).count > 1 else { return nil }
        return (name, .array(values.map { $0.map { .verbatim($0.canonicalJSON) } ?? .null }))
      })
  }
}
