import LaneKernels

/// Numbers in lane layout, touched by the thread that makes them.
final class LaneMemory {
  let base: UnsafeMutablePointer<Float>

  /// Numbers in [−1, 1) that repeat every 97: no zeros, no denormals, and no time spent on drawing them.
  init(count: Int) {
    base =
      UnsafeMutableRawPointer
      .allocate(byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: laneCount * 8)
      .bindMemory(to: Float.self, capacity: max(1, count))
    for index in 0..<count { base[index] = Float(index % 97) / 48.25 - 1 }
  }

  convenience init(vectors: Int) { self.init(count: vectors * laneCount) }

  deinit { base.deallocate() }
}
