import ArchitectureScorer
import Dispatch
import Synchronization
import Testing

/// What workers hold together, and the most it ever was.
private final class Holdings: Sendable {
  private let state = Mutex<(now: Int, most: Int)>((0, 0))

  var most: Int { state.withLock { $0.most } }

  func add(_ bytes: Int) {
    state.withLock { state in
      state.now += bytes
      state.most = max(state.most, state.now)
    }
  }
}

@Test func workersNeverHoldMoreThanTheBudgetTogether() {
  let ledger = MemoryLedger(budget: 100)
  let holdings = Holdings()
  DispatchQueue.concurrentPerform(iterations: 6) { worker in
    for step in 0..<200 {
      // Small requests and now and then the whole budget, which must not be starved by the others.
      let bytes = step % 40 == worker ? 100 : 10 + (step * 7 + worker * 13) % 40
      ledger.take(bytes)
      holdings.add(bytes)
      holdings.add(-bytes)
      ledger.giveBack(bytes)
    }
  }
  #expect(holdings.most == 100)
  #expect(!ledger.hasWaiters)
}
