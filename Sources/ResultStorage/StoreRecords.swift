import Foundation
import Trainability

/// A search space as it was when candidates of it were scored.
public struct SpaceRecord: Hashable, Sendable {
  /// Several spaces may have the same one. A store keeps the first that this content had; those of runs are theirs.
  public let name: String
  /// Identifies the space: equal definitions have equal hashes.
  public let contentHash: String
  /// The canonical text that was hashed.
  public let definition: String

  /// - Parameter contentHash: of `definition`.
  public init(name: String, contentHash: String, definition: String) {
    self.name = name
    self.contentHash = contentHash
    self.definition = definition
  }
}

/// A way to make a network. Several candidates may make the same one; they share its scores.
public struct CandidateRecord: Hashable, Sendable {
  /// How the search space calls it; empty when an earlier version stored it.
  public let identifier: String
  /// The canonical hash of the network.
  public let networkHash: String
  /// The architecture family's name.
  public let family: String
  /// The choices as canonical JSON.
  public let choicesJSON: String
  /// Of the canonical network, as the other two.
  public let parameters: Int
  /// Of one forward pass of one image.
  public let multiplyAdds: Int
  /// Convolutions and dense layers on the path that has most of them; nil when an earlier version stored it.
  public let depth: Int?

  /// - Parameters:
  ///   - identifier: how the search space calls it.
  ///   - choicesJSON: canonical.
  ///   - parameters: of the canonical network, as `multiplyAdds` and `depth`.
  public init(
    identifier: String = "", networkHash: String, family: String, choicesJSON: String, parameters: Int,
    multiplyAdds: Int, depth: Int? = nil
  ) {
    self.identifier = identifier
    self.depth = depth
    self.networkHash = networkHash
    self.family = family
    self.choicesJSON = choicesJSON
    self.parameters = parameters
    self.multiplyAdds = multiplyAdds
  }
}

/// A candidate of a run that the family made no network of.
public struct FailureRecord: Hashable, Sendable {
  /// How the search space calls it.
  public let identifier: String
  /// The choices as canonical JSON.
  public let choicesJSON: String
  /// The family's own words.
  public let message: String

  /// - Parameters:
  ///   - choicesJSON: canonical.
  ///   - message: the family's own words.
  public init(identifier: String, choicesJSON: String, message: String) {
    self.identifier = identifier
    self.choicesJSON = choicesJSON
    self.message = message
  }
}

/// How far a run came. A killed process leaves its run `running`.
public enum RunStatus: String, Codable, Hashable, Sendable, CaseIterable {
  case running
  case finished
  /// Stopped by the user; the same command resumes it.
  case interrupted
  case failed
}

/// One execution of a command that scores candidates.
public struct RunRecord: Hashable, Sendable {
  /// Given by the store.
  public let id: Int64
  /// The space's `contentHash`; nil when single networks were scored.
  public let spaceContentHash: String?
  /// What the space was called in this run; nil when single networks were scored.
  public let spaceName: String?
  /// The settings that enter score identities, as canonical JSON.
  public let settingsJSON: String
  /// What was ranked, in the words of the caller; nil when an earlier version ran it, or nothing was ranked.
  public let description: String?
  /// The command line as it was typed.
  public let command: String
  /// When it began.
  public let started: Date
  /// Nil while it runs, or when its process was killed.
  public let finished: Date?
  /// How far it came.
  public let status: RunStatus
  /// How many candidates belong to it.
  public let candidateCount: Int
}

/// What identifies a score: the network, how it was scored, and the seed.
public struct ScoreKey: Hashable, Sendable {
  /// The canonical hash of the network.
  public let networkHash: String
  /// The hash of `ScoreRecord.identityJSON`.
  public let identityHash: String
  /// Of the weights, and of the batch unless that is fixed.
  public let seed: UInt64

  /// - Parameter identityHash: of `ScoreRecord.identityJSON`.
  public init(networkHash: String, identityHash: String, seed: UInt64) {
    self.networkHash = networkHash
    self.identityHash = identityHash
    self.seed = seed
  }
}

/// The metrics of one network under one identity and seed.
public struct ScoreRecord: Hashable, Sendable {
  /// What it is the score of.
  public let key: ScoreKey
  /// How the score was made, as canonical JSON; without network and seed. The store keeps it once per hash.
  public let identityJSON: String
  /// Whether there is a value, or why not.
  public let outcome: Outcome
  /// Why there is no value, in words; nil for `.ok`.
  public let message: String?
  /// By metric name. Only finite values are kept: JSON has no others, and the outcome says what is missing.
  public let metrics: [String: Double]
  /// Descending, when they are kept.
  public let eigenvalues: [Double]?
  /// What the computation took. Not part of the comparison with an earlier score.
  public let seconds: Double
  /// Of the engine that computed it.
  public let engineVersion: String
  /// To the millisecond. Not part of the comparison with an earlier score.
  public let created: Date

  /// Metrics that are not finite are left out; times are rounded to milliseconds.
  public init(
    key: ScoreKey, identityJSON: String, outcome: Outcome, message: String? = nil, metrics: [String: Double],
    eigenvalues: [Double]? = nil, seconds: Double, engineVersion: String, created: Date = Date()
  ) {
    self.key = key
    self.identityJSON = identityJSON
    self.outcome = outcome
    self.message = message
    self.metrics = metrics.filter { $0.value.isFinite }
    self.eigenvalues = eigenvalues
    self.seconds = seconds
    self.engineVersion = engineVersion
    self.created = Date(timeIntervalSince1970: (created.timeIntervalSince1970 * 1000).rounded() / 1000)
  }
}

/// What became of a score that was given to the store.
public enum Insertion: String, Hashable, Sendable, CaseIterable {
  /// It is new.
  case inserted
  /// The store had it, with the same values to ten significant digits; or it failed for reasons of
  /// circumstance (`Outcome.isReproducible` is false) where the store has a lasting result.
  case unchanged
  /// The store had some of its metrics, with the same values; the others were added.
  case extended
  /// The store had an attempt that had failed for reasons of circumstance.
  case replaced
  /// The store has other values or another outcome. Those stay; the new ones were put aside, see
  /// `ResultStore.conflicts()`.
  case conflict
}

/// Two results for one key.
public struct ScoreConflict: Hashable, Sendable {
  /// What the store serves.
  public let kept: ScoreRecord
  /// What was given later.
  public let other: ScoreRecord
}

/// What a store holds.
public struct StoreStatistics: Hashable, Sendable {
  /// Different definitions.
  public let spaces: Int
  /// Different ways to make a network.
  public let candidates: Int
  /// Finished or not.
  public let runs: Int
  /// Of one network, identity and seed each.
  public let scores: Int
  /// Scores by outcome; outcomes without a score are absent.
  public let scoresByOutcome: [Outcome: Int]
  /// Scores that were given later and disagree.
  public let conflicts: Int
  /// Of the database, without the write-ahead log.
  public let bytes: Int
}
