import Datasets
import Foundation
import LinearAlgebra
import NetworkGraph
import TangentKernel
import Trainability

extension Scorer {
  /// Computes one kernel exactly as asked, and `repetitions` more times for timing. Blocks until it is done.
  ///
  /// A kernel that is singular or holds numbers that are not finite is a result with a typed outcome, no error.
  ///
  /// - Parameter progress: of kernels of infinite width, which may take long: called with pairs of samples done and all
  ///   pairs, repetitions included, from any thread.
  /// - Throws: `ScorerError`, before anything large is allocated, for what is not available or does not fit.
  public func kernel(
    _ request: KernelRequest, progress: (@Sendable (_ done: Int, _ all: Int) -> Void)? = nil
  ) throws(ScorerError) -> KernelResult {
    guard request.repetitions >= 0, request.repetitions <= 1_000_000 else {
      throw .invalidRequest("\(request.repetitions) repetitions; expected 0 to 1000000")
    }
    let network: CanonicalNetwork
    do { network = try CanonicalNetwork(request.network) } catch {
      throw .invalidRequest("the network has no canonical form: \(error)")
    }
    guard request.kind == .empirical else { return try infiniteWidthKernel(request, network, progress) }
    do {
      let parameters =
        if case .arrays(let arrays) = request.parameters {
          try ParameterSource.checked(arrays, for: request.network)
        } else { request.parameters }
      let workspace = KernelWorkspace()
      var timings: [Timing] = []
      var last = try evaluate(request, network, parameters, workspace, &timings)
      for _ in 0..<request.repetitions {
        last = try evaluate(request, network, parameters, workspace, &timings)
      }
      return KernelResult(
        kernel: last.evaluation.kernel,
        report: report(
          request, isFinite: last.evaluation.isFinite, last.spectrum, timings,
          multiplyAdds: last.evaluation.cost.multiplyAdds),
        outputs: last.evaluation.outputs)
    } catch { throw .kernel(error) }
  }

  /// Of one evaluation with its eigenvalues.
  struct Timing {
    let seconds: Double
    let initializationSeconds: Double
    let cpuSeconds: Double
    let phases: KernelReport.Phases?
  }

  private func evaluate(
    _ request: KernelRequest, _ network: CanonicalNetwork, _ parameters: ParameterSource,
    _ workspace: KernelWorkspace, _ timings: inout [Timing]
  ) throws(KernelError) -> (evaluation: KernelEvaluation, spectrum: SpectrumAttempt?) {
    let processorStart = ProcessUsage.current.cpuSeconds
    let engine = TangentKernelEngine(
      threads: request.resources.threads, memoryBudget: request.resources.memoryBudget)
    let evaluation = try engine.evaluate(
      network, parameters: parameters, inputs: request.inputs, secondInputs: request.secondInputs,
      settings: request.settings, extras: request.measuresPhases ? .phaseSeconds : [], workspace: workspace)
    let start = ContinuousClock.now
    let spectrum =
      request.secondInputs == nil
      ? SpectrumAttempt(evaluation.kernel, epsilon: request.precision.epsilon) : nil
    let eigenvalueSeconds = (ContinuousClock.now - start) / .seconds(1)
    let total = evaluation.seconds.computation + eigenvalueSeconds
    timings.append(
      Timing(
        seconds: total,
        initializationSeconds: evaluation.seconds.initialization,
        cpuSeconds: ProcessUsage.current.cpuSeconds - processorStart,
        phases: evaluation.phaseSeconds.map {
          seconds in
          KernelReport.Phases(
            KernelPhase.allCases.map { ($0.name, seconds[$0]) },
            eigenvalues: request.secondInputs == nil ? eigenvalueSeconds : 0, total: total)
        }))
    return (evaluation, spectrum)
  }

  func report(
    _ request: KernelRequest, isFinite: Bool, _ attempt: SpectrumAttempt?, _ timings: [Timing],
    multiplyAdds: Int
  ) -> KernelReport {
    let outcome: (Outcome, String?) =
      if !isFinite {
        (.nonFinite, "an output or kernel entry overflowed in \(request.precision) precision")
      } else { attempt?.outcome ?? (.ok, nil) }
    let reported = timings.count > 1 ? timings.dropFirst() : timings[...]
    return KernelReport(
      outcome: outcome.0, message: outcome.1, precision: request.precision, samples: request.inputs.count,
      outputs: request.network.outputCount, spectrum: attempt.map(\.reported),
      seconds: median(reported.map(\.seconds)), secondsAll: timings.map(\.seconds),
      firstSeconds: timings.first?.seconds ?? 0,
      initializationSeconds: median(reported.map(\.initializationSeconds)),
      cpuSeconds: median(reported.map(\.cpuSeconds)), multiplyAdds: multiplyAdds,
      peakMemoryBytes: ProcessUsage.current.peakBytes,
      phases: reported.sorted { $0.seconds < $1.seconds }.dropFirst(reported.count / 2).first?.phases)
  }

  /// The middle value, or the mean of the two in the middle; 0 of none.
  private func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard let upper = sorted.dropFirst(sorted.count / 2).first else { return 0 }
    return sorted.count % 2 == 1 ? upper : (sorted[sorted.count / 2 - 1] + upper) / 2
  }
}

/// The spectrum of a square kernel, or why it has none.
enum SpectrumAttempt {
  case spectrum(KernelSpectrum)
  case failed(String)

  init(_ kernel: KernelMatrix, epsilon: Double) {
    do {
      self = .spectrum(
        try KernelSpectrum(
          eigenvalues: try symmetricEigenvalues(kernel.values, order: kernel.rows), epsilon: epsilon))
    } catch {
      self = .failed("\(error)")
    }
  }

  var outcome: (Outcome, String?) {
    switch self {
    case .failed(let message): (.nonFinite, message)
    case .spectrum(let spectrum):
      if case .undefined(let outcome, let reason) = spectrum.conditionNumber {
        (outcome, reason)
      } else {
        (.ok, nil)
      }
    }
  }

  var reported: KernelReport.Spectrum {
    guard case .spectrum(let spectrum) = self else {
      return .init(
        eigenvalues: nil, conditionNumber: nil, lambdaMax: nil, lambdaMin: nil, kernelTrace: nil)
    }
    return .init(
      eigenvalues: spectrum.eigenvalues, conditionNumber: spectrum.conditionNumber.value,
      lambdaMax: spectrum.lambdaMax.value,
      lambdaMin: spectrum.conditionNumber.value == nil ? nil : spectrum.lambdaMin.value,
      kernelTrace: spectrum.trace.value)
  }
}

extension KernelPhase {
  fileprivate var name: String {
    switch self {
    case .statistics: "statistics"
    case .forward: "forward"
    case .backward: "backward"
    case .weightGradients: "weightGradients"
    case .gram: "gram"
    }
  }
}
