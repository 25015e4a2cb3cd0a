import CLaneKernels
import Foundation

/// The instruction-set variant that all lane kernels of this process use.
public enum LaneVariants {
  /// The best variant this machine supports, or the one that the environment variable `NTKSCORER_SIMD`
  /// (`AVX-512`, `AVX2`, `portable`) names, when it is supported. All variants give the same bits.
  nonisolated(unsafe) package static let current: UnsafePointer<LaneVariant> = {
    // Immutable C tables: sharing the pointer is safe.
    supported.first { name($0).lowercased() == wanted?.lowercased() } ?? supported[0]
  }()

  /// What `NTKSCORER_SIMD` says when this machine runs no variant of that name, and the names that it does run.
  public static var unknownOverride: (name: String, expected: [String])? {
    let names = supported.map(name)
    guard let wanted, !names.contains(where: { $0.lowercased() == wanted.lowercased() }) else { return nil }
    return (wanted, names)
  }

  private static var wanted: String? { ProcessInfo.processInfo.environment["NTKSCORER_SIMD"] }

  private static var supported: [UnsafePointer<LaneVariant>] { all.filter { $0.pointee.isSupported() } }

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
