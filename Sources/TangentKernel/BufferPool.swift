import LaneKernels

/// Memory for lane data, kept and handed out again: touching a new page costs about as much as computing on it.
/// Used from one thread at a time.
final class BufferPool {
  /// A multiple of every vector's alignment, and of a cache line pair.
  static let alignment = 128

  /// Bytes to hold at most, handed out and kept together: the estimate of the evaluation that runs. Kept memory is
  /// returned to the system before more is asked for beyond it.
  var limit = Int.max

  private var free: [(pointer: UnsafeMutableRawPointer, bytes: Int)] = []
  private var live: [UnsafeMutableRawPointer: (bytes: Int, wanted: Int)] = [:]
  /// Bytes held.
  private(set) var bytes = 0
  /// The most bytes held at any time.
  private(set) var largestBytes = 0
  /// Bytes of what is handed out beyond what was asked for.
  private var excess = 0

  /// The share of `limit` that may go to buffers larger than what was asked for.
  static let largestExcessShare = 8

  deinit {
    for buffer in free { buffer.pointer.deallocate() }
    for (pointer, _) in live { pointer.deallocate() }
  }

  /// Memory for `count` scalars, contents undefined.
  func take<Scalar>(_ type: Scalar.Type, count: Int) -> UnsafeMutablePointer<Scalar> {
    let wanted = max(1, count) * MemoryLayout<Scalar>.stride
    let largest = min(wanted * 2, wanted + max(0, limit / Self.largestExcessShare - excess))
    var best: Int?
    for (index, buffer) in free.enumerated() where buffer.bytes >= wanted && buffer.bytes <= largest {
      if best.map({ buffer.bytes < free[$0].bytes }) ?? true { best = index }
    }
    let buffer = best.map { free.remove(at: $0) } ?? allocate(wanted)
    live[buffer.pointer] = (buffer.bytes, wanted)
    excess += buffer.bytes - wanted
    return buffer.pointer.bindMemory(to: Scalar.self, capacity: count)
  }

  func giveBack<Scalar>(_ pointer: UnsafeMutablePointer<Scalar>) {
    let raw = UnsafeMutableRawPointer(pointer)
    guard let buffer = live.removeValue(forKey: raw) else { return }
    excess -= buffer.bytes - buffer.wanted
    free.append((raw, buffer.bytes))
  }

  /// Returns memory that no computation holds to the system, largest pieces first, so that one large candidate does
  /// not set the footprint of all later ones.
  func trim(to bytes: Int) { release { $0 > bytes } }

  private func allocate(_ wanted: Int) -> (pointer: UnsafeMutableRawPointer, bytes: Int) {
    release { $0 > limit - wanted }
    bytes += wanted
    largestBytes = max(largestBytes, bytes)
    return (.allocate(byteCount: wanted, alignment: Self.alignment), wanted)
  }

  private func release(whileHeld isTooMuch: (Int) -> Bool) {
    guard isTooMuch(bytes) else { return }
    free.sort { $0.bytes < $1.bytes }
    while isTooMuch(bytes), let largest = free.popLast() {
      largest.pointer.deallocate()
      bytes -= largest.bytes
    }
  }
}
