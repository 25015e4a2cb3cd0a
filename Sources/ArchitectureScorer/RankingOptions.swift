import Foundation

/// What a run may use.
public struct Resources: Hashable, Sendable {
  /// Worker threads, from 1 to 1024; all cores by default.
  public var threads: Int
  /// Bytes that the candidates being computed may take together; half of the machine's memory by default. A candidate
  /// that needs more than this alone is `over_budget`.
  public var memoryBudget: Int

  /// - Parameters:
  ///   - threads: at least 1; all cores when nil.
  ///   - memoryBudget: bytes; half of the machine's memory when nil.
  public init(threads: Int? = nil, memoryBudget: Int? = nil) {
    self.threads = min(max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount), 1024)
    self.memoryBudget = max(1, memoryBudget ?? Self.availableMemory / 2)
  }

  /// Bytes of memory of the machine, or of the container when that is less.
  public static var availableMemory: Int {
    let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    // Where version 2 and version 1 of Linux's control groups keep a container's limit.
    let files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
    let limits = files.compactMap { file in
      (try? String(contentsOfFile: file, encoding: .utf8)).flatMap {
        Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
    return limits.filter { $0 > 0 }.reduce(physical, min)
  }
}

/// How a search space is ranked, beside what its file says.
public struct RankingOptions: Hashable, Sendable {
  /// Rank a uniform sample of this many candidates; nil ranks the whole space.
  public var limit: Int?
  /// Of that sample. Has no part in the scores.
  public var samplingSeed: UInt64
  /// In place of the space's seeds.
  public var seeds: [UInt64]?
  /// Threads and memory of the run.
  public var resources: Resources
  /// The command line as it was typed, for the store's list of runs.
  public var command: String

  /// The whole space with its own seeds, unless said otherwise.
  public init(
    limit: Int? = nil, samplingSeed: UInt64 = 0, seeds: [UInt64]? = nil, resources: Resources = Resources(),
    command: String = ""
  ) {
    self.limit = limit
    self.samplingSeed = samplingSeed
    self.seeds = seeds
    self.resources = resources
    self.command = command
  }
}

/// How far a run has come.
public struct ScoringProgress: Hashable, Sendable {
  /// Candidates that are finished, whatever their outcome.
  public var done: Int
  /// Nil while it is not known, since budgets exclude some candidates.
  public var total: Int?
  /// Of `done`: nothing was computed for them, the store had their scores.
  public var fromStore: Int
  /// Of `done`: without a rank because something failed.
  public var failed: Int
  /// The identifier of the candidate that was finished last.
  public var current: String?
  /// The store's number of this run; nil without a store.
  public var run: Int64?
}
