import CLaneKernels
import LaneKernels

/// Kernels bound by memory.
extension Stage {
  func elementwise() -> [MicroKernel] {
    let (channels, side, vectors, kernels) = (channels, side, vectors, kernels)
    let positions = side * side
    let averaging = LanePooling(from: map, to: map, kernel: 3, stride: 1, padding: 1)
    let half = LaneMap(channels: channels, rows: side / 2, columns: side / 2)
    let maximum = LanePooling(from: map, to: half, kernel: 2, stride: 2, padding: 0)
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
        withLaneSums { sum, squares in
          kernels.moments(vectors: vectors, center: 0.5, x, sum: sum, squares: squares)
        }
      },
      streaming("affine", arrays: 2) { x, y, _ in
        kernels.affine(vectors: vectors, factor: 0.5, offset: 0.25, x, into: y, accumulate: false)
      },
      streaming("normalize", arrays: 2) { x, y, parameters in
        withLaneSums { mean, inverse in
          kernels.normalize(
            channels: channels, positions: positions, lanes: laneCount, epsilon: 1e-5, gamma: parameters,
            beta: parameters, x,
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
