import Datasets
import NetworkGraph
import TangentKernel
import Trainability

/// What one need gave for one network and seed, and how it was obtained.
public struct MeterReading: Hashable, Sendable {
  public let measurement: Measurement
  /// What it was computed in: double also where single was asked for and did not suffice.
  public let precision: Precision
  /// Of the evaluations that it came from, eigenvalues and weights included. Needs of one evaluation share its time.
  public let seconds: Double
  /// Whether an evaluation was begun; false when the outcome was known beforehand.
  public let wasComputed: Bool
}

/// Measures what metrics need, by the rules of numerical rank: one evaluation for all needs of the same settings.
///
/// - A kernel is numerically singular when λ_min ≤ n·ε·λ_max with ε the engine's precision. A single-precision
///   measurement that is singular by this rule, or has κ > 1e4, is made again in double precision, which decides. This
///   goes need by need, so that no result depends on what else was asked for.
/// - With the reduction `full` and more rows (samples × outputs) than parameters the kernel is singular by
///   construction; it is not computed. The same holds for features that are fewer than samples.
public struct KernelMeter: Sendable {
  /// Single precision is trusted up to this condition number.
  public static let largestSinglePrecisionConditionNumber = 1e4

  /// Those asked for; a need may fix some of its own (`MetricNeed.settings(from:)`).
  public let settings: KernelSettings

  public init(settings: KernelSettings) { self.settings = settings }

  /// Never throws: what goes wrong is the measurement's outcome.
  ///
  /// - Parameters:
  ///   - needs: `network` is not measured and ignored.
  ///   - admit: called before every evaluation with the bytes that it needs; waits until they are free and gives the
  ///     number of threads to use, or throws `KernelError.overBudget`.
  public func measure(
    _ network: CanonicalNetwork, _ needs: Set<MetricNeed>, seed: UInt64, inputs: SampleBatch,
    workspace: KernelWorkspace, admit: (_ bytes: Int) throws(KernelError) -> Int
  ) -> [MetricNeed: MeterReading] {
    var readings: [MetricNeed: MeterReading] = [:]
    for group in groups(needs) {
      var open: [MetricNeed] = []
      for need in group.needs {
        if let message = reasonOfSingularity(need, network, samples: inputs.count) {
          readings[need] = MeterReading(
            measurement: .failure(.rankDeficient, message: message), precision: settings.precision,
            seconds: 0,
            wasComputed: false)
        } else {
          open.append(need)
        }
      }
      guard !open.isEmpty else { continue }
      let attempt = Attempt(network: network, seed: seed, inputs: inputs, settings: group.settings)
      readings.merge(measure(attempt, open, workspace, admit)) { $1 }
    }
    return readings
  }

  /// The most bytes that `measure` may ask `admit` for at first: an estimate by formula, nothing is computed.
  public func bytes(
    _ network: CanonicalNetwork, _ needs: Set<MetricNeed>, samples: Int
  ) throws(KernelError) -> Int {
    var most = 0
    for group in groups(needs) {
      most = max(most, try Self.bytes(network, group.needs, samples: samples, group.settings))
    }
    return most
  }

  /// Multiply–adds of all evaluations, in the precision asked for.
  public func multiplyAdds(
    _ network: CanonicalNetwork, _ needs: Set<MetricNeed>, samples: Int
  ) throws(KernelError) -> Double {
    var total = 0.0
    for group in groups(needs) {
      let cost = try TangentKernelEngine().estimate(
        network, samples: samples, settings: group.settings, extras: Self.extras(group.needs))
      total += Double(cost.multiplyAdds)
    }
    return total
  }

  /// How many evaluations a network and seed take at least.
  public func evaluations(_ needs: Set<MetricNeed>) -> Int { groups(needs).count }

  // MARK: Evaluations

  /// Needs by their settings, in the order of `MetricNeed.allCases`.
  private func groups(_ needs: Set<MetricNeed>) -> [(settings: KernelSettings, needs: [MetricNeed])] {
    var groups: [(settings: KernelSettings, needs: [MetricNeed])] = []
    for need in MetricNeed.allCases where need != .network && needs.contains(need) {
      let settings = need.settings(from: settings)
      if let index = groups.firstIndex(where: { $0.settings == settings }) {
        groups[index].needs.append(need)
      } else {
        groups.append((settings, [need]))
      }
    }
    return groups
  }

  private struct Attempt {
    let network: CanonicalNetwork
    let seed: UInt64
    let inputs: SampleBatch
    let settings: KernelSettings
  }

  private func measure(
    _ attempt: Attempt, _ needs: [MetricNeed], _ workspace: KernelWorkspace,
    _ admit: (Int) throws(KernelError) -> Int
  ) -> [MetricNeed: MeterReading] {
    let start = ContinuousClock.now
    let first = evaluate(attempt, needs, in: settings.precision, workspace, admit)
    var readings: [MetricNeed: MeterReading] = [:]
    for need in needs {
      readings[need] = MeterReading(
        measurement: first.measurement(of: need).measurement, precision: settings.precision,
        seconds: (ContinuousClock.now - start) / .seconds(1), wasComputed: first.wasComputed)
    }
    let doubts = needs.compactMap { need in first.measurement(of: need).doubt.map { (need, $0) } }
    guard settings.precision == .single, !doubts.isEmpty else { return readings }
    let second = evaluate(attempt, doubts.map(\.0), in: .double, workspace, admit)
    for (need, doubt) in doubts {
      var measurement = second.measurement(of: need).measurement
      if case .failure(.overBudget, let message) = measurement {
        measurement = .failure(
          .overBudget, message: "\(doubt) in single precision, and in double precision it \(message)")
      }
      readings[need] = MeterReading(
        measurement: measurement, precision: .double, seconds: (ContinuousClock.now - start) / .seconds(1),
        wasComputed: true)
    }
    return readings
  }

  /// What an evaluation gave for each of its needs, or the failure that it ended in.
  private struct Attempted {
    var measurements: [MetricNeed: DerivedMeasurement] = [:]
    var failure = Measurement.failure(.cancelled, message: "it was not computed")
    var wasComputed = true

    func measurement(of need: MetricNeed) -> DerivedMeasurement {
      measurements[need] ?? DerivedMeasurement(measurement: failure)
    }
  }

  private func evaluate(
    _ attempt: Attempt, _ needs: [MetricNeed], in precision: Precision, _ workspace: KernelWorkspace,
    _ admit: (Int) throws(KernelError) -> Int
  ) -> Attempted {
    var settings = attempt.settings
    settings.precision = precision
    let evaluation: KernelEvaluation
    do {
      let bytes = try Self.bytes(attempt.network, needs, samples: attempt.inputs.count, settings)
      let threads = try admit(bytes)
      evaluation = try TangentKernelEngine(threads: threads).evaluate(
        attempt.network, parameters: .drawn(seed: attempt.seed), inputs: attempt.inputs, settings: settings,
        extras: Self.extras(needs), workspace: workspace)
    } catch {
      return Attempted(failure: .failure(Self.outcome(of: error), message: "\(error)"), wasComputed: false)
    }
    guard evaluation.isFinite else {
      return Attempted(
        failure: .failure(
          .nonFinite, message: "an output or kernel entry overflowed in \(precision) precision"))
    }
    let outputs = settings.outputReduction == .full ? attempt.network.network.outputCount : 1
    let derivation = MeasurementDerivation(evaluation: evaluation, epsilon: precision.epsilon) { row in
      outputs == 1 ? "\(row)" : "\(row / outputs) (output \(row % outputs))"
    }
    var result = Attempted()
    for need in needs { result.measurements[need] = derivation.measurement(of: need) }
    return result
  }

  // MARK: What is known beforehand

  private static func extras(_ needs: [MetricNeed]) -> KernelExtras {
    needs.reduce(into: []) { $0.formUnion($1.extras) }
  }

  private func reasonOfSingularity(_ need: MetricNeed, _ network: CanonicalNetwork, samples: Int) -> String? {
    let settings = need.settings(from: settings)
    switch need {
    case .network, .layerGradientNorms, .inputGradientSpectrum, .centeredInputGradientSpectrum: return nil
    case .conjugateKernelSpectrum:
      let features = TangentKernelEngine.hiddenFeatures(of: network, settings: settings)
      return samples > features
        ? "more samples than features: \(samples) samples, and \(features) features" : nil
    case .tangentKernelSpectrum, .centeredKernelSpectrum, .correlationKernelSpectrum, .layerEqualizedSpectrum,
      .layerEqualizedCorrelationSpectrum:
      guard settings.outputReduction == .full else { return nil }
      let (rows, overflow) = samples.multipliedReportingOverflow(by: network.network.outputCount)
      let parameters = settings.parameterFilter.parameterCount(
        of: network.network, normalization: settings.normalizationMode)
      let rank = overflow ? Int.max : need == .centeredKernelSpectrum ? rows - 1 : rows
      guard rank > parameters else { return nil }
      return "more rows than parameters: \(samples) samples × \(network.network.outputCount) outputs, and "
        + "\(parameters) parameters"
    }
  }

  /// The engine's need, and that of the kernels with what is derived from them and what the eigensolver copies.
  private static func bytes(
    _ network: CanonicalNetwork, _ needs: [MetricNeed], samples: Int, _ settings: KernelSettings
  ) throws(KernelError) -> Int {
    let cost = try TangentKernelEngine().estimate(
      network, samples: samples, settings: settings, extras: extras(needs))
    let outputs = settings.outputReduction == .full ? network.network.outputCount : 1
    let (rows, overflow) = samples.multipliedReportingOverflow(by: outputs)
    let (entries, overflow2) = rows.multipliedReportingOverflow(by: rows)
    let copies = needs == [.tangentKernelSpectrum] ? 3 : 5
    let (kernels, overflow3) = entries.multipliedReportingOverflow(by: copies * MemoryLayout<Double>.stride)
    let (bytes, overflow4) = cost.bytes.addingReportingOverflow(kernels)
    return overflow || overflow2 || overflow3 || overflow4 ? .max : bytes
  }

  private static func outcome(of error: KernelError) -> Outcome {
    if case .overBudget = error { .overBudget } else { .pluginError }
  }
}

extension ParameterFilter {
  /// How many parameters the kernel is over; those of removed batch normalizations are not.
  package func parameterCount(of network: Network, normalization: NormalizationMode) -> Int {
    network.nodes.indices.reduce(0) { count, index in
      if normalization == .removed, case .batchNormalization = network.nodes[index].operation { return count }
      return network.parameterArrays(at: index).reduce(count) { $0 + (includes($1.role) ? $1.count : 0) }
    }
  }

  private func includes(_ role: ParameterArray.Role) -> Bool {
    switch role {
    case .weight: true
    case .normalizationScale: self != .kernels
    case .bias, .normalizationShift: self == .all
    case .runningMean, .runningVariance: false
    }
  }
}
