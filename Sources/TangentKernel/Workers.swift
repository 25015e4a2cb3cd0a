import Synchronization

/// Runs independent pieces of one computation on some threads. Which thread runs a piece never affects a result:
/// pieces write to places of their own.
package struct Workers {
  package let threads: Int
  private let team: WorkerTeam?

  /// Starts the threads beside the caller's; `end()` must follow.
  package init(threads: Int) {
    self.threads = threads
    team = threads > 1 ? WorkerTeam(helpers: threads - 1) : nil
  }

  package func end() { team?.end() }

  /// Calls `body` once for each of 0..<count. Calls do not nest.
  package func forEach(_ count: Int, _ body: (Int) -> Void) {
    guard let team, count > 1, count <= WorkerTeam.largestCount else {
      for index in 0..<count { body(index) }
      return
    }
    withoutActuallyEscaping(body) { team.run(count, $0) }
  }

  /// As `forEach(_:_:)`, for pieces that need scratch: `body` is told of one of `slots` that no other piece has
  /// meanwhile.
  package func forEach(_ count: Int, slots: Int, _ body: (_ piece: Int, _ slot: Int) -> Void) {
    let next = Atomic<Int>(0)
    forEach(min(slots, count)) { slot in
      while true {
        let piece = next.add(1, ordering: .relaxed).oldValue
        guard piece < count else { return }
        body(piece, slot)
      }
    }
  }

  /// Calls `body` for every column and some of its vectors, from number `first` on: few enough to stay in the
  /// first-level cache from one step to the next.
  package func forEachPiece(
    columns: Int, vectors: Int, _ body: (_ column: Int, _ first: Int, _ vectors: Int) -> Void
  ) {
    let most = 128
    let parts = max(1, (vectors + most - 1) / most)
    forEachRange(of: columns * parts, grain: 4) { range in
      for index in range {
        let (column, part) = index.quotientAndRemainder(dividingBy: parts)
        body(column, part * most, min(most, vectors - part * most))
      }
    }
  }

  /// Splits 0..<count into ranges whose bounds are multiples of `grain`, about eight for each thread: the machine may
  /// hold one up.
  func forEachRange(of count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let grains = (count + grain - 1) / grain
    let parts = threads > 1 ? min(grains, 8 * threads) : 1
    forEach(parts) { part in
      let start = grains * part / parts * grain
      let end = min(count, grains * (part + 1) / parts * grain)
      if start < end { body(start..<end) }
    }
  }
}
