import Foundation
import Synchronization
import TangentKernel
import Testing

@Suite struct WorkersTests {
  /// Numbers that several threads add to.
  private final class Counts: Sendable {
    private let values: Mutex<[Int]>

    init(_ count: Int) { values = Mutex(.init(repeating: 0, count: count)) }

    /// What it comes to.
    @discardableResult
    func add(_ change: Int, to index: Int) -> Int {
      values.withLock {
        $0[index] += change
        return $0[index]
      }
    }

    var all: [Int] { values.withLock { $0 } }
  }

  @Test(arguments: [1, 2, 5], [0, 1, 97])
  func aSlotIsOnePiecesAtATime(threads: Int, pieces: Int) {
    let workers = Workers(threads: threads)
    defer { workers.end() }
    for slots in [1, threads] {
      let (done, holders, shared) = (Counts(pieces), Counts(slots), Counts(1))
      workers.forEach(pieces, slots: slots) { piece, slot in
        if holders.add(1, to: slot) > 1 { shared.add(1, to: 0) }
        // Long enough for the other threads to take pieces meanwhile.
        usleep(200)
        done.add(1, to: piece)
        holders.add(-1, to: slot)
      }
      #expect(done.all == .init(repeating: 1, count: pieces))
      #expect(shared.all == [0])
    }
  }

  @Test(arguments: [1, 2, 5], [(1, 1), (2, 600), (5, 129)])
  func piecesAreAllVectorsOnce(threads: Int, shape: (columns: Int, vectors: Int)) {
    let workers = Workers(threads: threads)
    defer { workers.end() }
    let done = Counts(shape.columns * shape.vectors)
    workers.forEachPiece(columns: shape.columns, vectors: shape.vectors) { column, first, vectors in
      for vector in first..<first + vectors { done.add(1, to: column * shape.vectors + vector) }
    }
    #expect(done.all == .init(repeating: 1, count: shape.columns * shape.vectors))
  }
}
