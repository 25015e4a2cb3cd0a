import Datasets
import LinearAlgebra
import NetworkGraph
import ScoringMetrics
import SearchSpaces
import TangentKernel
import Trainability

extension PreparedSpace {
  /// Whether the space's data say which class a sample is of.
  public var hasLabels: Bool { scoring.plan.dataset.hasLabels }

  /// How a candidate's linearised network trains on the labels of a seed's batch: the tangent kernel of one output in double
  /// precision, targets that are one-hot less 1/classes, and outputs at initialization that count as 0, as for the metrics
  /// of labels (`LabelFit`). Computed anew, since the store keeps eigenvalues alone. Blocks until it is done.
  /// - Parameter threads: of this computation; those that the space was prepared with when nil.
  /// - Returns: nil where the data have no labels, the batch is of one class, or the candidate makes no network within the
  ///   budgets of its space.
  /// - Throws: `ScorerError`, also for a kernel that is not finite.
  public func trainingDynamics(
    of candidate: Candidate, seed: UInt64, threads: Int? = nil
  ) throws(ScorerError) -> TrainingDynamics? {
    guard hasLabels, case .admitted(let network) = space.admission(of: candidate) else { return nil }
    let inputs: SampleBatch
    do { inputs = try scoring.plan.batches.batch(forSeed: seed) } catch { throw .dataset(error) }
    guard let labels = inputs.labels, Set(labels).count > 1 else { return nil }
    var settings = MetricNeed.tangentKernelLabelFit.settings(from: scoring.plan.meter.settings)
    settings.precision = .double
    var resources = scoring.resources
    if let threads { resources.threads = max(1, threads) }
    let kernel = try scoring.scorer.kernel(
      KernelRequest(
        network: network, inputs: inputs, parameters: .drawn(seed: seed), settings: settings,
        resources: resources)
    ).kernel
    do {
      let matrix = try Matrix(rows: kernel.rows, columns: kernel.columns, values: kernel.values)
      return try TrainingDynamics(kernel: DecomposedKernel(matrix), targets: LabelFit.targets(labels))
    } catch { throw .notAvailable("the kernel says nothing of training: \(error)") }
  }
}
