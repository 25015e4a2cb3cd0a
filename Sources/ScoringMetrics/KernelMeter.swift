import Datasets
import InfiniteWidth
import MeanField
import NetworkGraph
import TangentKernel
import Trainability

/// What one need gave for one network and seed, and how it was obtained.
public struct MeterReading: Hashable, Sendable {
  /// The result, or why there is none.
  public let measurement: Measurement
  /// What it was computed in: double also where single was asked for and did not suffice.
  public let precision: Precision
  /// Of the evaluations that it came from, eigenvalues and weights included. Needs of one evaluation share its time.
  public let seconds: Double
  /// Whether an evaluation was begun; false when the outcome was known beforehand, and for what needs no kernel.
  public let wasComputed: Bool
}

/// Measures what metrics need: of the finite network (`FiniteWidthMeter`), of its limit (`InfiniteWidthMeter`) and of
/// its theory. Nothing is evaluated that no need asks for, and no need's result depends on what else was asked for.
public struct KernelMeter: Sendable {
  /// Single precision is trusted up to this condition number.
  public static let largestSinglePrecisionConditionNumber = 1e4

  /// Those asked for; a need may fix some of its own (`MetricNeed.settings(from:)`).
  public let settings: KernelSettings
  private var finite: FiniteWidthMeter { FiniteWidthMeter(settings: settings) }
  private var infinite: InfiniteWidthMeter { InfiniteWidthMeter(settings: settings) }

  /// - Parameter settings: that needs follow unless they fix some of their own.
  public init(settings: KernelSettings) { self.settings = settings }

  /// Never throws: what goes wrong is the measurement's outcome.
  ///
  /// - Parameters:
  ///   - needs: `network` is not measured and ignored.
  ///   - seed: draws the weights; measurements that do not depend on weights do not depend on it.
  ///   - limits: kernels of infinite width that earlier calls for the same network have left.
  ///   - admit: called before every evaluation with the bytes that it needs; waits until they are free and gives the
  ///     number of threads to use, or throws `KernelError.overBudget`.
  public func measure(
    _ network: CanonicalNetwork, _ needs: Set<MetricNeed>, seed: UInt64, inputs: SampleBatch,
    workspace: KernelWorkspace, limits: LimitKernels = LimitKernels(),
    admit: (_ bytes: Int) throws(KernelError) -> Int
  ) -> [MetricNeed: MeterReading] {
    var readings = infinite.measure(network, needs, inputs: inputs, limits: limits, admit: admit)
    readings.merge(
      finite.measure(
        network, needs, seed: seed, inputs: inputs, limit: infinite.limit(inputs, limits),
        workspace: workspace,
        admit: admit)
    ) { $1 }
    if needs.contains(.meanField) { readings[.meanField] = theory(network, samples: inputs.count) }
    return readings
  }

  private func theory(_ network: CanonicalNetwork, samples: Int) -> MeterReading {
    let start = ContinuousClock.now
    let measurement: Measurement
    do {
      let settings = InfiniteWidthSettings(settings)
      measurement = .meanField(
        try MeanFieldQuantities(
          try MeanFieldNetwork(
            network,
            defaults: .init(
              weightVariance: settings.weightVariance, biasVariance: settings.biasVariance,
              removesBatchNormalization: settings.removesBatchNormalization)), samples: samples))
    } catch {
      measurement = .failure(.notApplicable, message: "\(error)")
    }
    return MeterReading(
      measurement: measurement, precision: .double, seconds: (ContinuousClock.now - start) / .seconds(1),
      wasComputed: false)
  }

  // MARK: What it will take

  /// The most bytes that `measure` may ask `admit` for at first: an estimate by formula, nothing is computed.
  public func bytes(
    _ network: CanonicalNetwork, _ needs: Set<MetricNeed>, samples: Int
  ) throws(KernelError) -> Int {
    max(
      try finite.bytes(network, needs, samples: samples),
      infinite.cost(network, needs, samples: samples)?.bytesWithDecompositions(samples: samples) ?? 0)
  }

  /// Multiply–adds of all evaluations of the finite network, in the precision asked for.
  public func multiplyAdds(
    _ network: CanonicalNetwork, _ needs: Set<MetricNeed>, samples: Int
  ) throws(KernelError) -> Double {
    try finite.multiplyAdds(network, needs, samples: samples)
  }

  /// Covariances that the evaluation of the limit writes; 0 when no need asks for it or the network has none.
  public func covariances(_ network: CanonicalNetwork, _ needs: Set<MetricNeed>, samples: Int) -> Double {
    infinite.cost(network, needs, samples: samples).map { Double($0.operations) } ?? 0
  }

  /// How many evaluations of the finite network a network and seed take at least.
  public func evaluations(_ needs: Set<MetricNeed>) -> Int { finite.evaluations(needs) }
}
