import LaneKernels

/// Memory for lane data, kept and handed out again: touching a new page costs about as much as computing on it.
/// Used from one thread at a time.
final class BufferPool {
  /// A multiple of every vector's alignment, and of a cache line pair.
  static let alignment = 128

  private var free: [(pointer: UnsafeMutableRawPointer, bytes: Int)] = []
  private var live: [UnsafeMutableRawPointer: Int] = [:]

  deinit {
    for buffer in free { buffer.pointer.deallocate() }
    for (pointer, _) in live { pointer.deallocate() }
  }

  /// Memory for `count` scalars, contents undefined.
  func take<Scalar>(_ type: Scalar.Type, count: Int) -> UnsafeMutablePointer<Scalar> {
    let wanted = max(1, count) * MemoryLayout<Scalar>.stride
    var best: Int?
    for (index, buffer) in free.enumerated() where buffer.bytes >= wanted && buffer.bytes / 2 <= wanted {
      if best.map({ buffer.bytes < free[$0].bytes }) ?? true { best = index }
    }
    let buffer = best.map { free.remove(at: $0) } ?? allocate(wanted)
    live[buffer.pointer] = buffer.bytes
    return buffer.pointer.bindMemory(to: Scalar.self, capacity: count)
  }

  func giveBack<Scalar>(_ pointer: UnsafeMutablePointer<Scalar>) {
    let raw = UnsafeMutableRawPointer(pointer)
    guard let bytes = live.removeValue(forKey: raw) else { return }
    free.append((raw, bytes))
  }

  /// Returns memory that no computation holds to the system, so that one large candidate does not set the
  /// footprint of all later ones.
  func trim(to bytes: Int) {
    var kept = free.reduce(0) { $0 + $1.bytes }
    free.sort { $0.bytes < $1.bytes }
    while kept > bytes, let largest = free.popLast() {
      largest.pointer.deallocate()
      kept -= largest.bytes
    }
  }

  private func allocate(_ bytes: Int) -> (pointer: UnsafeMutableRawPointer, bytes: Int) {
    (.allocate(byteCount: bytes, alignment: Self.alignment), bytes)
  }
}
