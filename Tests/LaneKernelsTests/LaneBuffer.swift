import CLaneKernels
import LaneKernels
import WideTiles

/// Numbers in memory aligned as the kernels want it.
final class LaneBuffer<Scalar: LaneScalar> {
  let base: UnsafeMutablePointer<Scalar>
  let count: Int

  init(count: Int, _ value: (Int) -> Scalar = { _ in 0 }) {
    self.count = count
    base =
      UnsafeMutableRawPointer
      .allocate(byteCount: max(1, count) * MemoryLayout<Scalar>.stride, alignment: 128)
      .bindMemory(to: Scalar.self, capacity: max(1, count))
    for index in 0..<count { base[index] = value(index) }
  }

  convenience init(_ values: [Scalar]) { self.init(count: values.count) { values[$0] } }

  deinit { base.deallocate() }

  /// Whole vectors of sixteen.
  var vectors: Int { count / laneCount }
  var values: [Scalar] { (0..<count).map { base[$0] } }
}

/// The supported variants of one scalar type's kernels, the portable one first: what the others must equal. The
/// widest tiles are among them on any machine.
func kernelTables<Scalar: LaneScalar>(_ type: Scalar.Type) -> [(name: String, kernels: Scalar.Kernels)] {
  (LaneVariants.all.reversed() + [wideTileVariant()]).filter { $0.pointee.isSupported() }.map {
    (LaneVariants.name($0), Scalar.kernels(of: $0))
  }
}

/// Equal to the last bit; all NaNs are one.
func isIdentical<Scalar: LaneScalar>(_ a: [Scalar], _ b: [Scalar]) -> Bool {
  a.count == b.count
    && zip(a, b).allSatisfy { ($0.isNaN && $1.isNaN) || ($0 == $1 && $0.sign == $1.sign) }
}

/// Numbers uniform in (−1, 1) from a linear congruence: plain, and independent of the kernels.
struct Numbers {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(Int64(bitPattern: state) >> 11) * 0x1p-52
  }

  mutating func buffer<Scalar: LaneScalar>(_ type: Scalar.Type, _ count: Int) -> LaneBuffer<Scalar> {
    LaneBuffer(count: count) { _ in Scalar(next()) }
  }
}
