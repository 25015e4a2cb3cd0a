import Synchronization

/// A kind of work within an evaluation.
public enum KernelPhase: Int, Hashable, Sendable, CaseIterable {
  /// Batch means and variances, in the forward pass.
  case statistics
  /// The rest of the forward pass. Layer and group normalization measure and normalize in one go, which counts here.
  case forward
  /// Propagating gradients from outputs to inputs.
  case backward
  /// Forming gradients by the parameters.
  case weightGradients
  /// Multiplying gradients out and adding up the kernel.
  case gram
}

/// Wall seconds of an evaluation by phase.
///
/// Most phases follow one another, and their time is read off the clock of the thread that hands out the work. Where
/// workers alternate between phases within one job (weight gradients and Gram, statistics and normalization), each
/// worker times its own pieces, and the job's wall time is divided in proportion to the seconds that all workers
/// together spent in each phase: waiting for the slowest is shared out like the work. So the phases never add up to
/// more than the evaluation's wall time.
public struct KernelPhaseSeconds: Hashable, Sendable {
  private var seconds = SIMD8<Double>()

  /// All zero.
  public init() {}

  /// Wall seconds of one phase.
  public subscript(phase: KernelPhase) -> Double {
    get { seconds[phase.rawValue] }
    set { seconds[phase.rawValue] = newValue }
  }

  /// Of all phases.
  public var total: Double { seconds.sum() }

  static func += (sum: inout KernelPhaseSeconds, other: KernelPhaseSeconds) { sum.seconds += other.seconds }

  static func * (seconds: KernelPhaseSeconds, factor: Double) -> KernelPhaseSeconds {
    var scaled = seconds
    scaled.seconds *= factor
    return scaled
  }
}

/// Measures the phases of one evaluation. Used by the thread that evaluates, and by no other but for `record`.
final class PhaseMeter {
  private(set) var seconds = KernelPhaseSeconds()
  /// Wall seconds that stretches inside the current one have claimed.
  private var claimed = 0.0
  /// What the workers of the current job spent.
  private let recorded = Mutex(KernelPhaseSeconds())

  var now: SuspendingClock.Instant { .now }

  /// Counts the time since an instant to a phase; nothing of it may have been claimed.
  func claim(_ phase: KernelPhase, since start: SuspendingClock.Instant?) {
    guard let start else { return }
    let elapsed = (now - start) / .seconds(1)
    seconds[phase] += elapsed
    claimed += elapsed
  }

  /// Counts the time of `body` to a phase, but for what is claimed inside it.
  fileprivate func section<Result>(_ phase: KernelPhase, _ body: () -> Result) -> Result {
    let (result, own) = timed(body)
    seconds[phase] += own
    return result
  }

  /// Divides the time of a job between phases as its workers record it.
  fileprivate func divided(_ job: () -> Void) {
    recorded.withLock { $0 = KernelPhaseSeconds() }
    let own = timed(job).own
    let spent = recorded.withLock { $0 }
    if spent.total > 0 { seconds += spent * (own / spent.total) }
  }

  /// Adds what one worker spent on a piece of the current job. Safe from any thread.
  fileprivate func record(_ stopwatch: PhaseStopwatch) {
    recorded.withLock { $0 += stopwatch.seconds }
  }

  private func timed<Result>(_ body: () -> Result) -> (result: Result, own: Double) {
    let outer = claimed
    claimed = 0
    let start = now
    let result = body()
    let elapsed = (now - start) / .seconds(1)
    let own = max(0, elapsed - claimed)
    claimed = outer + elapsed
    return (result, own)
  }
}

/// One worker's time by phase. Held where it is used, so that a lap touches no shared memory.
struct PhaseStopwatch {
  private(set) var seconds = KernelPhaseSeconds()
  private var last = SuspendingClock.now

  /// Counts the time since the last lap to a phase.
  mutating func lap(_ phase: KernelPhase) {
    let now = SuspendingClock.now
    seconds[phase] += (now - last) / .seconds(1)
    last = now
  }
}

extension PhaseMeter? {
  /// Calls `body`, whose time goes to a phase when there is a meter, but for what is claimed inside it.
  func section<Result>(_ phase: KernelPhase, _ body: () -> Result) -> Result {
    guard let self else { return body() }
    return self.section(phase, body)
  }
}

extension PassContext {
  /// As `workers.forEach`, for pieces that alternate between phases: they lap the stopwatch, which is nil unless phases
  /// are measured.
  func forEachDivided(_ count: Int, _ body: (_ piece: Int, _ stopwatch: inout PhaseStopwatch?) -> Void) {
    guard let meter else {
      return workers.forEach(count) { piece in
        var none: PhaseStopwatch?
        body(piece, &none)
      }
    }
    meter.divided {
      workers.forEach(count) { piece in
        var stopwatch: PhaseStopwatch? = PhaseStopwatch()
        body(piece, &stopwatch)
        if let stopwatch { meter.record(stopwatch) }
      }
    }
  }
}
