import InfiniteWidth
import NetworkGraph
import TangentKernel

extension Scorer {
  /// The kernel of a request for `ntk` or `nngp`.
  func infiniteWidthKernel(
    _ request: KernelRequest, _ network: CanonicalNetwork,
    _ progress: (@Sendable (_ done: Int, _ all: Int) -> Void)?
  ) throws(ScorerError) -> KernelResult {
    if case .arrays = request.parameters {
      throw .invalidRequest("at infinite width there are no weights to read; leave them out")
    }
    let settings = InfiniteWidthSettings(request.settings)
    let engine = InfiniteWidthEngine(
      threads: request.resources.threads, memoryBudget: request.resources.memoryBudget,
      precision: request.precision)
    let inputs = request.exactInputs ?? request.inputs.values.map(Double.init)
    let secondInputs = request.exactSecondInputs ?? request.secondInputs?.values.map(Double.init)
    var timings: [Timing] = []
    func evaluate() throws(InfiniteWidthError) -> (kernel: KernelMatrix, spectrum: SpectrumAttempt?) {
      let processorStart = ProcessUsage.current.cpuSeconds
      let start = ContinuousClock.now
      let (computed, computations) = (timings.count, request.repetitions + 1)
      var phases: [(name: String, seconds: Double)] = []
      let kernels = try engine.evaluate(
        network, inputs: inputs, secondInputs: secondInputs, settings: settings,
        hasTangent: request.kind == .ntk,
        progress: progress.map { Self.counting(before: computed, of: computations, $0) },
        measure: { phases.append(($0.rawValue, $1)) })
      let kernel = kernels.ntk ?? kernels.nngp
      let evaluated = ContinuousClock.now
      let spectrum = secondInputs == nil ? SpectrumAttempt(kernel, epsilon: request.precision.epsilon) : nil
      let end = ContinuousClock.now
      let seconds = (end - start) / .seconds(1)
      timings.append(
        Timing(
          seconds: seconds, initializationSeconds: 0,
          cpuSeconds: ProcessUsage.current.cpuSeconds - processorStart,
          phases: request.measuresPhases
            ? .init(
              phases, eigenvalues: secondInputs == nil ? (end - evaluated) / .seconds(1) : 0, total: seconds)
            : nil))
      return (kernel, spectrum)
    }
    do throws(InfiniteWidthError) {
      let cost = try engine.estimate(
        network, samples: request.inputs.count, secondSamples: request.secondInputs?.count,
        settings: settings,
        hasTangent: request.kind == .ntk)
      var last = try evaluate()
      for _ in 0..<request.repetitions { last = try evaluate() }
      return KernelResult(
        kernel: last.kernel,
        report: report(
          request, isFinite: last.kernel.values.allSatisfy(\.isFinite), last.spectrum, timings,
          multiplyAdds: cost.operations))
    } catch { throw .infiniteWidth(error) }
  }

  /// Progress of one of several computations of the same size as that of all.
  private static func counting(
    before: Int, of all: Int, _ report: @escaping @Sendable (_ done: Int, _ all: Int) -> Void
  ) -> @Sendable (_ done: Int, _ all: Int) -> Void {
    { report(before * $1 + $0, all * $1) }
  }
}
