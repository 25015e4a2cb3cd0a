import CLaneKernels
import LaneKernels
import TangentKernel

/// Inner products of vectors by the lane kernels: every entry is summed in the same order wherever it stands, so
/// identical vectors have identical products.
struct InnerProducts {
  /// [first][second], `stride` numbers a row; entries below the diagonal are missing when both sets are one.
  let values: [Double]
  let stride: Int
  /// Of each vector with itself.
  let firstSquares: [Double]
  let secondSquares: [Double]

  /// The same for all products, since it decides the order of sums.
  private static let channelsAtOnce = 64

  /// Σ over a range of channels, times a factor.
  ///
  /// - Parameter second: nil for one set.
  init(
    _ first: [Double], _ second: [Double]?, width: Int, channels: Range<Int>, factor: Double,
    workers: Workers,
    variant: UnsafePointer<LaneVariant>
  ) {
    let kernels = Double.kernels(of: variant)
    let isOneSet = second == nil
    let most = min(Self.channelsAtOnce, channels.count)
    let a = SampleBlocks(samples: first.count / width, channels: most)
    let b = second.map { SampleBlocks(samples: $0.count / width, channels: most) } ?? a
    let stride = b.count * laneCount
    var values = [Double](repeating: 0, count: a.count * laneCount * stride)
    var squares = (
      [Double](repeating: 0, count: isOneSet ? 0 : a.count * laneCount),
      [Double](repeating: 0, count: isOneSet ? 0 : b.count * laneCount)
    )
    // A few channels of all samples at a time, so that they stay in cache.
    for start in Swift.stride(from: channels.lowerBound, to: channels.upperBound, by: Self.channelsAtOnce) {
      let range = start..<min(channels.upperBound, start + Self.channelsAtOnce)
      a.load(first, width: width, range, variant)
      if let second { b.load(second, width: width, range, variant) }
      values.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        workers.forEach(a.count) { block in
          let from = isOneSet ? block : 0
          kernels.gram(
            parameters: range.count, a.block(block), b.block(from), blocks: b.count - from,
            bBlockStride: b.blockStride, factor: factor, into: base + (block * stride + from) * laneCount,
            outStride: stride)
        }
      }
      guard !isOneSet else { continue }
      a.addSquares(to: &squares.0, range.count, factor, kernels)
      b.addSquares(to: &squares.1, range.count, factor, kernels)
    }
    self.values = values
    self.stride = stride
    firstSquares = isOneSet ? (0..<a.samples).map { values[$0 * stride + $0] } : squares.0
    secondSquares = isOneSet ? firstSquares : squares.1
  }
}

/// Some channels of all samples, sixteen samples to a block, [block][channel][lane]; lanes without a sample hold zero.
private final class SampleBlocks {
  let samples: Int
  let count: Int
  /// Between blocks, whatever the channels loaded.
  let blockStride: Int
  private let base: UnsafeMutablePointer<Double>

  /// - Parameter channels: the most that are loaded at once.
  init(samples: Int, channels: Int) {
    self.samples = samples
    count = (samples + laneCount - 1) / laneCount
    blockStride = channels * laneCount
    let size = max(1, count * blockStride)
    base = UnsafeMutableRawPointer.allocate(byteCount: size * MemoryLayout<Double>.stride, alignment: 128)
      .bindMemory(to: Double.self, capacity: size)
    base.initialize(repeating: 0, count: size)
  }

  deinit { base.deallocate() }

  func load(_ values: [Double], width: Int, _ range: Range<Int>, _ variant: UnsafePointer<LaneVariant>) {
    values.withUnsafeBufferPointer { values in
      guard let values = values.baseAddress else { return }
      for block in 0..<count {
        variant.pointee.gatherSamples(
          Int64(min(laneCount, samples - block * laneCount)), Int64(range.count),
          values + block * laneCount * width + range.lowerBound, Int64(width), base + block * blockStride)
      }
    }
  }

  func block(_ index: Int) -> UnsafePointer<Double> { UnsafePointer(base + index * blockStride) }

  func addSquares(to sums: inout [Double], _ channels: Int, _ factor: Double, _ kernels: LaneKernelsDouble) {
    var products = [Double](repeating: 0, count: laneCount * laneCount)
    for index in 0..<count {
      for lane in 0..<laneCount { products[lane * laneCount + lane] = sums[index * laneCount + lane] }
      kernels.gram(
        parameters: channels, block(index), block(index), blocks: 1, bBlockStride: 0, factor: factor,
        into: &products, outStride: laneCount)
      for lane in 0..<laneCount { sums[index * laneCount + lane] = products[lane * laneCount + lane] }
    }
  }
}
