import Dispatch
import Synchronization

/// Runs independent pieces of one computation on some threads. Which thread runs a piece never affects a result:
/// pieces write to places of their own.
struct Workers {
  let threads: Int

  /// Calls `body` once for each of 0..<count.
  func forEach(_ count: Int, _ body: (Int) -> Void) {
    guard threads > 1, count > 1 else {
      for index in 0..<count { body(index) }
      return
    }
    let next = Atomic<Int>(0)
    withoutActuallyEscaping(body) { body in
      // Pieces are independent by this type's contract, and all have ended when concurrentPerform returns.
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
        while true {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard index < count else { return }
          body(index)
        }
      }
    }
  }

  /// Splits 0..<count into ranges whose bounds are multiples of `grain`, about two for each thread.
  func forEachRange(of count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let grains = (count + grain - 1) / grain
    let parts = threads > 1 ? min(grains, 2 * threads) : 1
    forEach(parts) { part in
      let start = grains * part / parts * grain, end = min(count, grains * (part + 1) / parts * grain)
      if start < end { body(start..<end) }
    }
  }
}
