import Foundation

/// The text of a search space that was given to a daemon. Equal texts are kept once.
public struct SpaceDocument: Hashable, Sendable {
  /// SHA-256 of the text, 64 hexadecimal digits.
  public let contentHash: String
  /// The space's own name. Several texts may have the same one; the newest is meant by it.
  public let name: String
  /// YAML, or JSON, as it was sent.
  public let text: String

  /// - Parameter contentHash: of the text, and of nothing less: the same hash means the same name.
  public init(contentHash: String, name: String, text: String) {
    self.contentHash = contentHash
    self.name = name
    self.text = text
  }
}

/// A search space without its text, which may be long.
public struct SpaceTitle: Hashable, Sendable {
  /// As of `SpaceDocument`.
  public let contentHash: String
  /// As of `SpaceDocument`.
  public let name: String
}

extension SpaceDocument {
  /// What tells it from others.
  public var title: SpaceTitle { SpaceTitle(contentHash: contentHash, name: name) }
}

/// Where a job stands. `queued` and `running` go on after a restart; the others are ends.
public enum JobStatus: String, Codable, Hashable, Sendable, CaseIterable {
  case queued
  case running
  case finished
  case cancelled
  case failed

  /// Whether the job will not change any more.
  public var isEnd: Bool {
    switch self {
    case .queued, .running: false
    case .finished, .cancelled, .failed: true
    }
  }
}

/// How far a job has come, in candidates.
public struct JobProgress: Hashable, Sendable {
  /// Finished, whatever their outcome.
  public var done: Int
  /// Nil while it is not known.
  public var total: Int?
  /// Of `done`: the store had their scores.
  public var fromStore: Int
  /// Of `done`: without a rank because something failed.
  public var failed: Int

  /// Nothing done yet, unless said otherwise.
  public init(done: Int = 0, total: Int? = nil, fromStore: Int = 0, failed: Int = 0) {
    self.done = done
    self.total = total
    self.fromStore = fromStore
    self.failed = failed
  }
}

/// A search space that a daemon was asked to rank.
public struct JobRecord: Hashable, Sendable {
  /// Given by the store, from 1; never given twice.
  public let id: Int64
  /// What is ranked.
  public let space: SpaceTitle
  /// What was asked for beside the space, as canonical JSON.
  public let optionsJSON: String
  /// Where it stands.
  public let status: JobStatus
  /// How far it has come, as it was last noted.
  public let progress: JobProgress
  /// The newest run of the store that works on it; nil before the first.
  public let runID: Int64?
  /// Why it failed; nil unless it did.
  public let message: String?
  /// When it was taken.
  public let created: Date
  /// When it first ran.
  public let started: Date?
  /// When it ended; nil while it has not.
  public let finished: Date?
  /// How often a process died while it worked on this job, since the job last computed a candidate.
  public let deaths: Int
  /// Grows with every change of this record.
  public let revision: Int
}

/// What became of jobs that were running when their process ended.
public struct RequeuedJobs: Hashable, Sendable {
  /// Waiting again.
  public let waiting: Int
  /// Failed, since their process died too often.
  public let failed: [Int64]

  /// - Parameter failed: by number.
  public init(waiting: Int, failed: [Int64]) {
    self.waiting = waiting
    self.failed = failed
  }
}

/// What became of a submission.
public enum JobSubmission: Hashable, Sendable {
  case created(JobRecord)
  /// The same idempotency key came before, with the same request.
  case repeated(JobRecord)
  /// The same idempotency key came before, with another request.
  case keyReused(JobRecord)
  /// So many jobs are waiting that this one was not taken.
  case queueFull(waiting: Int)
}
