import Datasets
import LinearAlgebra
import NetworkGraph
import TangentKernel
import Trainability

/// The tangent kernel's spectrum of one network and seed, and how it was obtained.
public struct SpectrumMeasurement: Hashable, Sendable {
  public let spectrum: TangentKernelSpectrum
  /// What it was computed in: double also where single was asked for and did not suffice.
  public let precision: Precision
  /// Of all evaluations and eigenvalues together; weights included.
  public let seconds: Double
  /// Whether an evaluation was begun; false when the outcome was known beforehand.
  public let wasComputed: Bool
}

/// Measures spectra under one set of settings, by the rules of numerical rank.
///
/// - The kernel is numerically singular when λ_min ≤ n·ε·λ_max with ε the engine's precision. A single-precision
///   result that is singular by this rule, or has κ > 1e4, is computed again in double precision, which decides.
/// - With the reduction `full` and more rows (samples × outputs) than parameters the kernel is singular by
///   construction; it is not computed.
public struct SpectrumMeter: Sendable {
  /// Single precision is trusted up to this condition number.
  public static let largestSinglePrecisionConditionNumber = 1e4

  public let settings: KernelSettings

  public init(settings: KernelSettings) { self.settings = settings }

  /// Never throws: what goes wrong is the spectrum's outcome.
  ///
  /// - Parameters:
  ///   - admit: called before every evaluation with the bytes that it needs; waits until they are free and gives the
  ///     number of threads to use, or throws `KernelError.overBudget`.
  public func measure(
    _ network: CanonicalNetwork, seed: UInt64, inputs: SampleBatch, workspace: KernelWorkspace,
    admit: (_ bytes: Int) throws(KernelError) -> Int
  ) -> SpectrumMeasurement {
    let start = ContinuousClock.now
    if let message = reasonOfSingularity(network, samples: inputs.count) {
      return SpectrumMeasurement(
        spectrum: .failure(.rankDeficient, message: message), precision: settings.precision, seconds: 0,
        wasComputed: false)
    }
    let attempt = Attempt(network: network, seed: seed, inputs: inputs)
    var precision = settings.precision
    var result = spectrum(attempt, in: precision, workspace, admit)
    var wasComputed = result.wasComputed
    if precision == .single, let doubt = doubtInSinglePrecision(result.spectrum) {
      precision = .double
      result = spectrum(attempt, in: .double, workspace, admit)
      wasComputed = true
      if case .failure(.overBudget, let message) = result.spectrum {
        result.spectrum = .failure(
          .overBudget, message: "\(doubt) in single precision, and in double precision it \(message)")
      }
    }
    return SpectrumMeasurement(
      spectrum: result.spectrum, precision: precision, seconds: (ContinuousClock.now - start) / .seconds(1),
      wasComputed: wasComputed)
  }

  /// The most bytes that `measure` may ask `admit` for at first: an estimate by formula, nothing is computed.
  public func bytes(_ network: CanonicalNetwork, samples: Int) throws(KernelError) -> Int {
    try bytes(network, samples: samples, settings)
  }

  private struct Attempt {
    let network: CanonicalNetwork
    let seed: UInt64
    let inputs: SampleBatch
  }

  private func spectrum(
    _ attempt: Attempt, in precision: Precision, _ workspace: KernelWorkspace,
    _ admit: (Int) throws(KernelError) -> Int
  ) -> (spectrum: TangentKernelSpectrum, wasComputed: Bool) {
    var settings = settings
    settings.precision = precision
    let evaluation: KernelEvaluation
    do {
      let bytes = try bytes(attempt.network, samples: attempt.inputs.count, settings)
      let threads = try admit(bytes)
      evaluation = try TangentKernelEngine(threads: threads).evaluate(
        attempt.network, parameters: .drawn(seed: attempt.seed), inputs: attempt.inputs, settings: settings,
        workspace: workspace)
    } catch {
      return (.failure(Self.outcome(of: error), message: "\(error)"), false)
    }
    guard evaluation.isFinite else {
      return (
        .failure(.nonFinite, message: "an output or kernel entry overflowed in \(precision) precision"), true
      )
    }
    do {
      let eigenvalues = try symmetricEigenvalues(evaluation.kernel.values, order: evaluation.kernel.rows)
      return (.spectrum(try KernelSpectrum(eigenvalues: eigenvalues, epsilon: precision.epsilon)), true)
    } catch {
      return (.failure(.nonFinite, message: "\(error)"), true)
    }
  }

  /// Why a single-precision spectrum has to be computed again; nil when it is good, or failed otherwise.
  private func doubtInSinglePrecision(_ spectrum: TangentKernelSpectrum) -> String? {
    guard case .spectrum(let spectrum) = spectrum else { return nil }
    switch spectrum.conditionNumber {
    case .undefined(.rankDeficient, _): return "it is numerically singular"
    case .undefined: return nil
    case .value(let kappa):
      return kappa > Self.largestSinglePrecisionConditionNumber ? "its condition number is \(kappa)" : nil
    }
  }

  private func reasonOfSingularity(_ network: CanonicalNetwork, samples: Int) -> String? {
    guard settings.outputReduction == .full else { return nil }
    let (rows, overflow) = samples.multipliedReportingOverflow(by: network.network.outputCount)
    let parameters = settings.parameterFilter.parameterCount(
      of: network.network, normalization: settings.normalizationMode)
    guard overflow || rows > parameters else { return nil }
    return "more rows than parameters: \(samples) samples × \(network.network.outputCount) outputs, and "
      + "\(parameters) parameters"
  }

  /// The engine's need, and that of the kernel with what the eigensolver copies of it.
  private func bytes(
    _ network: CanonicalNetwork, samples: Int, _ settings: KernelSettings
  ) throws(KernelError) -> Int {
    let cost = try TangentKernelEngine().estimate(network, samples: samples, settings: settings)
    let outputs = settings.outputReduction == .full ? network.network.outputCount : 1
    let (rows, overflow) = samples.multipliedReportingOverflow(by: outputs)
    let (entries, overflow2) = rows.multipliedReportingOverflow(by: rows)
    let (kernels, overflow3) = entries.multipliedReportingOverflow(by: 3 * MemoryLayout<Double>.stride)
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
