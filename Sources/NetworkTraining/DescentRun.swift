import LinearAlgebra
import NetworkGraph
import TangentKernel

/// A network trained by full-batch gradient descent on ½Σr², as it was after some of the steps.
public struct DescentRun: Sendable {
  /// The network after some steps.
  public struct Point: Sendable {
    /// Steps taken.
    public let step: Int
    /// ½Σr².
    public let loss: Double
    /// r = f − y on the training inputs, n × O.
    public let residual: Matrix
    /// ‖ω − ω₀‖.
    public let displacement: Double
  }

  /// In order of their steps.
  public let points: [Point]
  /// ‖ω₀‖.
  public let initialNorm: Double
  /// f on the training inputs, n × O, before the first step and after the last.
  public let initialOutputs: Matrix
  /// As `initialOutputs`, after the last step.
  public let outputs: Matrix
  /// The same of other inputs, m × O; nil when none were given.
  public let initialTestOutputs: Matrix?
  /// As `initialTestOutputs`, after the last step.
  public let testOutputs: Matrix?
  /// After the last step.
  public let network: TrainableNetwork

  /// - Parameters:
  ///   - inputs: n × numbers of one sample.
  ///   - targets: y, n × O.
  ///   - testInputs: m × numbers of one sample.
  ///   - steps: after which to look, ascending, from 0.
  /// - Throws: `NetworkTrainingError`; `.diverged` as soon as an output is not finite.
  ///
  /// Complexity: of each step three times a forward pass over all samples.
  public init(
    _ network: TrainableNetwork, inputs: Matrix, targets: Matrix, testInputs: Matrix? = nil, steps: [Int],
    learningRate: Double
  ) throws(NetworkTrainingError) {
    guard let first = steps.first, let last = steps.last, first >= 0,
      zip(steps, steps.dropFirst()).allSatisfy(<)
    else { throw .invalidParameter("steps to look at have to ascend from 0") }
    guard learningRate > 0, learningRate.isFinite else {
      throw .invalidParameter("the learning rate is \(learningRate); expected a positive number")
    }
    var network = network
    initialNorm = network.initialNorm
    initialOutputs = try network.outputs(inputs)
    initialTestOutputs = if let testInputs { try network.outputs(testInputs) } else { nil }
    var points: [Point] = []
    var (step, next) = (0, 0)
    while next < steps.count {
      let isWanted = steps[next] == step
      let displacement = isWanted ? network.displacement : 0
      // After the last step the residual alone is wanted; the parameters stay.
      let residual =
        step == last
        ? try network.residual(inputs: inputs, targets: targets)
        : try network.descend(inputs: inputs, targets: targets, learningRate: learningRate)
      let loss = residual.values.reduce(0) { $0 + $1 * $1 } / 2
      guard loss.isFinite else { throw .diverged(step: step) }
      if isWanted {
        points.append(Point(step: step, loss: loss, residual: residual, displacement: displacement))
        next += 1
      }
      step += 1
    }
    self.points = points
    outputs = try network.outputs(inputs)
    testOutputs = if let testInputs { try network.outputs(testInputs) } else { nil }
    self.network = network
  }
}
