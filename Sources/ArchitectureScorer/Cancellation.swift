import Synchronization

/// Asks a run to stop. Any thread, and a signal handler, may ask; the run hands out no further candidates, finishes
/// the networks that are being computed, and returns what it has.
public final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)

  public init() {}

  public var isCancelled: Bool { flag.load(ordering: .relaxed) }

  public func cancel() { flag.store(true, ordering: .relaxed) }
}
