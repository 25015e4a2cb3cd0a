import Foundation

/// Shares a number of bytes among workers. Whoever waits is served in order of arrival, so that a large candidate is
/// not overtaken for ever by small ones.
///
/// A worker must hold nothing while it waits; then whoever stands first is served at the latest when all others have
/// finished what they compute.
package final class MemoryLedger: @unchecked Sendable {
  // Sendable because every access to the variables below is between `lock` and `unlock` of `condition`.
  private let condition = NSCondition()
  private var available: Int
  private var nextTicket = 0
  private var servedTicket = 0

  package let budget: Int

  package init(budget: Int) {
    self.budget = budget
    available = budget
  }

  /// Whether someone is waiting for bytes that others hold.
  package var hasWaiters: Bool {
    condition.withLock { nextTicket != servedTicket }
  }

  /// Takes bytes, waiting until they are free.
  /// - Precondition: `bytes` ≤ `budget`, and the caller holds none.
  package func take(_ bytes: Int) {
    condition.lock()
    defer { condition.unlock() }
    let ticket = nextTicket
    nextTicket += 1
    while ticket != servedTicket || bytes > available { condition.wait() }
    servedTicket += 1
    available -= bytes
    condition.broadcast()
  }

  package func giveBack(_ bytes: Int) {
    guard bytes > 0 else { return }
    condition.withLock {
      available += bytes
      condition.broadcast()
    }
  }
}
