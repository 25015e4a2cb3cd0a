import CLaneKernels
import LaneKernels
import LinearAlgebra

/// What a machine can do, and how near the engine's micro-kernels come to that.
public struct MachineProfile: Sendable {
  /// The instruction-set variant that was measured: `AVX-512`, `AVX2` or `portable`.
  public let variant: String
  /// The name of OpenBLAS's kernel set in use.
  public let openBLASCore: String
  /// That measured at once.
  public let threads: Int
  /// Time given to each measurement.
  public let seconds: Double
  /// Fused multiply–adds on registers of the variant, all threads together, 10⁹ floating-point operations a second (a
  /// multiply–add is two).
  public let singlePeak: Double
  /// The same of doubles.
  public let doublePeak: Double
  /// Ascending by size.
  public let readBandwidths: [ReadBandwidth]
  /// In the order in which they are shown.
  public let kernels: [KernelRate]

  /// How fast memory is read over and over.
  public struct ReadBandwidth: Sendable {
    /// What each thread reads.
    public let bytes: Int
    /// 10⁹ bytes a second, all threads together.
    public let gigabytesPerSecond: Double
  }

  /// What a micro-kernel's rate counts, and what bounds it.
  public enum Limit: String, Sendable {
    /// 10⁹ floating-point operations a second, of the FMA peak.
    case multiplyAdds = "FMA peak"
    /// 10⁹ bytes read and written a second, each array counted once, of the bandwidth of reading as many bytes.
    case bandwidth
  }

  /// One micro-kernel on one shape, in single precision, block after block of sixteen samples.
  public struct KernelRate: Sendable {
    /// What the engine calls it, and the shape: `correlate 3×3`.
    public let name: String
    /// Nil where there are none.
    public let channels: Int?
    /// Positions along each side of the map; nil where there is none.
    public let side: Int?
    /// What its rate is held against.
    public let limit: Limit
    /// GFLOP/s or GB/s as the limit says, all threads together.
    public let rate: Double
    /// The rate over its limit's: at most about 1.
    public let share: Double
    /// What each thread touches.
    public let workingSetBytes: Int
  }
}

/// Why a machine cannot be measured as asked.
public enum MeasurementError: Error, Sendable, CustomStringConvertible {
  /// No variant of that name is compiled in, or this machine cannot run it. The names that are possible.
  case unknownVariant(String, known: [String])

  /// What is wrong, in words.
  public var description: String {
    switch self {
    case .unknownVariant(let name, let known):
      "no variant '\(name)' runs on this machine; expected one of \(known.joined(separator: ", "))"
    }
  }
}

extension MachineProfile {
  /// Names of the variants that this machine can run, best first.
  public static var variants: [String] {
    LaneVariants.all.filter { $0.pointee.isSupported() }.map(LaneVariants.name)
  }

  /// Measures this machine. Takes about 80 times `seconds`, and memory of at most 256 MB a thread and 1 GB in all.
  ///
  /// - Parameters:
  ///   - variant: one of `variants`, whatever the case; the one that the engine uses when nil.
  ///   - threads: that measure at the same time, each in memory of its own.
  ///   - seconds: for each measurement.
  /// - Throws: `MeasurementError`.
  public init(variant name: String? = nil, threads: Int = 1, seconds: Double = 0.1) throws(MeasurementError) {
    let wanted = name ?? LaneVariants.currentName
    guard
      let found = LaneVariants.all.first(where: {
        $0.pointee.isSupported() && LaneVariants.name($0).lowercased() == wanted.lowercased()
      })
    else { throw .unknownVariant(wanted, known: Self.variants) }
    let variant = MeasuredVariant(pointer: found)
    let meter = RateMeter(threads: threads, seconds: seconds)
    self.variant = LaneVariants.name(found)
    self.threads = threads
    self.seconds = seconds
    openBLASCore = OpenBLASRuntime.coreName
    let peak = { Self.burstRate(meter) { variant.table.fusedMultiplyAddBurst($0) } }
    let first = peak()
    doublePeak = Self.burstRate(meter) { variant.table.fusedMultiplyAddBurstDual($0) }
    readBandwidths = Self.sizes(threads: threads).map { bytes in
      ReadBandwidth(bytes: bytes, gigabytesPerSecond: Self.readRate(meter, variant, bytes))
    }
    let measured = MicroKernel.all(variant).map { kernel in (kernel, callsPerSecond: meter.rate(kernel.body))
    }
    var bandwidths: [Int: Double] = [:]
    for (kernel, _) in measured where kernel.limit == .bandwidth && bandwidths[kernel.workingSetBytes] == nil
    {
      bandwidths[kernel.workingSetBytes] = Self.readRate(meter, variant, kernel.workingSetBytes)
    }
    // Measured at both ends: a processor changes its frequency, and neighbours come and go.
    let peakSingle = max(first, peak())
    singlePeak = peakSingle
    kernels = measured.map { kernel, callsPerSecond in
      let rate = kernel.work * callsPerSecond / 1e9
      let limit = kernel.limit == .multiplyAdds ? peakSingle : bandwidths[kernel.workingSetBytes] ?? .infinity
      return KernelRate(
        name: kernel.name, channels: kernel.channels, side: kernel.side, limit: kernel.limit, rate: rate,
        share: rate / limit, workingSetBytes: kernel.workingSetBytes)
    }
  }

  /// 16 KB … 256 MB for each thread, no more than 1 GB in all.
  private static func sizes(threads: Int) -> [Int] {
    (0..<8).map { 1 << (14 + 2 * $0) }.filter { $0 <= 1 << 20 || $0 * threads <= 1 << 30 }
  }

  /// 10⁹ floating-point operations a second.
  private static func burstRate(
    _ meter: RateMeter, _ burst: @escaping @Sendable (_ iterations: Int64) -> Double
  ) -> Double {
    let operations = burst(1) * 1_000
    return meter.rate { { _ = burst(1_000) } } * operations / 1e9
  }

  /// 10⁹ bytes a second.
  private static func readRate(_ meter: RateMeter, _ variant: MeasuredVariant, _ bytes: Int) -> Double {
    let count = bytes / MemoryLayout<Float>.stride
    let rate = meter.rate {
      let memory = LaneMemory(count: count)
      return { _ = variant.table.readBurst(Int64(count / laneCount), memory.base) }
    }
    return rate * Double(bytes) / 1e9
  }
}

/// A variant's table of functions.
struct MeasuredVariant: @unchecked Sendable {
  // Sendable because the pointer leads to an immutable table in the program's constant data.
  let pointer: UnsafePointer<LaneVariant>

  var table: LaneVariant { pointer.pointee }
}
