import COpenBLAS
import Foundation

/// OpenBLAS as this process uses it: one thread (the engine parallelises above it) and kernels that fit the CPU.
package enum OpenBLASRuntime {
  /// The name of OpenBLAS's kernel set in use (`SkylakeX`, `Haswell`, …). First use prepares the library.
  ///
  /// A CPU newer than the library makes it fall back to SSE3 kernels, several times slower. The choice is then
  /// made again under `OPENBLAS_CORETYPE`, through entry points of the library that older builds may lack; it must
  /// happen before any other call, which is why every use of LAPACK goes through `prepare()`.
  package static let coreName: String = {
    if let modern = modernCore, unsuitableCores.contains(currentCore.lowercased()),
      getenv("OPENBLAS_CORETYPE") == nil,
      let quit = entryPoint("gotoblas_dynamic_quit"), let start = entryPoint("gotoblas_dynamic_init")
    {
      setenv("OPENBLAS_CORETYPE", modern, 1)
      quit()
      start()
      unsetenv("OPENBLAS_CORETYPE")
    }
    openblas_set_num_threads(1)
    return currentCore
  }()

  /// Makes sure that the library is prepared; cheap after the first call, safe from any thread.
  package static func prepare() { _ = coreName }

  private static let unsuitableCores: Set<String> = [
    "prescott", "core2", "generic", "northwood", "nehalem", "sandybridge",
  ]

  private static var currentCore: String { String(cString: openblas_get_corename()) }

  /// The core type to ask for, nil when the CPU has nothing newer to offer.
  private static var modernCore: String? {
    #if arch(x86_64)
      guard
        let flags = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
          .split(separator: "\n").first(where: { $0.hasPrefix("flags") })?.split(separator: " ")
      else { return nil }
      let has = { (name: Substring) in flags.contains(name) }
      if has("avx512f"), has("avx512vl"), has("avx512dq"), has("avx512bw"), has("avx512cd") {
        return "SkylakeX"
      }
      return has("avx2") && has("fma") ? "Haswell" : nil
    #else
      return nil
    #endif
  }

  private static func entryPoint(_ name: String) -> (@convention(c) () -> Void)? {
    guard let symbol = dlsym(dlopen(nil, RTLD_LAZY), name) else { return nil }
    return unsafeBitCast(symbol, to: (@convention(c) () -> Void).self)
  }
}
