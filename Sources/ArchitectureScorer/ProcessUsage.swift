import Foundation

/// What the process has used so far.
struct ProcessUsage {
  /// User and system time of all threads.
  let cpuSeconds: Double
  /// The most memory it ever held.
  let peakBytes: Int

  static var current: ProcessUsage {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      let peak = residentPeak ?? Int(usage.ru_maxrss) * 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      let peak = Int(usage.ru_maxrss)
    #endif
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return ProcessUsage(cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), peakBytes: peak)
  }

  #if canImport(Glibc)
    /// `getrusage` on Linux also counts what the process that started this one held at the time.
    private static var residentPeak: Int? {
      guard let status = FileManager.default.contents(atPath: "/proc/self/status"),
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n")
          .first(where: { $0.hasPrefix("VmHWM:") })
      else { return nil }
      return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map {
        $0 * 1024
      }
    }
  #endif
}
