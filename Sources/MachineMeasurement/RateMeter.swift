import Foundation
import Synchronization

/// Measures how often something can be done in a second.
///
/// All threads begin a slice of time together, and each counts what it does until the slice is over. The best slice
/// counts: other programs can only make a machine look slower than it is, and slices are short enough that on a busy
/// one some pass without being interrupted.
struct RateMeter {
  let threads: Int
  /// Of all slices together.
  let seconds: Double

  private var slices: Int { max(5, Int(seconds / Self.slice)) }
  private static let slice = 2e-3
  /// A clock is read no more often than that.
  private static let shortestBurst = 20e-6

  /// Calls a second, of all threads together.
  ///
  /// - Parameter makeBody: called once on each thread, so that memory is first touched by who uses it.
  func rate(_ makeBody: @escaping @Sendable () -> () -> Void) -> Double {
    let slices = slices
    let slice = seconds / Double(slices)
    let barrier = SpinBarrier(threads)
    let totals = Mutex([Double](repeating: 0, count: slices))
    let work: @Sendable () -> Void = {
      let body = makeBody()
      let calls = Self.callsPerBurst(body)
      for index in 0..<slices {
        barrier.wait()
        let rate = Self.rate(body, burst: calls, atLeast: slice)
        totals.withLock { $0[index] += rate }
      }
    }
    let done = DispatchSemaphore(value: 0)
    for _ in 1..<max(1, threads) {
      Thread.detachNewThread {
        work()
        done.signal()
      }
    }
    work()
    for _ in 1..<max(1, threads) { done.wait() }
    return totals.withLock { $0.max() ?? 0 }
  }

  /// Enough calls to hide the clock's own time; warms up caches on the way.
  private static func callsPerBurst(_ body: () -> Void) -> Int {
    body()
    var calls = 1
    while calls < 1 << 20 {
      let start = SuspendingClock.now
      for _ in 0..<calls { body() }
      if (SuspendingClock.now - start) / .seconds(1) >= shortestBurst { break }
      calls *= 2
    }
    return calls
  }

  private static func rate(_ body: () -> Void, burst: Int, atLeast seconds: Double) -> Double {
    let start = SuspendingClock.now
    var calls = 0
    var elapsed = 0.0
    repeat {
      for _ in 0..<burst { body() }
      calls += burst
      elapsed = (SuspendingClock.now - start) / .seconds(1)
    } while elapsed < seconds
    return Double(calls) / elapsed
  }
}

/// Holds threads until all have come; may be used again and again.
private final class SpinBarrier: Sendable {
  private let count: Int
  private let arrived = Atomic<Int>(0)

  init(_ count: Int) { self.count = max(1, count) }

  func wait() {
    let number = arrived.add(1, ordering: .acquiringAndReleasing).newValue
    let all = (number + count - 1) / count * count
    // More threads than cores must let each other come.
    while arrived.load(ordering: .acquiring) < all { sched_yield() }
  }
}
