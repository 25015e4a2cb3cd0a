import ArchitectureScorer
import Datasets
import NetworkGraph
import ResultStorage
import SearchSpaces
import Testing

private let scorer = Scorer()

@Test func aCandidateScoresAloneAsItDoesInItsRanking() throws {
  let space = try scorer.space(nineNetworks)
  let ranking = try scorer.rank(space)
  let best = try #require(ranking.candidates.first)
  let candidate = try #require(space.candidates.first { $0.id == best.id })
  let alone = try scorer.score(candidate, of: space)
  #expect(alone.candidate.metrics == best.metrics)
  #expect(alone.identity == ranking.identity)
  #expect(alone.eigenvalues.count == 2)
  let eigenvalues = try #require(alone.eigenvalues[0])
  #expect(eigenvalues.count == 10)
  #expect(eigenvalues.first == best.metrics["lambdaMax"]?.perSeed[0])
}

@Test func aScoreOfACandidateIsServedFromTheStoreOfItsRanking() throws {
  let store = try ResultStore.inMemory()
  let space = try scorer.space(nineNetworks)
  let ranking = try scorer.rank(space, store: store)
  let candidate = try #require(space.candidate(at: 4))
  let alone = try scorer.score(candidate, of: space, store: store)
  #expect(alone.wasServedFromStore)
  #expect(ranking.candidates.first { $0.id == candidate.id }?.metrics == alone.candidate.metrics)
}

@Test func aNetworkFromAFileIsScored() throws {
  var builder = NetworkBuilder(input: .maps(channels: 2, height: 6, width: 6))
  let map = try builder.add(.convolution(.init(filters: 8, kernel: 3, padding: 1)), from: builder.input)
  let active = try builder.add(.activation(.relu), from: map)
  let pooled = try builder.add(.globalAveragePooling, from: active)
  let head = try builder.add(.dense(.init(units: 5)), from: pooled)
  let network = try builder.build(output: head)
  let request = ScoreRequest(
    name: "small.yaml", network: network, dataset: try Dataset.gaussian(shape: network.inputShape),
    samples: 6, seeds: [0, 1], metrics: ["multiply_adds"])
  let result = try scorer.score(request)
  #expect(result.candidate.id == "small.yaml")
  #expect((result.candidate.metrics["conditionNumber"]?.value ?? 0) > 1)
  #expect(result.candidate.metrics["multiplyAdds"]?.value == Double(network.multiplyAdds))
  #expect(result.identity.family == nil)
}

@Test func anUnknownMetricIsNamedWithTheNearestOne() throws {
  var builder = NetworkBuilder(input: .features(3))
  let head = try builder.add(.dense(.init(units: 2)), from: builder.input)
  let network = try builder.build(output: head)
  let request = ScoreRequest(
    name: "x", network: network, dataset: try Dataset.gaussian(shape: .features(3)), samples: 2,
    metrics: ["lambda_maxx"])
  let error = try #require(throws: ScorerError.self) { try scorer.score(request) }
  #expect("\(error)".contains("lambdaMax"))
}

@Test func estimatesCountCandidatesAndStayWithinTheBudget() throws {
  let space = try scorer.space(nineNetworks)
  let estimate = try scorer.estimate(
    space, options: .init(resources: .init(threads: 2, memoryBudget: 64 << 20)))
  #expect(estimate.candidates == "9")
  #expect(estimate.kernels == 18)
  #expect(estimate.multiplyAddsPerSecond > 1e6)
  #expect((estimate.seconds ?? 0) > 0)
  #expect(estimate.largestCandidateBytes > 0)
  #expect(estimate.peakBytes <= 64 << 20)
  let sample = try scorer.estimate(space, options: .init(limit: 4))
  #expect(sample.candidates == "4")
}
