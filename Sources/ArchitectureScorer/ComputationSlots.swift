import Foundation

/// Shares a number of processors between runs that go on at once, so that each gets its turn however many candidates
/// another has: whoever holds fewest is served first, and of equals whoever was served longest ago.
///
/// A run alone has all of them. The memory of what is being computed is shared in the same way.
public final class ComputationSlots: @unchecked Sendable {
  // Sendable because every access to the variables below is between `lock` and `unlock` of `condition`.
  private let condition = NSCondition()
  private var free: Int
  private var shares: [Int: Share] = [:]
  private var lastTicket = 0
  private var lastOwner = 0

  private struct Share {
    var held = 0
    var waiting = 0
    /// When it was last served.
    var ticket = 0
  }

  /// Bytes that all runs together compute with.
  let ledger: MemoryLedger

  /// - Parameters:
  ///   - count: how many computations go on at once, at least 1.
  ///   - memoryBudget: bytes of all of them together. What a run keeps of its batches comes on top.
  public init(_ count: Int, memoryBudget: Int = Resources().memoryBudget) {
    free = max(1, count)
    ledger = MemoryLedger(budget: max(1, memoryBudget))
  }

  /// A new run's name here.
  func register() -> Int {
    condition.withLock {
      lastOwner += 1
      shares[lastOwner] = Share()
      return lastOwner
    }
  }

  /// Forgets a run, which holds nothing any more.
  func remove(_ owner: Int) { condition.withLock { shares[owner] = nil } }

  /// Takes slots if that needs no waiting.
  /// - Parameter wanted: at most so many are taken, and one when others wait too.
  /// - Returns: how many were taken; nil when the caller has to wait.
  func takeAtOnce(_ wanted: Int, for owner: Int) -> Int? {
    condition.withLock {
      shares[owner, default: Share()].waiting += 1
      defer { shares[owner]?.waiting -= 1 }
      return isNext(owner) ? grant(wanted, to: owner) : nil
    }
  }

  /// Takes slots when it is this run's turn. The caller must hold nothing that another computation may be waiting for.
  func take(_ wanted: Int, for owner: Int) -> Int {
    condition.lock()
    defer { condition.unlock() }
    shares[owner, default: Share()].waiting += 1
    while !isNext(owner) { condition.wait() }
    shares[owner]?.waiting -= 1
    return grant(wanted, to: owner)
  }

  func giveBack(_ count: Int, from owner: Int) {
    condition.withLock {
      free += count
      shares[owner]?.held -= count
      condition.broadcast()
    }
  }

  /// Called with the lock.
  private func isNext(_ owner: Int) -> Bool {
    guard free > 0, let share = shares[owner] else { return false }
    return !shares.contains { other, its in
      other != owner && its.waiting > 0 && (its.held, its.ticket) < (share.held, share.ticket)
    }
  }

  /// Called with the lock, when there is one free.
  private func grant(_ wanted: Int, to owner: Int) -> Int {
    let othersWait = shares.contains { $0.key != owner && $0.value.waiting > 0 }
    let count = othersWait ? 1 : max(1, min(wanted, free))
    free -= count
    lastTicket += 1
    shares[owner]?.held += count
    shares[owner]?.ticket = lastTicket
    // There may be one left for someone else.
    condition.broadcast()
    return count
  }
}
