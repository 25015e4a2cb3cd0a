import CLaneKernels
import Crypto
import LaneKernels

/// An addressable sequence of random numbers: Philox4x32-10 (Salmon et al. 2011, Random123), keyed by a seed, with a
/// counter made of a 64-bit stream number and a 64-bit index. Nothing is stored between calls, so a number depends
/// only on (seed, purpose, position, index): never on evaluation order or thread count.
public struct RandomStream: Sendable, Hashable {
  /// Philox's key.
  public let seed: UInt64
  /// The first eight bytes (big endian) of SHA-256 of purpose and position.
  public let stream: UInt64

  /// - Parameters:
  ///   - seed: the user's seed.
  ///   - purpose: `weights`, `inputs`, `sampling`: separate purposes never share numbers.
  ///   - position: what within the purpose, a parameter's canonical position, say.
  public init(seed: UInt64, purpose: String, position: String = "") {
    self.seed = seed
    let digest = SHA256.hash(data: Array("\(purpose)\u{0}\(position)".utf8))
    stream = digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Two random words a counter block; this is number `index` of the stream as 64-bit words.
  public func uniform64(at index: UInt64) -> UInt64 {
    var words = (UInt32(0), UInt32(0), UInt32(0), UInt32(0))
    let block = index / 2
    let counter = [
      UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
      UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32),
    ]
    let key = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
    withUnsafeMutableBytes(of: &words) { bytes in
      lanePhilox(counter, key, bytes.bindMemory(to: UInt32.self).baseAddress)
    }
    return index % 2 == 0
      ? UInt64(words.0) | UInt64(words.1) << 32 : UInt64(words.2) | UInt64(words.3) << 32
  }

  /// Uniform in [0, 1) with 53 random bits.
  public func uniform(at index: UInt64) -> Double {
    Double(uniform64(at: index) >> 11) * 0x1p-53
  }

  /// Uniform in 0..<bound, exactly: words that would favour small results are rejected and replaced by words from
  /// far along the stream (index + 2⁴⁸ · attempt), so neighbouring indices stay independent. `bound` 0 gives 0.
  public func bounded(_ bound: UInt64, at index: UInt64) -> UInt64 {
    guard bound > 1 else { return 0 }
    let rejectedBelow = (0 &- bound) % bound
    var attempt: UInt64 = 0
    while true {
      let product = uniform64(at: index &+ attempt << 48).multipliedFullWidth(by: bound)
      if product.low >= rejectedBelow { return product.high }
      attempt += 1
    }
  }

  /// Normal numbers N(0, 1) in single precision by Box–Muller: number k of the stream goes to `out[k - index]`.
  /// Bit-identical on every machine.
  public func fillNormals(_ out: UnsafeMutableBufferPointer<Float>, startingAt index: UInt64) {
    guard let base = out.baseAddress, !out.isEmpty else { return }
    LaneVariants.current.pointee.fillNormals(seed, stream, index, Int64(out.count), base)
  }

  /// Numbers uniform in (−1, 1), symmetric about 0, in single precision; addressed like the normals.
  public func fillUniforms(_ out: UnsafeMutableBufferPointer<Float>, startingAt index: UInt64) {
    guard let base = out.baseAddress, !out.isEmpty else { return }
    LaneVariants.current.pointee.fillUniforms(seed, stream, index, Int64(out.count), base)
  }

  /// `count` normal numbers from the start of the stream.
  public func normals(_ count: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      fillNormals(.init(rebasing: buffer[..<count]), startingAt: 0)
      initialized = count
    }
  }
}
