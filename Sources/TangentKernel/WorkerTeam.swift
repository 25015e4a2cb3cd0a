import Foundation
import Synchronization

/// Threads that live as long as one evaluation and share its many short jobs. Between jobs they stay awake for a
/// moment: an evaluation has hundreds of jobs of a millisecond or less, and waking a sleeping thread costs a good part of
/// one.
final class WorkerTeam: @unchecked Sendable {
  // Sendable because `job` is written only by the posting thread while no piece is unclaimed or running, and read
  // only by a thread that has claimed a piece of that job: the claim on `state` orders the two. `threads` is written
  // before any thread runs and read after all have ended; the rest are atomics and POSIX objects.

  /// Job number (16 bits), pieces of the job (24 bits), next piece (24 bits).
  private let state = Atomic<UInt64>(0)
  private let completed = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let isEnding = Atomic<Bool>(false)
  private let condition = NSCondition()
  private var job: ((Int) -> Void)?
  private var threads: [pthread_t] = []

  /// The most pieces of one job.
  static let largestCount = 1 << 24 - 1

  /// - Parameter helpers: threads beside the caller's. Fewer are used when the system gives no more.
  init(helpers: Int) {
    for _ in 0..<helpers {
      var thread = pthread_t()
      let team = Unmanaged.passRetained(self)
      let status = pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          Unmanaged<WorkerTeam>.fromOpaque(argument).takeRetainedValue().help()
          return nil
        }, team.toOpaque())
      if status == 0 { threads.append(thread) } else { team.release() }
    }
  }

  /// Ends the threads. Nothing may be posted afterwards.
  func end() {
    isEnding.store(true, ordering: .sequentiallyConsistent)
    post(count: 0)
    for thread in threads { pthread_join(thread, nil) }
    threads = []
  }

  /// Calls `body` once for each of 0..<count, on this thread and the team's, and returns when all calls have. Jobs do
  /// not nest.
  func run(_ count: Int, _ body: @escaping (Int) -> Void) {
    job = body
    completed.store(0, ordering: .relaxed)
    post(count: count)
    while let piece = claim() {
      body(piece)
      completed.add(1, ordering: .releasing)
    }
    var spins = 0
    while completed.load(ordering: .acquiring) < count { Self.pause(&spins) }
    job = nil
  }

  private func post(count: Int) {
    let number = state.load(ordering: .relaxed) >> 48 &+ 1
    state.store(number << 48 | UInt64(count) << 24, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { condition.withLock { condition.broadcast() } }
  }

  private func claim() -> Int? {
    // Looking first keeps the piece number from growing without bound.
    let seen = state.load(ordering: .acquiring)
    guard Self.hasPiece(seen) else { return nil }
    let claimed = state.add(1, ordering: .acquiringAndReleasing).oldValue
    return Self.hasPiece(claimed) ? Int(claimed & 0xFF_FFFF) : nil
  }

  private static func hasPiece(_ state: UInt64) -> Bool { state & 0xFF_FFFF < state >> 24 & 0xFF_FFFF }

  private func help() {
    var spins = 0
    while !isEnding.load(ordering: .acquiring) {
      if let piece = claim() {
        job?(piece)
        completed.add(1, ordering: .releasing)
        spins = 0
      } else if spins < 50_000 {
        Self.pause(&spins)
      } else {
        sleep()
        spins = 0
      }
    }
  }

  private func sleep() {
    condition.lock()
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while !Self.hasPiece(state.load(ordering: .sequentiallyConsistent)),
      !isEnding.load(ordering: .sequentiallyConsistent)
    {
      condition.wait()
    }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    condition.unlock()
  }

  /// A moment's wait; every so often the processor is offered to other threads.
  private static func pause(_ spins: inout Int) {
    spins += 1
    if spins % 1_024 == 0 { sched_yield() }
  }
}
