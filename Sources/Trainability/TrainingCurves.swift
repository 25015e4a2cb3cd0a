import Foundation
import LinearAlgebra

/// Everything that is known of training at several times, ready to be written or drawn.
public struct TrainingCurves: Sendable {
  /// Training at one time.
  public struct Point: Sendable {
    /// Time, or steps.
    public let position: Double
    /// ½Σr².
    public let loss: Double
    /// On the loss at that time.
    public let bounds: LossBounds
    /// ‖r‖.
    public let residualNorm: Double
    /// ‖θ − θ₀‖.
    public let displacement: Double
    /// f* on other inputs, m × O; nil when none were given.
    public let predictions: Matrix?
    /// r, n × O; nil when it was not asked for.
    public let residual: Matrix?
    /// Standard deviations of the predictions over initializations, m; nil without an ensemble.
    public let deviations: [Double]?
  }

  /// In order of time.
  public let points: [Point]

  /// - Parameters:
  ///   - predictor: of the other inputs to follow; its kernel is that of `dynamics`.
  ///   - ensemble: of the same other inputs.
  ///   - hasResiduals: whether residuals are kept, n × O numbers for each moment.
  ///   - moments: in the order in which they are to be shown.
  public init(
    _ dynamics: TrainingDynamics, predictor: LinearizedPredictor? = nil, ensemble: TrainedEnsemble? = nil,
    hasResiduals: Bool = false, at moments: [TrainingProgress]
  ) throws(TrainabilityError) {
    var points: [Point] = []
    for progress in moments {
      points.append(
        Point(
          position: progress.position, loss: try dynamics.loss(at: progress),
          bounds: try dynamics.bounds(at: progress), residualNorm: try dynamics.residualNorm(at: progress),
          displacement: try dynamics.displacement(at: progress),
          predictions: try predictor?.predictions(at: progress),
          residual: hasResiduals ? try dynamics.residual(at: progress) : nil,
          deviations: try ensemble?.variances(at: progress).map { $0.squareRoot() }))
    }
    self.points = points
  }
}

extension TrainingProgress {
  /// Time, or steps.
  public var position: Double {
    switch self {
    case .gradientFlow(let time, _): time
    case .gradientDescent(let steps, _): Double(steps)
    }
  }
}

extension TrainingDynamics {
  /// Times of gradient flow at equal ratios after 0, from where the fastest direction begins to move to `end`.
  ///
  /// - Parameters:
  ///   - end: when nil, the time at which the loss is a millionth of what it can lose; 1 for a zero kernel.
  ///   - count: at least 3, 0 included.
  public func flowMoments(
    until end: Double? = nil, learningRate: Double = 1, count: Int = 120
  ) throws(TrainabilityError) -> [TrainingProgress] {
    try requirePositive(learningRate, "the learning rate")
    guard count >= 3 else { throw .invalidParameter("\(count) points; expected 3 or more") }
    let learnt = kernel.resolvedEigenvalues.filter { $0 > 0 }
    let last = end ?? learnt.last.map { naturalEnd(slowest: $0) / learningRate } ?? 1
    try requirePositive(last, "the last time")
    let first = min(learnt.first.map { 0.01 / ($0 * learningRate) } ?? last, 0.01 * last)
    let ratio = log(last / first)
    return [.gradientFlow(time: 0, learningRate: learningRate)]
      + (0...count - 2).map { index in
        let time = index == count - 2 ? last : first * exp(ratio * Double(index) / Double(count - 2))
        return .gradientFlow(time: time, learningRate: learningRate)
      }
  }

  /// Steps of gradient descent after 0, at ratios as equal as whole numbers allow.
  ///
  /// - Parameter last: when nil, as many as gradient flow would need to its natural end, at most ten million.
  public func descentMoments(
    until last: Int? = nil, learningRate: Double, count: Int = 120
  ) throws(TrainabilityError) -> [TrainingProgress] {
    try requirePositive(learningRate, "the learning rate")
    guard count >= 3 else { throw .invalidParameter("\(count) points; expected 3 or more") }
    let slowest = kernel.resolvedEigenvalues.last { $0 > 0 }
    let end =
      last ?? slowest.map { Int(min(1e7, max(10, naturalEnd(slowest: $0) / learningRate)).rounded(.up)) }
      ?? 10
    guard end >= 1 else { throw .invalidParameter("the last step is \(end); expected 1 or more") }
    var steps = [0]
    for index in 0...count - 2 {
      let step = Int(exp(log(Double(end)) * Double(index) / Double(count - 2)).rounded())
      if step > steps[steps.count - 1] { steps.append(min(step, end)) }
    }
    return steps.map { .gradientDescent(steps: $0, learningRate: learningRate) }
  }

  /// When the loss is down to 10⁻⁶ of what it can lose, at rate 1.
  private func naturalEnd(slowest: Double) -> Double {
    let total = energies.reduce(0, +)
    let lost = zip(kernel.resolvedEigenvalues, energies).reduce(0) { $1.0 > 0 ? $0 + $1.1 : $0 }
    guard total > 0, lost > 0 else { return 1 / slowest }
    let fraction = 1 - lost / total + 1e-6 * lost / total
    return (try? time(toLossFraction: min(fraction, 0.999_999)).value) ?? 7 / slowest
  }
}
