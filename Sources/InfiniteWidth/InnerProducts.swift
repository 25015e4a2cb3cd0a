import CLaneKernels
import LaneKernels
import TangentKernel

/// Inner products of vectors by the lane kernels: every entry is summed in the same order wherever it stands, so
/// identical vectors have identical products.
struct InnerProducts {
  /// [first][second], `stride` numbers a row, and a vector's worth beyond the last; entries below the diagonal are missing
  /// when both sets are one.
  let values: [Double]
  let stride: Int
  /// Of each vector with itself.
  let firstSquares: [Double]
  let secondSquares: [Double]

  /// The same for all products, since it decides the order of sums: a tile's numbers fit the first-level cache.
  private static let channelsAtOnce = 256
  /// Of so many the channels at once fit the second-level cache.
  private static let samplesAtOnce = 256
  /// Panels of second samples that the kernels take at once.
  private static let panelsAtOnce = 3

  /// Σ over a range of channels, times a factor.
  ///
  /// - Parameters:
  ///   - second: nil for one set.
  ///   - precision: of sums over channels at once; these are added up in double precision.
  init(
    _ first: [Double], _ second: [Double]?, width: Int, channels: Range<Int>, factor: Double,
    precision: Precision, workers: Workers, variant: UnsafePointer<LaneVariant>
  ) {
    switch precision {
    case .single:
      self.init(
        first, second, width: width, channels: channels, factor: factor, workers: workers,
        kernels: Float.kernels(of: variant))
    case .double:
      self.init(
        first, second, width: width, channels: channels, factor: factor, workers: workers,
        kernels: Double.kernels(of: variant))
    }
  }

  private init<Kernels: LaneKernelTable>(
    _ first: [Double], _ second: [Double]?, width: Int, channels: Range<Int>, factor: Double,
    workers: Workers, kernels: Kernels
  ) {
    let isOneSet = second == nil
    let most = min(Self.channelsAtOnce, channels.count)
    let a = SamplePanels(samples: first.count / width, channels: most, kernels)
    let b = second.map { SamplePanels(samples: $0.count / width, channels: most, kernels) } ?? a
    let (stride, samplesOfPanel) = (b.count * b.samplesOfPanel, b.samplesOfPanel)
    var values = [Double](repeating: 0, count: a.count * samplesOfPanel * stride + laneCount)
    var squares = (
      [Double](repeating: 0, count: isOneSet ? 0 : a.samples),
      [Double](repeating: 0, count: isOneSet ? 0 : b.samples)
    )
    let rowsAtOnce = Self.samplesAtOnce / samplesOfPanel
    let strips = (b.count + Self.panelsAtOnce - 1) / Self.panelsAtOnce
    // A few channels of all samples at a time, so that they stay in cache.
    for start in Swift.stride(from: channels.lowerBound, to: channels.upperBound, by: Self.channelsAtOnce) {
      let range = start..<min(channels.upperBound, start + Self.channelsAtOnce)
      a.load(first, width: width, range, workers)
      if let second { b.load(second, width: width, range, workers) }
      values.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        for top in Swift.stride(from: 0, to: a.count, by: rowsAtOnce) {
          workers.forEach(strips) { strip in
            // Strips as even as can be; of one set only what is not below the diagonal.
            let columns = b.count * strip / strips..<b.count * (strip + 1) / strips
            let bottom = min(a.count, top + rowsAtOnce, isOneSet ? columns.upperBound : a.count)
            guard bottom > top else { return }
            kernels.multiplySamples(
              numbers: range.count, a.panel(top), panels: bottom - top, b.panel(columns.lowerBound),
              panels: columns.count, panelStride: a.panelStride, factor: factor,
              into: base + (top * stride + columns.lowerBound) * samplesOfPanel, outStride: stride)
          }
        }
      }
      guard !isOneSet else { continue }
      a.addSquares(to: &squares.0, range.count, factor)
      b.addSquares(to: &squares.1, range.count, factor)
    }
    self.values = values
    self.stride = stride
    firstSquares = isOneSet ? (0..<a.samples).map { values[$0 * stride + $0] } : squares.0
    secondSquares = isOneSet ? firstSquares : squares.1
  }
}

/// Some channels of all samples in the kernels' panels; places without a sample hold zero.
private final class SamplePanels<Kernels: LaneKernelTable> {
  let samples: Int
  let count: Int
  let samplesOfPanel: Int
  /// Between panels, whatever the channels loaded.
  let panelStride: Int
  private let kernels: Kernels
  private let base: UnsafeMutablePointer<Kernels.Scalar>

  /// - Parameter channels: the most that are loaded at once.
  init(samples: Int, channels: Int, _ kernels: Kernels) {
    self.samples = samples
    self.kernels = kernels
    samplesOfPanel = kernels.samplesOfPanel
    count = (samples + samplesOfPanel - 1) / samplesOfPanel
    panelStride = channels * samplesOfPanel
    let size = max(1, count * panelStride)
    base = UnsafeMutableRawPointer.allocate(
      byteCount: size * MemoryLayout<Kernels.Scalar>.stride, alignment: 128
    )
    .bindMemory(to: Kernels.Scalar.self, capacity: size)
  }

  deinit { base.deallocate() }

  func load(_ values: [Double], width: Int, _ range: Range<Int>, _ workers: Workers) {
    values.withUnsafeBufferPointer { values in
      guard let values = values.baseAddress else { return }
      workers.forEach(count) { panel in
        kernels.packSamples(
          min(samplesOfPanel, samples - panel * samplesOfPanel), numbers: range.count,
          values + panel * samplesOfPanel * width + range.lowerBound, stride: width,
          into: base + panel * panelStride)
      }
    }
  }

  func panel(_ index: Int) -> UnsafePointer<Kernels.Scalar> { UnsafePointer(base + index * panelStride) }

  func addSquares(to sums: inout [Double], _ channels: Int, _ factor: Double) {
    var products = [Double](repeating: 0, count: samplesOfPanel * samplesOfPanel)
    for index in 0..<count {
      let members = index * samplesOfPanel..<min(samples, (index + 1) * samplesOfPanel)
      for (lane, sample) in members.enumerated() { products[lane * samplesOfPanel + lane] = sums[sample] }
      kernels.multiplySamples(
        numbers: channels, panel(index), panels: 1, panel(index), panels: 1, panelStride: panelStride,
        factor: factor, into: &products, outStride: samplesOfPanel)
      for (lane, sample) in members.enumerated() { sums[sample] = products[lane * samplesOfPanel + lane] }
    }
  }
}
