import Datasets
import NetworkGraph
import ScoringMetrics
import SearchSpaces
import TangentKernel

extension Scorer {
  /// What ranking a space would take, from the formulas for cost and memory on a sample of its candidates and a
  /// calibration of about a second. Nothing is looked up in a store.
  /// - Throws: `ScorerError` as `rank` does.
  public func estimate(
    _ space: SearchSpace, options: RankingOptions = RankingOptions()
  ) throws(ScorerError) -> RunEstimate {
    let plan = try ScoringPlan(
      space: space, seeds: options.seeds, resources: options.resources, scorer: self)
    let survey = Survey(space, plan)
    let finite = plan.needs.filter { $0.dependence == .weights && !$0.needsInfiniteWidth }
    let rate =
      try rate(of: finite, survey, plan, options.resources) { $0.multiplyAdds }
      ?? Self.assumedMultiplyAddsPerSecond
    let infinite: Set<MetricNeed> =
      plan.needs.contains(where: \.needsInfiniteWidth)
      ? plan.needs.filter { $0.dependence == .batch }.union([.infiniteTangentKernelSpectrum]) : []
    let infiniteRate =
      try self.rate(of: infinite, survey, plan, options.resources) { $0.covariances }
      ?? Self.assumedCovariancesPerSecond
    let most = space.cardinality.int
    let candidates = options.limit.map { min($0, most ?? .max) } ?? most
    func evaluations(_ count: Int) -> Int? {
      candidates.flatMap { candidates in
        let (product, overflow) = candidates.multipliedReportingOverflow(by: count)
        return overflow ? nil : product
      }
    }
    let perSeed = plan.meter.evaluations(plan.needs)
    let kernels = evaluations(plan.seeds.count * perSeed)
    let batches = Set(plan.seeds.map { plan.rules.storedSeed(of: .infiniteTangentKernelSpectrum, $0) }).count
    let infiniteEvaluations = evaluations(infinite.isEmpty ? 0 : batches)
    // Without a limit, candidates outside the budgets are met and skipped.
    let share =
      options.limit == nil ? Double(survey.networks.count) / Double(max(1, survey.visited)) : 1
    let mean = survey.mean(\.multiplyAdds) / Double(max(1, perSeed))
    let covariances = survey.mean(\.covariances)
    func seconds(_ count: Int, _ mean: Double, _ rate: Double) -> Double {
      Double(count) * share * mean / rate / Double(min(options.resources.threads, max(1, count)))
    }
    let budget = max(1, options.resources.memoryBudget - plan.batches.reservedBytes)
    let (atOnce, overflow) = survey.largestBytes.multipliedReportingOverflow(by: options.resources.threads)
    return RunEstimate(
      candidates: options.limit == nil ? space.cardinality.description : "\(candidates ?? 0)",
      seeds: plan.seeds.count, kernels: kernels, infiniteWidthEvaluations: infiniteEvaluations,
      seconds: kernels.flatMap { kernels in
        infiniteEvaluations.map { seconds(kernels, mean, rate) + seconds($0, covariances, infiniteRate) }
      },
      largestCandidateBytes: survey.largestBytes,
      peakBytes: (overflow ? budget : min(atOnce, budget)) + plan.batches.reservedBytes,
      multiplyAddsPerKernel: mean, multiplyAddsPerSecond: rate, covariancesPerEvaluation: covariances,
      covariancesPerSecond: infiniteRate, sampled: survey.visited,
      rejected: survey.visited - survey.networks.count)
  }

  /// Measures sampled networks, from the cheapest, until a second is spent; of one thread.
  ///
  /// - Returns: cost for each second; nil when nothing could be computed.
  private func rate(
    of needs: Set<MetricNeed>, _ survey: Survey, _ plan: ScoringPlan, _ resources: Resources,
    cost: (Survey.Sample) -> Double
  ) throws(ScorerError) -> Double? {
    guard !needs.isEmpty else { return nil }
    let batch: SampleBatch
    do { batch = try plan.batches.batch(forSeed: plan.seeds[0]) } catch { throw .dataset(error) }
    let workspace = KernelWorkspace()
    let start = ContinuousClock.now
    var total = 0.0
    var seconds = 0.0
    for sample in survey.networks.sorted(by: { cost($0) < cost($1) }) where cost(sample) > 0 {
      let begun = ContinuousClock.now
      let readings = plan.meter.measure(
        sample.network, needs, seed: plan.seeds[0], inputs: batch, workspace: workspace
      ) { bytes throws(KernelError) in
        guard bytes <= resources.memoryBudget else {
          throw .overBudget(needed: bytes, budget: resources.memoryBudget)
        }
        return 1
      }
      guard readings.values.contains(where: \.wasComputed) else { continue }
      total += cost(sample)
      seconds += (ContinuousClock.now - begun) / .seconds(1)
      if ContinuousClock.now - start > .seconds(1) { break }
    }
    return total > 0 && seconds > 0 ? total / seconds : nil
  }

  /// Where nothing could be computed to calibrate by.
  private static let assumedMultiplyAddsPerSecond = 1e10
  private static let assumedCovariancesPerSecond = 2e8
}

/// Some candidates of a space, looked at for what they would cost.
private struct Survey {
  struct Sample {
    let network: CanonicalNetwork
    /// Of all evaluations of one seed.
    let multiplyAdds: Double
    /// Of one evaluation of infinite width.
    let covariances: Double
  }

  var networks: [Sample] = []
  var visited = 0
  var largestBytes = 0

  init(_ space: SearchSpace, _ plan: ScoringPlan) {
    for candidate in space.shuffled(seed: 0).prefix(1000) {
      visited += 1
      guard case .admitted(let network) = space.admission(of: candidate),
        let canonical = try? CanonicalNetwork(network),
        let cost = try? plan.meter.multiplyAdds(canonical, plan.needs, samples: space.input.samples),
        let bytes = try? plan.meter.bytes(canonical, plan.needs, samples: space.input.samples)
      else { continue }
      networks.append(
        Sample(
          network: canonical, multiplyAdds: cost,
          covariances: plan.meter.covariances(canonical, plan.needs, samples: space.input.samples)))
      largestBytes = max(largestBytes, bytes)
      if networks.count == 64 { break }
    }
  }

  func mean(_ cost: KeyPath<Sample, Double>) -> Double {
    networks.reduce(0) { $0 + $1[keyPath: cost] } / Double(max(1, networks.count))
  }
}
