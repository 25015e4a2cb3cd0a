import InfiniteWidth
import NetworkGraph
import TangentKernel

extension Scorer {
  /// The kernel of a request for `ntk` or `nngp`.
  func infiniteWidthKernel(
    _ request: KernelRequest, _ network: CanonicalNetwork
  ) throws(ScorerError) -> KernelResult {
    if case .arrays = request.parameters {
      throw .invalidRequest("at infinite width there are no weights to read; leave them out")
    }
    let settings: InfiniteWidthSettings
    do { settings = try InfiniteWidthSettings(request.settings) } catch { throw .infiniteWidth(error) }
    let engine = InfiniteWidthEngine(
      threads: request.resources.threads, memoryBudget: request.resources.memoryBudget)
    let inputs = request.exactInputs ?? request.inputs.values.map(Double.init)
    let secondInputs = request.exactSecondInputs ?? request.secondInputs?.values.map(Double.init)
    var timings: [Timing] = []
    func evaluate() throws(InfiniteWidthError) -> (kernel: KernelMatrix, spectrum: SpectrumAttempt?) {
      let processorStart = ProcessUsage.current.cpuSeconds
      let start = ContinuousClock.now
      let kernels = try engine.evaluate(
        network, inputs: inputs, secondInputs: secondInputs, settings: settings,
        hasTangent: request.kind == .ntk)
      let kernel = kernels.ntk ?? kernels.nngp
      let spectrum = secondInputs == nil ? SpectrumAttempt(kernel, epsilon: request.precision.epsilon) : nil
      timings.append(
        Timing(
          seconds: (ContinuousClock.now - start) / .seconds(1), initializationSeconds: 0,
          cpuSeconds: ProcessUsage.current.cpuSeconds - processorStart, phases: nil))
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
}
