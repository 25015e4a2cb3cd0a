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
    func seconds(_ count: Int, of each: Double) -> Double {
      Double(count) * each / Double(min(options.resources.threads, max(1, count)))
    }
    let scores = evaluations(plan.seeds.count)
    let time = candidates.flatMap { candidates -> Double? in
      guard let scores, let kernels, let infiniteEvaluations else { return nil }
      return seconds(candidates, of: survey.secondsPerCandidate)
        + seconds(scores, of: share * Self.secondsToKeepAScore)
        + seconds(kernels, of: share * mean / rate)
        + seconds(infiniteEvaluations, of: share * covariances / infiniteRate)
    }
    let kept =
      Double(candidates ?? 0) * Self.bytesPerCandidate + Double(scores ?? 0) * Self.bytesPerScore
    let budget = max(1, options.resources.memoryBudget - plan.batches.reservedBytes)
    let (atOnce, overflow) = survey.largestBytes.multipliedReportingOverflow(by: options.resources.threads)
    return RunEstimate(
      candidates: options.limit == nil ? space.cardinality.description : "\(candidates ?? 0)",
      seeds: plan.seeds.count, kernels: kernels, infiniteWidthEvaluations: infiniteEvaluations,
      seconds: time,
      largestCandidateBytes: survey.largestBytes,
      peakBytes: (overflow ? budget : min(atOnce, budget)) + plan.batches.reservedBytes,
      processBytes: ProcessUsage.current.peakBytes + (Int(exactly: kept.rounded()) ?? .max / 2),
      multiplyAddsPerKernel: mean, multiplyAddsPerSecond: rate, covariancesPerEvaluation: covariances,
      covariancesPerSecond: infiniteRate, sampled: survey.visited,
      rejected: survey.visited - survey.networks.count)
  }

  /// Measures sampled networks until a second is spent; of one thread. The cheapest comes first, so that there is a rate
  /// at all; then come those that fit in what is left of the second, as they were drawn, so that the rate is that of the
  /// space and not of its small networks.
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
    let costly = survey.networks.filter { cost($0) > 0 }
    for sample in costly.min(by: { cost($0) < cost($1) }).map({ [$0] + costly }) ?? [] {
      let begun = ContinuousClock.now
      let left = 1 - (begun - start) / .seconds(1)
      if total > 0, cost(sample) * seconds > left * total { continue }
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
    }
    return total > 0 && seconds > 0 ? total / seconds : nil
  }

  /// Where nothing could be computed to calibrate by.
  private static let assumedMultiplyAddsPerSecond = 1e10
  private static let assumedCovariancesPerSecond = 2e8

  /// Of one thread: a transaction of SQLite's, without waiting for the disk.
  private static let secondsToKeepAScore = 3e-4
  /// What a run remembers of each candidate until it ranks them, and of each seed of it.
  private static let bytesPerCandidate = 2048.0
  private static let bytesPerScore = 256.0
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
  /// To make a network of choices and look at it.
  var secondsPerCandidate = 0.0

  init(_ space: SearchSpace, _ plan: ScoringPlan) {
    let start = ContinuousClock.now
    defer { secondsPerCandidate = (ContinuousClock.now - start) / .seconds(1) / Double(max(1, visited)) }
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
