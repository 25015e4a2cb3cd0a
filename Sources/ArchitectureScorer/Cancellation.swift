import Synchronization

/// Asks a run to stop. Any thread, and a signal handler, may ask; the run hands out no further candidates, finishes
/// the networks that are being computed, and returns what it has.
public final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)

  /// Not cancelled.
  public init() {}

  /// Whether `cancel` was called. Any thread may ask.
  public var isCancelled: Bool { flag.load(ordering: .relaxed) }

  /// Asks whoever looks at it to stop. Any thread may call it, a signal's handler too; it cannot be taken back.
  public func cancel() { flag.store(true, ordering: .relaxed) }
}
