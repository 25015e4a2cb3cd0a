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
      + stages.map { $0.minimalFiltering() } + stages.map { $0.product() }
      + stages.map { $0.weightGradient() } + stages.map { $0.minimalFilteringGradient() }
      + stages.map { $0.gram() }
      + [1, 3].flatMap { stages[$0].elementwise() } + [stages[1].normals(variant)]
  }
}

let vectorBytes = laneCount * MemoryLayout<Float>.stride

/// A stage of a network: maps of one block of sixteen samples.
struct Stage: Sendable {
  let channels: Int
  let side: Int
  let kernels: LaneKernelsFloat

  var map: LaneMap { LaneMap(channels: channels, rows: side, columns: side) }
  var vectors: Int { map.vectors }
}
