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
  fileprivate static let channelsAtOnce = 128

  /// Σ over a range of channels, times a factor.
  ///
  /// - Parameter second: nil for one set.
  init(
    _ first: [Double], _ second: [Double]?, width: Int, channels: Range<Int>, factor: Double,
    workers: Workers,
    variant: UnsafePointer<LaneVariant>
  ) {
    let kernels = Double.kernels(of: variant)
    let a = SampleBlocks(first, width: width, channels)
    let b = second.map { SampleBlocks($0, width: width, channels) } ?? a
    let stride = b.count * laneCount
    let isOneSet = second == nil
    var values = [Double](repeating: 0, count: a.count * laneCount * stride)
    values.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      // Rows go to the threads in turn: of one set, later ones are shorter. Every thread takes a few channels of all
      // its rows at a time, so that those of the second set stay in cache.
      workers.forEach(workers.threads) { thread in
        for first in Swift.stride(from: 0, to: channels.count, by: Self.channelsAtOnce) {
          let count = min(Self.channelsAtOnce, channels.count - first)
          for block in Swift.stride(from: thread, to: a.count, by: workers.threads) {
            let start = isOneSet ? block : 0
            kernels.gram(
              parameters: count, a.block(block) + first * laneCount, b.block(start) + first * laneCount,
              blocks: b.count - start, bBlockStride: channels.count * laneCount, factor: factor,
              into: base + (block * stride + start) * laneCount, outStride: stride)
          }
        }
      }
    }
    self.values = values
    self.stride = stride
    firstSquares = isOneSet ? (0..<a.samples).map { values[$0 * stride + $0] } : a.squares(factor, kernels)
    secondSquares = isOneSet ? firstSquares : b.squares(factor, kernels)
  }
}

/// Sixteen samples to a block, [block][channel][lane]; lanes without a sample hold zero.
private final class SampleBlocks {
  let samples: Int
  let count: Int
  private let channels: Int
  private let base: UnsafeMutablePointer<Double>

  init(_ values: [Double], width: Int, _ range: Range<Int>) {
    samples = values.count / width
    count = (samples + laneCount - 1) / laneCount
    channels = range.count
    let size = max(1, count * channels * laneCount)
    base = UnsafeMutableRawPointer.allocate(byteCount: size * MemoryLayout<Double>.stride, alignment: 128)
      .bindMemory(to: Double.self, capacity: size)
    values.withUnsafeBufferPointer { values in
      for block in 0..<count {
        let lanes = min(laneCount, samples - block * laneCount)
        let target = base + block * channels * laneCount
        if lanes < laneCount { target.initialize(repeating: 0, count: channels * laneCount) }
        for lane in 0..<lanes {
          let source = (block * laneCount + lane) * width + range.lowerBound
          for channel in 0..<channels { target[channel * laneCount + lane] = values[source + channel] }
        }
      }
    }
  }

  deinit { base.deallocate() }

  func block(_ index: Int) -> UnsafePointer<Double> { UnsafePointer(base + index * channels * laneCount) }

  func squares(_ factor: Double, _ kernels: LaneKernelsDouble) -> [Double] {
    var result: [Double] = []
    var products = [Double](repeating: 0, count: laneCount * laneCount)
    for index in 0..<count {
      for place in products.indices { products[place] = 0 }
      for first in stride(from: 0, to: channels, by: InnerProducts.channelsAtOnce) {
        let start = block(index) + first * laneCount
        kernels.gram(
          parameters: min(InnerProducts.channelsAtOnce, channels - first), start, start, blocks: 1,
          bBlockStride: 0, factor: factor, into: &products, outStride: laneCount)
      }
      for lane in 0..<laneCount where index * laneCount + lane < samples {
        result.append(products[lane * laneCount + lane])
      }
    }
    return result
  }
}
