import TangentKernel

/// One worker's buffers, and the bytes of the run's budget that stand for them. Used by that worker's thread alone.
final class WorkerMemory {
  private(set) var workspace = KernelWorkspace()
  private let ledger: MemoryLedger
  private let budget: Int
  private var held = 0

  /// - Parameter budget: of one evaluation, at most the ledger's.
  init(ledger: MemoryLedger, budget: Int) {
    self.ledger = ledger
    self.budget = budget
  }

  /// Waits until an evaluation of this size may run beside the others.
  /// - Returns: how many threads it may use, given that so much of the memory keeps others from running.
  func admit(_ bytes: Int, threads: Int) throws(KernelError) -> Int {
    guard bytes <= budget else { throw .overBudget(needed: bytes, budget: budget) }
    if bytes > held {
      giveBack()
      ledger.take(bytes)
      held = bytes
    }
    return max(1, Int(Double(threads) * Double(bytes) / Double(budget)))
  }

  /// Returns memory beyond what is accounted for.
  func trim() { workspace.trim(to: held) }

  /// Lets go of everything.
  func giveBack() {
    workspace = KernelWorkspace()
    ledger.giveBack(held)
    held = 0
  }
}
