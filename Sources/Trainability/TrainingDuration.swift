import Foundation

/// How long training takes to bring the loss down to a fraction of what it was.
public enum TrainingDuration: Hashable, Sendable {
  /// A time of gradient flow, or a whole number of steps.
  case reached(Double)
  /// The kernel does not see so much of the residual that the loss stays above this fraction for ever.
  case unreachable(floor: Double)
  /// The learning rate is not below the stable limit of a direction that the residual has.
  case diverges

  /// Nil when the fraction is never reached.
  public var value: Double? { if case .reached(let value) = self { value } else { nil } }
}

extension TrainingDynamics {
  /// The time at which gradient flow on ½Σr² has brought the loss to `fraction` of its first value: bisection in log t.
  ///
  /// - Parameters:
  ///   - fraction: between 0 and 1, both excluded.
  ///   - learningRate: η > 0.
  public func time(
    toLossFraction fraction: Double, learningRate: Double = 1
  ) throws(TrainabilityError) -> TrainingDuration {
    try requirePositive(learningRate, "the learning rate")
    try Self.check(fraction)
    let shares = shares
    guard !shares.isEmpty else { return .reached(0) }
    let floor = shares.reduce(0) { $1.eigenvalue > 0 ? $0 : $0 + $1.share }
    guard floor < fraction else { return .unreachable(floor: floor) }
    let learnt = shares.filter { $0.eigenvalue > 0 }.map(\.eigenvalue)
    guard let fastest = learnt.max(), let slowest = learnt.min() else { return .unreachable(floor: floor) }
    // No faster than the fastest direction, no slower than the slowest.
    var low = log(-log(fraction) / (2 * fastest))
    var high = log(-log(fraction - floor) / (2 * slowest))
    for _ in 0..<200 where high - low > 1e-16 * abs(high) {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { break }
      let time = exp(middle)
      let left = shares.reduce(0) { $0 + $1.share * exp(-2 * $1.eigenvalue * time) }
      if left > fraction { low = middle } else { high = middle }
    }
    return .reached(exp(high) / learningRate)
  }

  /// The first step of gradient descent after which the loss is at most `fraction` of its first value: doubling, then
  /// bisection. Exact as long as the loss falls at every step, which the stable limit ensures.
  public func steps(
    toLossFraction fraction: Double, learningRate: Double
  ) throws(TrainabilityError) -> TrainingDuration {
    try requirePositive(learningRate, "the learning rate")
    try Self.check(fraction)
    let shares = shares
    guard !shares.isEmpty else { return .reached(0) }
    guard shares.allSatisfy({ learningRate * $0.eigenvalue < 2 }) else { return .diverges }
    let floor = shares.reduce(0) { $1.eigenvalue > 0 ? $0 : $0 + $1.share }
    guard floor < fraction else { return .unreachable(floor: floor) }
    func isReached(_ steps: Double) -> Bool {
      shares.reduce(0) { $0 + $1.share * pow(1 - learningRate * $1.eigenvalue, 2 * steps) } <= fraction
    }
    var high = 1.0
    while !isReached(high) {
      // Whole numbers end to be exact here, and nobody trains that long.
      guard high < 0x1p52 else { return .unreachable(floor: floor) }
      high *= 2
    }
    var low = high / 2
    if high == 1 { return .reached(1) }
    while high - low > 1 {
      let middle = ((low + high) / 2).rounded(.down)
      if isReached(middle) { high = middle } else { low = middle }
    }
    return .reached(high)
  }

  /// Eigenvalues and their shares of the first loss; none when there is no loss.
  private var shares: [(eigenvalue: Double, share: Double)] {
    let total = energies.reduce(0, +)
    guard total > 0 else { return [] }
    return zip(kernel.resolvedEigenvalues, energies).filter { $0.1 > 0 }.map { ($0.0, $0.1 / total) }
  }

  private static func check(_ fraction: Double) throws(TrainabilityError) {
    guard fraction > 0, fraction < 1 else {
      throw .invalidParameter("the fraction of the loss is \(fraction); expected a number between 0 and 1")
    }
  }
}
