import Datasets
import InfiniteWidth
import LinearAlgebra
import NetworkGraph
import TangentKernel
import Trainability

/// Measures what metrics need of the kernels of infinite width: one evaluation for both kernels, one decomposition of
/// each for spectrum and labels.
struct InfiniteWidthMeter {
  /// Those asked for.
  let settings: KernelSettings

  /// - Parameters:
  ///   - needs: those of other meters are ignored, but for the deviation from the limit, which the kernel is kept for.
  ///   - limits: the network's.
  ///   - admit: as for `KernelMeter.measure`.
  func measure(
    _ network: CanonicalNetwork, _ needs: Set<MetricNeed>, inputs: SampleBatch, limits: LimitKernels,
    admit: (_ bytes: Int) throws(KernelError) -> Int
  ) -> [MetricNeed: MeterReading] {
    guard needs.contains(where: \.needsInfiniteWidth) else { return [:] }
    var entry = entry(network, needs, inputs, limits, admit)
    var readings: [MetricNeed: MeterReading] = [:]
    for need in MetricNeed.inOrder(needs) where need.dependence == .batch {
      readings[need] = MeterReading(
        measurement: measurement(of: need, &entry), precision: .double, seconds: entry.seconds,
        wasComputed: entry.wasComputed)
    }
    limits.keep(entry)
    return readings
  }

  /// The limit of the finite-width kernel, after `measure`.
  func limit(_ inputs: SampleBatch, _ limits: LimitKernels) -> Result<KernelMatrix, LimitKernels.Failure>? {
    limits.entry(of: inputs, needsTangent: true)?.result.flatMap { kernels in
      kernels.ntk.map { .success($0) }
        ?? .failure(.init(outcome: .cancelled, message: "the tangent kernel was not evaluated"))
    }
  }

  /// Nil when no need asks for such kernels, or the network has none: then nothing is evaluated.
  func cost(_ network: CanonicalNetwork, _ needs: Set<MetricNeed>, samples: Int) -> InfiniteWidthCost? {
    guard needs.contains(where: \.needsInfiniteWidth) else { return nil }
    return try? InfiniteWidthEngine().estimate(
      network, samples: samples, settings: InfiniteWidthSettings(settings),
      hasTangent: Self.needsTangent(needs))
  }

  private static func needsTangent(_ needs: Set<MetricNeed>) -> Bool {
    needs.contains { need in
      switch need {
      case .infiniteTangentKernelSpectrum, .infiniteTangentKernelLabelFit, .infiniteWidthDeviation: true
      default: false
      }
    }
  }

  // MARK: Kernels

  private func entry(
    _ network: CanonicalNetwork, _ needs: Set<MetricNeed>, _ inputs: SampleBatch, _ limits: LimitKernels,
    _ admit: (_ bytes: Int) throws(KernelError) -> Int
  ) -> LimitKernels.Entry {
    let hasTangent = Self.needsTangent(needs)
    if let known = limits.entry(of: inputs, needsTangent: hasTangent) { return known }
    let start = ContinuousClock.now
    var wasComputed = false
    func evaluate() throws -> InfiniteWidthKernels {
      let settings = InfiniteWidthSettings(settings)
      func bytes(_ threads: Int) throws -> Int {
        try InfiniteWidthEngine(threads: threads).estimate(
          network, samples: inputs.count, settings: settings, hasTangent: hasTangent
        ).bytesWithDecompositions(samples: inputs.count)
      }
      var threads = try admit(try bytes(1))
      // Every thread has tiles of its own, which the first admission does not cover.
      if threads > 1, (try? admit(try bytes(threads))) == nil { threads = 1 }
      wasComputed = true
      return try InfiniteWidthEngine(threads: threads).evaluate(
        network, inputs: inputs.values.map(Double.init), settings: settings, hasTangent: hasTangent)
    }
    let result: Result<InfiniteWidthKernels, LimitKernels.Failure>
    do { result = .success(try evaluate()) } catch {
      result = .failure(.init(outcome: Self.outcome(of: error), message: "\(error)"))
    }
    return LimitKernels.Entry(
      inputs: inputs, hasTangent: hasTangent, result: result,
      seconds: (ContinuousClock.now - start) / .seconds(1), wasComputed: wasComputed)
  }

  private static func outcome(of error: any Error) -> Outcome {
    switch error {
    case InfiniteWidthError.unsupportedAtInfiniteWidth, InfiniteWidthError.initializationWithoutLimit:
      .unsupportedAtInfiniteWidth
    case InfiniteWidthError.overBudget, InfiniteWidthError.overOperationBudget, KernelError.overBudget:
      .overBudget
    case InfiniteWidthError.varianceOutOfRange: .nonFinite
    default: .pluginError
    }
  }

  // MARK: Measurements

  private func measurement(of need: MetricNeed, _ entry: inout LimitKernels.Entry) -> Measurement {
    let decomposed: Result<DecomposedKernel, LimitKernels.Failure>
    switch need {
    case .infiniteTangentKernelSpectrum, .infiniteTangentKernelLabelFit:
      decomposed = entry.tangent ?? decompose(entry.result.map { $0.ntk ?? $0.nngp })
      entry.tangent = decomposed
    default:
      decomposed = entry.gaussianProcess ?? decompose(entry.result.map(\.nngp))
      entry.gaussianProcess = decomposed
    }
    switch decomposed {
    case .failure(let failure): return failure.measurement
    case .success(let kernel):
      return need.needsLabels
        ? .labelFit(kernel, labels: entry.inputs.labels, parameterNorm: nil) : .spectrum(kernel.spectrum)
    }
  }

  private func decompose(
    _ kernel: Result<KernelMatrix, LimitKernels.Failure>
  ) -> Result<DecomposedKernel, LimitKernels.Failure> {
    kernel.flatMap { kernel in
      do {
        return .success(
          try DecomposedKernel(
            try Matrix(rows: kernel.rows, columns: kernel.columns, values: kernel.values),
            epsilon: Precision.double.epsilon))
      } catch {
        return .failure(.init(outcome: .nonFinite, message: "\(error)"))
      }
    }
  }
}

extension InfiniteWidthCost {
  /// The evaluation, and then both kernels with their decompositions.
  func bytesWithDecompositions(samples: Int) -> Int {
    let (entries, overflow) = samples.multipliedReportingOverflow(by: samples)
    let (decompositions, overflow2) = entries.multipliedReportingOverflow(
      by: 10 * MemoryLayout<Double>.stride)
    let (sum, overflow3) = bytes.addingReportingOverflow(decompositions)
    return overflow || overflow2 || overflow3 ? .max : sum
  }
}

extension Measurement {
  static let withoutLabels = "the dataset has no labels"
  static let withOneClass = "all samples of the batch are of one class"

  /// What a kernel says of learning labels, or why it says nothing.
  static func labelFit(_ kernel: DecomposedKernel, labels: [Int]?, parameterNorm: Double?) -> Measurement {
    guard let labels else { return .failure(.notApplicable, message: withoutLabels) }
    guard Set(labels).count > 1 else { return .failure(.notApplicable, message: withOneClass) }
    do {
      return .labelFit(
        kernel.spectrum, try LabelFit(kernel: kernel, labels: labels), parameterNorm: parameterNorm)
    } catch {
      return .failure(kernel.lambdaMax > 0 ? .nonFinite : .rankDeficient, message: "\(error)")
    }
  }
}
