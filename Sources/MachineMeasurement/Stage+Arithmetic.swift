import CLaneKernels
import LaneKernels

/// Kernels bound by arithmetic.
extension Stage {
  func correlation(_ name: String, kernel: Int, stride: Int = 1, isDepthwise: Bool = false) -> MicroKernel {
    let (channels, side, kernels) = (channels, side, kernels)
    let padding = kernel / 2
    let target = (side + 2 * padding - kernel) / stride + 1
    let groups = isDepthwise ? channels : 1
    let perGroup = channels / groups
    let taps = kernel * kernel
    let weights = channels * perGroup * taps
    let reads = inside(kernel, stride: stride, target)
    return MicroKernel(
      name: name, channels: channels, side: side, limit: .multiplyAdds,
      work: Double(2 * laneCount * channels * perGroup * reads * reads),
      workingSetBytes: (vectors + channels * target * target) * vectorBytes + weights * 4
    ) { [vectors] in
      let source = LaneMemory(vectors: vectors)
      let result = LaneMemory(vectors: channels * target * target)
      let weight = LaneMemory(count: weights)
      let axis = (0..<kernel).map { Int32($0 - padding) }
      let rows = axis.flatMap { row in axis.map { _ in row } }
      let columns = axis.flatMap { _ in axis }
      let indices = (0..<taps).map { Int32($0) }
      var shape = LaneCorrelation(
        from: LaneMap(channels: perGroup, rows: side, columns: side),
        to: LaneMap(channels: perGroup, rows: target, columns: target), step: stride)
      shape.taps = Int64(taps)
      shape.weightTargetStride = Int64(perGroup * taps)
      shape.weightSourceStride = Int64(taps)
      return { [shape] in
        rows.withUnsafeBufferPointer { rows in
          columns.withUnsafeBufferPointer { columns in
            indices.withUnsafeBufferPointer { indices in
              var shape = shape
              shape.tapRow = rows.baseAddress
              shape.tapColumn = columns.baseAddress
              shape.tapWeight = indices.baseAddress
              for group in 0..<groups {
                kernels.correlate(
                  shape, source: source.base + group * perGroup * side * side * laneCount,
                  weights: weight.base + group * perGroup * perGroup * taps, bias: nil,
                  into: result.base + group * perGroup * target * target * laneCount)
              }
            }
          }
        }
      }
    }
  }

  func weightGradient() -> MicroKernel {
    let (channels, side, vectors, map, kernels) = (channels, side, vectors, map, kernels)
    // As many targets at once as fit the second-level cache.
    let targets = min(channels, max(4, 4096 / (channels * 9)))
    let reads = inside(3, stride: 1, side)
    let sums = targets * channels * 9
    return MicroKernel(
      name: "weightGradient 3×3", channels: channels, side: side, limit: .multiplyAdds,
      work: Double(2 * laneCount * channels * targets * reads * reads),
      workingSetBytes: (vectors + targets * side * side + sums) * vectorBytes
    ) {
      let source = LaneMemory(vectors: vectors)
      let gradient = LaneMemory(vectors: targets * side * side)
      let sum = LaneMemory(vectors: sums)
      let shape = LaneWeightGradient(
        from: map, to: LaneMap(channels: targets, rows: side, columns: side), kernelHeight: 3, kernelWidth: 3,
        padding: 1)
      return {
        kernels.weightGradient(shape, source: source.base, outputGradient: gradient.base, into: sum.base)
      }
    }
  }

  // MARK: Minimal filtering and products

  /// Work is counted as for the plain sum, of which minimal filtering forms a quarter of the products: a share above one is
  /// possible.
  func minimalFiltering() -> MicroKernel {
    let (channels, side, vectors, map, kernels) = (channels, side, vectors, map, kernels)
    let reads = inside(3, stride: 1, side)
    let strip = laneWinogradStrip(Int64(channels), Int64(channels), Int64(side), Int64(side))
    let weights =
      Int(laneWinogradPoint(Int64(channels), Int64(channels))) * Int(WINOGRAD_POINTS * WINOGRAD_POINTS)
    return MicroKernel(
      name: "Winograd 3×3", channels: channels, side: side, limit: .multiplyAdds,
      work: Double(2 * laneCount * channels * channels * reads * reads),
      workingSetBytes: (2 * vectors + Int(strip.scratch)) * vectorBytes + weights * 4
    ) {
      let (source, target) = (LaneMemory(vectors: vectors), LaneMemory(vectors: vectors))
      let weight = LaneMemory(count: weights)
      let scratch = LaneMemory(vectors: Int(strip.scratch))
      let shape = LaneWinograd(from: map, to: map, padding: 1)
      return {
        kernels.winogradCorrelate(
          shape, source: source.base, transformedWeights: weight.base, bias: nil, into: target.base,
          scratch: scratch.base)
      }
    }
  }

  /// Of as many channels at a time as the engine takes.
  func minimalFilteringGradient() -> MicroKernel {
    let (side, kernels) = (side, kernels)
    let channels = min(channels, 16)
    let map = LaneMap(channels: channels, rows: side, columns: side)
    let reads = inside(3, stride: 1, side)
    let sums = channels * channels * 9
    let strip = laneWinogradGradientStrip(Int64(channels), Int64(channels), Int64(side), Int64(side))
    return MicroKernel(
      name: "Winograd weight gradient", channels: channels, side: side, limit: .multiplyAdds,
      work: Double(2 * laneCount * channels * channels * reads * reads),
      workingSetBytes: (2 * map.vectors + sums + Int(strip.scratch)) * vectorBytes
    ) {
      let (source, gradient) = (LaneMemory(vectors: map.vectors), LaneMemory(vectors: map.vectors))
      let sum = LaneMemory(vectors: sums)
      let scratch = LaneMemory(vectors: Int(strip.scratch))
      let shape = LaneWinograd(from: map, to: map, padding: 1)
      return {
        kernels.winogradWeightGradient(
          shape, source: source.base, outputGradient: gradient.base, into: sum.base, scratch: scratch.base)
      }
    }
  }

  /// A dense layer of sixteen times the stage's channels on 64 samples.
  func product() -> MicroKernel {
    let (width, columns, kernels) = (16 * channels, 4, kernels)
    return MicroKernel(
      name: "dense", channels: width, limit: .multiplyAdds,
      work: Double(2 * laneCount * columns * width * width),
      workingSetBytes: 2 * columns * width * vectorBytes + width * width * 4
    ) {
      let weights = LaneMemory(count: width * width)
      let (source, target) = (LaneMemory(vectors: columns * width), LaneMemory(vectors: columns * width))
      let scratch = LaneMemory(count: Int(PACKED_SCALARS))
      let width = Int64(width)
      let shape = LaneProduct(
        targets: width, sources: width, columns: Int64(columns), weightTargetStride: width,
        weightSourceStride: 1, sourceColumnStride: width, targetColumnStride: width, accumulate: false)
      return {
        kernels.multiply(
          shape, weights: weights.base, bias: nil, source: source.base, into: target.base,
          scratch: scratch.base)
      }
    }
  }

  /// Rows of one block against four blocks: 64 samples.
  func gram() -> MicroKernel {
    let (blocks, kernels) = (4, kernels)
    let parameters = min(9 * channels * channels, 2048)
    let columnScalars = parameters * laneCount
    let samples = blocks * laneCount
    return MicroKernel(
      name: "gram of 64 samples", channels: channels, limit: .multiplyAdds,
      work: Double(2 * laneCount * samples * parameters),
      workingSetBytes: columnScalars * blocks * 4 + laneCount * samples * 8
    ) {
      let gradients = LaneMemory(count: columnScalars * blocks)
      let matrix = [Double](repeating: 0, count: laneCount * samples)
      return {
        // The kernel adds: from zero each time, or the sums would grow without end.
        var matrix = matrix
        matrix.withUnsafeMutableBufferPointer { matrix in
          guard let matrix = matrix.baseAddress else { return }
          kernels.gram(
            parameters: parameters, gradients.base, gradients.base, blocks: blocks,
            bBlockStride: columnScalars, factor: 1, into: matrix, outStride: samples)
        }
      }
    }
  }

  /// Σ over positions along one axis of the taps that lie inside the map: their square counts both axes.
  private func inside(_ kernel: Int, stride: Int, _ target: Int) -> Int {
    (0..<target).reduce(0) { sum, position in
      sum + (0..<kernel).count { (0..<side).contains(position * stride + $0 - kernel / 2) }
    }
  }
}
