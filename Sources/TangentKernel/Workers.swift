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

  /// Splits 0..<count into ranges whose bounds are multiples of `grain`, about two for each thread.
  func forEachRange(of count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let grains = (count + grain - 1) / grain
    let parts = threads > 1 ? min(grains, 2 * threads) : 1
    forEach(parts) { part in
      let start = grains * part / parts * grain
      let end = min(count, grains * (part + 1) / parts * grain)
      if start < end { body(start..<end) }
    }
  }
}
