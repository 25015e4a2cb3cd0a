import CLaneKernels
import Foundation

/// The instruction-set variant that all lane kernels of this process use.
public enum LaneVariants {
  /// The best variant this machine supports, or the one that the environment variable `NTKSCORER_SIMD`
  /// (`AVX-512`, `AVX2`, `portable`) names, when it is supported. All variants give the same bits.
  nonisolated(unsafe) package static let current: UnsafePointer<LaneVariant> = {
    // Immutable C tables: sharing the pointer is safe.
    let supported = all.filter { $0.pointee.isSupported() }
    let wanted = ProcessInfo.processInfo.environment["NTKSCORER_SIMD"]?.lowercased()
    return supported.first { name($0).lowercased() == wanted } ?? supported[0]
  }()

  /// Every variant compiled in, best first; the portable one, which always runs, is last.
  package static var all: [UnsafePointer<LaneVariant>] {
    (0..<laneVariantCount()).map { laneVariant($0) }
  }

  /// The name of the variant in use: `AVX-512`, `AVX2` or `portable`.
  public static var currentName: String { name(current) }

  package static func name(_ variant: UnsafePointer<LaneVariant>) -> String {
    String(cString: variant.pointee.name)
  }
}
