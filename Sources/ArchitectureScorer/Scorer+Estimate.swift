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
    let rate = try multiplyAddsPerSecond(survey, plan, budget: options.resources.memoryBudget)
    let most = space.cardinality.int
    let candidates = options.limit.map { min($0, most ?? .max) } ?? most
    let evaluations = plan.meter.evaluations(plan.needs)
    let kernels = candidates.flatMap { count -> Int? in
      let (product, overflow) = count.multipliedReportingOverflow(
        by: plan.seeds.count * evaluations)
      return overflow ? nil : product
    }
    // Without a limit, candidates outside the budgets are met and skipped.
    let share =
      options.limit == nil ? Double(survey.networks.count) / Double(max(1, survey.visited)) : 1
    let mean = survey.meanMultiplyAdds / Double(max(1, evaluations))
    let budget = max(1, options.resources.memoryBudget - plan.batches.reservedBytes)
    let (atOnce, overflow) = survey.largestBytes.multipliedReportingOverflow(by: options.resources.threads)
    return RunEstimate(
      candidates: options.limit == nil ? space.cardinality.description : "\(candidates ?? 0)",
      seeds: plan.seeds.count, kernels: kernels,
      seconds: kernels.map {
        Double($0) * share * mean / rate / Double(min(options.resources.threads, max(1, $0)))
      },
      largestCandidateBytes: survey.largestBytes,
      peakBytes: (overflow ? budget : min(atOnce, budget)) + plan.batches.reservedBytes,
      multiplyAddsPerKernel: mean, multiplyAddsPerSecond: rate, sampled: survey.visited,
      rejected: survey.visited - survey.networks.count)
  }

  /// Computes kernels of sampled networks, from the cheapest, until a second is spent; of one thread.
  private func multiplyAddsPerSecond(
    _ survey: Survey, _ plan: ScoringPlan, budget: Int
  ) throws(ScorerError) -> Double {
    let batch: SampleBatch
    do { batch = try plan.batches.batch(forSeed: plan.seeds[0]) } catch { throw .dataset(error) }
    let workspace = KernelWorkspace()
    let start = ContinuousClock.now
    var multiplyAdds = 0.0
    var seconds = 0.0
    for (network, cost) in survey.networks.sorted(by: { $0.multiplyAdds < $1.multiplyAdds }) {
      let begun = ContinuousClock.now
      let readings = plan.meter.measure(
        network, plan.needs, seed: plan.seeds[0], inputs: batch, workspace: workspace
      ) { bytes throws(KernelError) in
        guard bytes <= budget else { throw .overBudget(needed: bytes, budget: budget) }
        return 1
      }
      guard readings.values.contains(where: \.wasComputed) else { continue }
      multiplyAdds += cost
      seconds += (ContinuousClock.now - begun) / .seconds(1)
      if ContinuousClock.now - start > .seconds(1) { break }
    }
    return multiplyAdds > 0 && seconds > 0 ? multiplyAdds / seconds : Self.assumedMultiplyAddsPerSecond
  }

  /// Where nothing could be computed to calibrate by.
  private static let assumedMultiplyAddsPerSecond = 1e10
}

/// Some candidates of a space, looked at for what they would cost.
private struct Survey {
  var networks: [(network: CanonicalNetwork, multiplyAdds: Double)] = []
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
      networks.append((canonical, cost))
      largestBytes = max(largestBytes, bytes)
      if networks.count == 64 { break }
    }
  }

  var meanMultiplyAdds: Double {
    networks.reduce(0) { $0 + $1.multiplyAdds } / Double(max(1, networks.count))
  }
}
