import CLaneKernels
import LaneKernels

/// One call of a micro-kernel on a shape of its daily work, in single precision.
struct MicroKernel: Sendable {
  let name: String
  var channels: Int?
  var side: Int?
  let limit: MachineProfile.Limit
  /// Floating-point operations or bytes of one call, as the limit says.
  let work: Double
  let workingSetBytes: Int
  /// Makes the memory, and gives what is to be measured.
  let body: @Sendable () -> () -> Void

  /// All that is measured: the shapes of a CIFAR network's stages.
  static func all(_ variant: MeasuredVariant) -> [MicroKernel] {
    let kernels = variant.table.single
    let stages = [(8, 32), (16, 32), (32, 16), (64, 8)].map {
      Stage(channels: $0.0, side: $0.1, kernels: kernels)
    }
    return stages.map { $0.correlation("correlate 3×3", kernel: 3) }
      + stages.map { $0.correlation("correlate 1×1", kernel: 1) }
      + stages.map { $0.correlation("correlate 3×3 stride 2", kernel: 3, stride: 2) }
      + stages.map { $0.correlation("correlate 3×3 depthwise", kernel: 3, isDepthwise: true) }
      + stages.map { $0.weightGradient() } + stages.map { $0.gram() }
      + [1, 3].flatMap { stages[$0].elementwise() } + [stages[1].normals(variant)]
  }
}

private let vectorBytes = laneCount * MemoryLayout<Float>.stride

/// A stage of a network: maps of one block of sixteen samples.
private struct Stage: Sendable {
  let channels: Int
  let side: Int
  let kernels: LaneKernelsFloat

  var vectors: Int { channels * side * side }

  // MARK: Bound by arithmetic

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
      var shape = LaneCorrelation()
      shape.targetChannels = Int64(perGroup)
      shape.targetRows = Int64(target)
      shape.targetColumns = Int64(target)
      shape.targetChannelStride = Int64(target * target)
      shape.targetRowStride = Int64(target)
      shape.targetColumnStride = 1
      shape.sourceChannels = Int64(perGroup)
      shape.sourceRows = Int64(side)
      shape.sourceColumns = Int64(side)
      shape.sourceChannelStride = Int64(side * side)
      shape.sourceRowStride = Int64(side)
      shape.sourceColumnStride = 1
      shape.rowStep = Int64(stride)
      shape.columnStep = Int64(stride)
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
    let (channels, side, vectors, kernels) = (channels, side, vectors, kernels)
    // As the engine has it: as many targets at once as fit the second-level cache.
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
      var shape = LaneWeightGradient()
      shape.targets = Int64(targets)
      shape.targetColumns = Int64(side)
      shape.targetChannelStride = Int64(side * side)
      shape.targetRowStride = Int64(side)
      shape.firstRow = 0
      shape.endRow = Int64(side)
      shape.sources = Int64(channels)
      shape.sourceRows = Int64(side)
      shape.sourceColumns = Int64(side)
      shape.sourceChannelStride = Int64(side * side)
      shape.sourceRowStride = Int64(side)
      shape.stride = 1
      shape.dilation = 1
      shape.padding = 1
      shape.kernelHeight = 3
      shape.kernelWidth = 3
      return { [shape] in
        kernels.weightGradient(shape, source: source.base, outputGradient: gradient.base, into: sum.base)
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

  // MARK: Bound by memory

  func elementwise() -> [MicroKernel] {
    let (channels, side, vectors, kernels) = (channels, side, vectors, kernels)
    let positions = side * side
    var pool = LanePooling()
    pool.channels = Int64(channels)
    pool.targetRows = Int64(side)
    pool.targetColumns = Int64(side)
    pool.sourceRows = Int64(side)
    pool.sourceColumns = Int64(side)
    pool.kernel = 3
    pool.stride = 1
    pool.padding = 1
    var halving = pool
    halving.targetRows = Int64(side / 2)
    halving.targetColumns = Int64(side / 2)
    halving.kernel = 2
    halving.stride = 2
    halving.padding = 0
    let (averaging, maximum) = (pool, halving)
    let activations: [(String, LaneActivation)] = [
      ("relu", LaneActivationRelu), ("gelu", LaneActivationGelu), ("tanh", LaneActivationTanh),
      ("silu", LaneActivationSilu),
    ]
    return activations.map { name, kind in
      streaming(name, arrays: 2) { x, y, _ in kernels.activate(kind, 0, vectors: vectors, x, into: y) }
    } + [
      streaming("relu backward", arrays: 3) { x, dy, dx in
        kernels.activateBackward(LaneActivationRelu, 0, vectors: vectors, x, dy, into: dx, accumulate: false)
      },
      streaming("averagePool 3×3", arrays: 2) { x, y, _ in kernels.averagePool(averaging, x, into: y) },
      streaming("averagePool 3×3 backward", arrays: 2) { dy, dx, _ in
        kernels.averagePoolBackward(averaging, dy, into: dx, accumulate: false)
      },
      streaming("maxPool 2×2", arrays: 1.25) { x, y, _ in kernels.maxPool(maximum, x, into: y) },
      streaming("moments", arrays: 1) { x, _, _ in
        withLaneSums { sum, squares in kernels.moments(vectors: vectors, x, sum: sum, squares: squares) }
      },
      streaming("affine", arrays: 2) { x, y, _ in
        kernels.affine(vectors: vectors, factor: 0.5, offset: 0.25, x, into: y, accumulate: false)
      },
      streaming("normalize", arrays: 2) { x, y, parameters in
        withLaneSums { mean, inverse in
          kernels.normalize(
            channels: channels, positions: positions, epsilon: 1e-5, gamma: parameters, beta: parameters, x,
            into: y, mean: mean, inverse: inverse)
        }
      },
    ]
  }

  func normals(_ variant: MeasuredVariant) -> MicroKernel {
    let count = vectors * laneCount
    return MicroKernel(
      name: "normals", limit: .bandwidth, work: Double(count * 4), workingSetBytes: count * 4
    ) {
      let memory = LaneMemory(count: count)
      return { variant.table.fillNormals(1, 2, 0, Int64(count), memory.base) }
    }
  }

  /// - Parameter arrays: how many maps are read or written, each counted once.
  private func streaming(
    _ name: String, arrays: Double,
    _ call:
      @escaping @Sendable (
        UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>
      )
      -> Void
  ) -> MicroKernel {
    let bytes = arrays * Double(vectors * vectorBytes)
    return MicroKernel(
      name: name, channels: channels, side: side, limit: .bandwidth, work: bytes, workingSetBytes: Int(bytes)
    ) { [vectors] in
      let (a, b, c) = (
        LaneMemory(vectors: vectors), LaneMemory(vectors: vectors), LaneMemory(vectors: vectors)
      )
      return { call(a.base, b.base, c.base) }
    }
  }
}

/// Two numbers for each lane.
private func withLaneSums(_ body: (UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>) -> Void) {
  withUnsafeTemporaryAllocation(byteCount: 2 * laneCount * 8, alignment: laneCount * 8) { bytes in
    let sums = bytes.bindMemory(to: Double.self)
    sums.initialize(repeating: 0)
    if let base = sums.baseAddress { body(base, base + laneCount) }
  }
}
