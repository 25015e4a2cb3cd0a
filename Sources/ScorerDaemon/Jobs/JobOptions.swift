import ArchitectureScorer
import Foundation
import Reports

/// What a job is asked for beside its search space.
struct JobOptions: Codable, Hashable, Sendable {
  /// Rank a uniform sample of so many candidates; nil ranks all.
  var limit: Int?
  var samplingSeed: UInt64 = 0
  /// In place of the space's.
  var seeds: [UInt64]?

  /// One text for equal options.
  var canonicalJSON: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // Whole numbers always encode.
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  init(limit: Int? = nil, samplingSeed: UInt64 = 0, seeds: [UInt64]? = nil) {
    self.limit = limit
    self.samplingSeed = samplingSeed
    self.seeds = seeds
  }

  /// Nil for another text than `canonicalJSON` wrote.
  init?(canonicalJSON: String) {
    guard let options = try? JSONDecoder().decode(JobOptions.self, from: Data(canonicalJSON.utf8)) else {
      return nil
    }
    self = options
  }

  var json: JSONValue {
    .object([
      ("limit", limit.map(JSONValue.integer) ?? .null), ("samplingSeed", .unsigned(samplingSeed)),
      ("seeds", seeds.map { .array($0.map(JSONValue.unsigned)) } ?? .null),
    ])
  }
}
