import Datasets
import NetworkGraph
import TangentKernel
import Trainability

/// Measures what metrics need of the finite network, by the rules of numerical rank: one evaluation for all needs of the same settings.
///
/// - A kernel is numerically singular when λ_min ≤ n·ε·λ_max with ε the engine's precision. A single-precision
///   measurement that is singular by this rule, has κ > 1e4, or overflowed is made again in double precision, which decides. This
///   goes need by need, so that no result depends on what else was asked for.
/// - With the reduction `full` and more rows (samples × outputs) than parameters the kernel is singular by
///   construction; it is not computed. The same holds for features that are fewer than samples.
struct FiniteWidthMeter {
  /// Those asked for; a need may fix some of its own (`MetricNeed.settings(from:)`).
  let settings: KernelSettings

  /// - Parameters:
  ///   - needs: those that do not depend on weights are ignored.
  ///   - limit: the kernel of infinite width, for the deviation from it; nil when that is not asked for.
  ///   - admit: as for `KernelMeter.measure`.
  func measure(
    _ network: CanonicalNetwork, _ needs: Set<MetricNeed>, seed: UInt64, inputs: SampleBatch,
    limit: Result<KernelMatrix, LimitKernels.Failure>?, workspace: KernelWorkspace,
    admit: (_ bytes: Int) throws(KernelError) -> Int
  ) -> [MetricNeed: MeterReading] {
    var readings: [MetricNeed: MeterReading] = [:]
    for group in groups(needs, outputs: network.network.outputCount) {
      var open: [MetricNeed] = []
      for need in group.needs {
        if let failure = knownFailure(of: need, network, inputs, limit) {
          readings[need] = MeterReading(
            measurement: failure, precision: settings.precision, seconds: 0, wasComputed: false)
        } else {
          open.append(need)
        }
      }
      guard !open.isEmpty else { continue }
      let attempt = Attempt(
        network: network, seed: seed, inputs: inputs, settings: group.settings, limit: try? limit?.get())
      readings.merge(measure(attempt, open, workspace, admit)) { $1 }
    }
    return readings
  }

  /// The most bytes that `measure` may ask `admit` for at first: an estimate by formula, nothing is computed.
  func bytes(
    _ network: CanonicalNetwork, _ needs: Set<MetricNeed>, samples: Int
  ) throws(KernelError) -> Int {
    var most = 0
    for group in groups(needs, outputs: network.network.outputCount) {
      most = max(most, try Self.bytes(network, group.needs, samples: samples, group.settings))
    }
    return most
  }

  /// Multiply–adds of all evaluations, in the precision asked for.
  func multiplyAdds(
    _ network: CanonicalNetwork, _ needs: Set<MetricNeed>, samples: Int
  ) throws(KernelError) -> Double {
    var total = 0.0
    for group in groups(needs, outputs: network.network.outputCount) {
      let cost = try TangentKernelEngine().estimate(
        network, samples: samples, settings: group.settings, extras: Self.extras(group.needs))
      total += Double(cost.multiplyAdds)
    }
    return total
  }

  /// How many evaluations a network and seed take at least.
  func evaluations(_ needs: Set<MetricNeed>) -> Int { groups(needs).count }

  // MARK: Evaluations

  /// Needs by their settings, in the order of `MetricNeed.inOrder`.
  ///
  /// - Parameter outputs: of one output all reductions are one kernel, so a need that fixes its own shares the others'.
  private func groups(
    _ needs: Set<MetricNeed>, outputs: Int = .max
  ) -> [(settings: KernelSettings, needs: [MetricNeed])] {
    var groups: [(settings: KernelSettings, needs: [MetricNeed])] = []
    for need in MetricNeed.inOrder(needs) where need.dependence == .weights {
      var settings = need.settings(from: settings)
      if outputs == 1 { settings.outputReduction = self.settings.outputReduction }
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
    let limit: KernelMatrix?
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
    /// Why double precision may do better than the failure.
    var doubt: String?
    var wasComputed = true

    func measurement(of need: MetricNeed) -> DerivedMeasurement {
      measurements[need] ?? DerivedMeasurement(measurement: failure, doubt: doubt)
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
          .nonFinite, message: "an output or kernel entry overflowed in \(precision) precision"),
        doubt: "an output or kernel entry overflowed")
    }
    let outputs = settings.outputReduction == .full ? attempt.network.network.outputCount : 1
    let derivation = MeasurementDerivation(
      evaluation: evaluation, labels: attempt.inputs.labels,
      limit: attempt.limit.map {
        settings.outputReduction.limit($0, outputs: attempt.network.network.outputCount)
      },
      network: NetworkSize(attempt.network.network),
      parameterNorm: TangentKernelEngine.expectedParameterNorm(
        of: attempt.network.network, settings: settings),
      epsilon: precision.epsilon
    ) { row in outputs == 1 ? "\(row)" : "\(row / outputs) (output \(row % outputs))" }
    var result = Attempted()
    for need in needs { result.measurements[need] = derivation.measurement(of: need) }
    return result
  }

  // MARK: What is known beforehand

  private static func extras(_ needs: [MetricNeed]) -> KernelExtras {
    needs.reduce(into: []) { $0.formUnion($1.extras) }
  }

  private func knownFailure(
    of need: MetricNeed, _ network: CanonicalNetwork, _ inputs: SampleBatch,
    _ limit: Result<KernelMatrix, LimitKernels.Failure>?
  ) -> Measurement? {
    if need == .infiniteWidthDeviation {
      if case .failure(let failure)? = limit { return failure.measurement }
      // Else the two would be kernels of different parameters.
      if settings.parameterFilter != .kernels, let layer = network.firstScaledNormalization {
        return .failure(
          .unsupportedAtInfiniteWidth,
          message:
            "the limit leaves out the scales of '\(layer)', which are trained here; not so with the filter kernels"
        )
      }
    }
    if need.needsLabels, Set(inputs.labels ?? []).count < 2 {
      return .failure(
        .notApplicable,
        message: inputs.labels == nil
          ? Measurement.withoutLabels : Measurement.withOneClass)
    }
    return reasonOfSingularity(need, network, samples: inputs.count).map {
      .failure(.rankDeficient, message: $0)
    }
  }

  private func reasonOfSingularity(_ need: MetricNeed, _ network: CanonicalNetwork, samples: Int) -> String? {
    let settings = need.settings(from: settings)
    switch need {
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
    default: return nil
    }
  }

  /// The engine's need, and that of the kernels with what is derived from them, what the eigensolver copies and
  /// what goes to plugins.
  private static func bytes(
    _ network: CanonicalNetwork, _ needs: [MetricNeed], samples: Int, _ settings: KernelSettings
  ) throws(KernelError) -> Int {
    let cost = try TangentKernelEngine().estimate(
      network, samples: samples, settings: settings, extras: extras(needs))
    let outputs = settings.outputReduction == .full ? network.network.outputCount : 1
    let (rows, overflow) = samples.multipliedReportingOverflow(by: outputs)
    let (entries, overflow2) = rows.multipliedReportingOverflow(by: rows)
    let copies = needs == [.tangentKernelSpectrum] ? 3 : needs.contains(where: \.needsLabels) ? 8 : 5
    // Plugins are asked one after the other.
    let sent = needs.map(\.bytesSentPerEntry).max() ?? 0
    let (kernels, overflow3) = entries.multipliedReportingOverflow(
      by: copies * MemoryLayout<Double>.stride + sent)
    let (bytes, overflow4) = cost.bytes.addingReportingOverflow(kernels)
    return overflow || overflow2 || overflow3 || overflow4 ? .max : bytes
  }

  private static func outcome(of error: KernelError) -> Outcome {
    if case .overBudget = error { .overBudget } else { .pluginError }
  }
}

extension CanonicalNetwork {
  /// The original name of the first layer normalization.
  fileprivate var firstScaledNormalization: String? {
    let index = network.nodes.firstIndex {
      if case .layerNormalization = $0.operation { true } else { false }
    }
    return index.map { originalNames[$0] ?? network.nodes[$0].name }
  }
}

extension OutputReduction {
  /// What the reduced kernel of a finite network tends to, Θ being the limit of one output: outputs are independent and
  /// alike, Θ ⊗ I.
  fileprivate func limit(_ kernel: KernelMatrix, outputs: Int) -> KernelMatrix {
    switch self {
    case .trace: return kernel
    case .sum: return kernel.divided(by: 1 / Double(outputs))
    case .full:
      let rows = kernel.rows * outputs
      var values = [Double](repeating: 0, count: rows * rows)
      for i in 0..<kernel.rows {
        for j in 0..<kernel.columns {
          for output in 0..<outputs {
            values[(i * outputs + output) * rows + j * outputs + output] = kernel[i, j]
          }
        }
      }
      return KernelMatrix(rows: rows, columns: rows, values: values)
    }
  }
}
