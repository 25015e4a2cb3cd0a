import ArchitectureScorer
import ResultStorage
import Testing

private let scorer = Scorer()

@Test func aSmallSpaceIsRankedByConditionNumber() throws {
  let result = try scorer.rank(try scorer.space(nineNetworks))
  #expect(result.ending == .complete)
  #expect(result.candidates.count == 9)
  #expect(result.failed.isEmpty)
  #expect(result.candidates.map(\.rank) == (1...9).map { $0 })
  let kappas = result.candidates.compactMap { $0.metrics["conditionNumber"]?.value }
  #expect(kappas.count == 9)
  #expect(kappas == kappas.sorted())
  #expect(kappas.allSatisfy { $0 > 1 })
  #expect(result.metrics.first?.name == "conditionNumber")
  #expect(result.counts.computed == 9)
}

@Test func metricsOfOneKernelAgreeWithEachOther() throws {
  let result = try scorer.rank(try scorer.space(nineNetworks))
  for candidate in result.candidates {
    let kappa = try #require(candidate.metrics["conditionNumber"])
    let largest = try #require(candidate.metrics["lambdaMax"])
    let smallest = try #require(candidate.metrics["lambdaMin"])
    #expect(kappa.seedsOk == 2)
    #expect(kappa.perSeed.count == 2)
    for seed in 0..<2 {
      let ratio = try #require(largest.perSeed[seed]) / #require(smallest.perSeed[seed])
      #expect(try #require(kappa.perSeed[seed]) == ratio)
    }
    // The mean of a logarithm of a ratio is the difference of the means.
    let difference = try #require(largest.logMean) - #require(smallest.logMean)
    #expect(abs(try #require(kappa.logMean) - difference) < 1e-12 * abs(difference))
  }
}

@Test(arguments: [2, 5])
func theNumberOfThreadsDoesNotChangeABit(threads: Int) throws {
  let space = try scorer.space(nineNetworks)
  let one = try scorer.rank(space, options: .init(resources: .init(threads: 1)))
  let many = try scorer.rank(space, options: .init(resources: .init(threads: threads)))
  #expect(many.candidates == one.candidates)
}

@Test func scarceMemoryDoesNotChangeABit() throws {
  let space = try scorer.space(nineNetworks)
  let plenty = try scorer.rank(space)
  // Room for the largest candidate, not for two.
  let largest = try scorer.estimate(space).largestCandidateBytes
  let scarce = try scorer.rank(
    space, options: .init(resources: .init(threads: 4, memoryBudget: largest * 3 / 2)))
  #expect(scarce.candidates == plenty.candidates)
}

@Test func theSecondRunComputesNothingAndGivesTheSameRanking() throws {
  let space = try scorer.space(nineNetworks)
  let store = try ResultStore.inMemory()
  let first = try scorer.rank(space, store: store)
  let second = try scorer.rank(space, store: store)
  #expect(first.counts.computed == 9)
  #expect(first.counts.fromStore == 0)
  #expect(second.counts.computed == 0)
  #expect(second.counts.fromStore == 9)
  #expect(second.candidates == first.candidates)
}

@Test func metricsThatWereNotAskedForAreServedFromTheStoreToo() throws {
  let store = try ResultStore.inMemory()
  _ = try scorer.rank(try scorer.space(nineNetworks), store: store)
  let more = nineNetworks.replacing("effective_rank", with: "participation_ratio")
  let result = try scorer.rank(try scorer.space(more), store: store)
  #expect(result.counts.computed == 0)
  #expect(result.candidates.allSatisfy { ($0.metrics["participationRatio"]?.value ?? 0) > 1 })
}

@Test func onlyMissingSeedsAreComputed() throws {
  let store = try ResultStore.inMemory()
  let space = try scorer.space(nineNetworks)
  _ = try scorer.rank(space, store: store)
  let more = try scorer.rank(space, options: .init(seeds: [0, 1, 7]), store: store)
  #expect(more.counts.computed == 9)
  #expect(try store.statistics().scores == 27)
  let fresh = try scorer.rank(space, options: .init(seeds: [0, 1, 7]))
  #expect(more.candidates == fresh.candidates)
}

@Test func isomorphicCandidatesShareScores() throws {
  // The input is narrower than the hidden layers, so there is nothing for the residual connection to add.
  let space = try scorer.space(
    """
    family: fully_connected
    input: {shape: [6], outputs: 3, samples: 4}
    fixed: {depth: 1}
    choices:
      width: [8, 16]
      residual: [false, true]
    scoring: {seeds: 2}
    """)
  let result = try scorer.rank(space)
  #expect(result.counts.candidates == 4)
  #expect(result.counts.computed == 2)
  #expect(result.counts.isomorphicDuplicates == 2)
  #expect(result.candidates.map(\.rank) == [1, 1, 3, 3])
  #expect(result.candidates.allSatisfy { $0.isTied })
  #expect(Set(result.candidates.compactMap(\.networkHash)).count == 2)
}

@Test func aSampleIsSeededAndItsCandidatesScoreAsInTheWholeSpace() throws {
  let space = try scorer.space(nineNetworks)
  let whole = try scorer.rank(space)
  let sample = try scorer.rank(space, options: .init(limit: 4, samplingSeed: 3))
  let again = try scorer.rank(space, options: .init(limit: 4, samplingSeed: 3))
  #expect(sample.candidates.count == 4)
  #expect(sample.candidates == again.candidates)
  for candidate in sample.candidates {
    #expect(whole.candidates.contains { $0.id == candidate.id && $0.metrics == candidate.metrics })
  }
}

@Test func budgetsLeaveCandidatesOutOfTheRanking() throws {
  let bounded = nineNetworks + "\nconstraints: {parameters: {at_most: 1000}}\n"
  let result = try scorer.rank(try scorer.space(bounded))
  #expect(result.counts.excluded > 0)
  #expect(result.candidates.count + result.counts.excluded == 9)
  #expect(result.candidates.allSatisfy { ($0.metrics["parameters"]?.value ?? .infinity) <= 1000 })
}

@Test func ranksByASumOfRanks() throws {
  let summed = nineNetworks + "\nranking: {rank_sum: [condition_number, parameters]}\n"
  let result = try scorer.rank(try scorer.space(summed))
  let sums = result.candidates.map { $0.metricRanks.reduce(0, +) }
  #expect(result.candidates.allSatisfy { $0.metricRanks.count == 2 })
  #expect(sums == sums.sorted())
}

@Test(arguments: ["batch", "running", "removed"])
func batchNormModesGiveScoresOfTheirOwn(mode: String) throws {
  let normalized = nineNetworks.replacing("choices:", with: "fixed: {normalization: batch_norm}\nchoices:")
  let frozen = try scorer.rank(try scorer.space(normalized))
  let other = try scorer.rank(
    try scorer.space(normalized.replacing("seeds: 2", with: "seeds: 2\n  batch_norm: \(mode)")))
  #expect(frozen.candidates.count == 9)
  #expect(frozen.identity.hash != other.identity.hash)
  for candidate in other.candidates + other.failed {
    let largest = try #require(candidate.metrics["lambdaMax"]?.value)
    let same = (frozen.candidates + frozen.failed).first { $0.id == candidate.id }
    #expect(largest != same?.metrics["lambdaMax"]?.value)
  }
}

@Test func aFixedBatchIsThatOfSeedZero() throws {
  let fixed = try scorer.rank(
    try scorer.space(nineNetworks.replacing("samples: 10", with: "samples: 10, batch: fixed")))
  let perSeed = try scorer.rank(try scorer.space(nineNetworks))
  #expect(fixed.identity.hash != perSeed.identity.hash)
  for candidate in fixed.candidates {
    let other = try #require(perSeed.candidates.first { $0.id == candidate.id })
    let (a, b) = (candidate.metrics["lambdaMax"]?.perSeed, other.metrics["lambdaMax"]?.perSeed)
    #expect(a?[0] == b?[0])
    #expect(a?[1] != b?[1])
  }
}

@Test func progressEndsWithEverythingDone() throws {
  let last = Recorder()
  _ = try scorer.rank(try scorer.space(nineNetworks)) { last.note($0) }
  let progress = try #require(last.progress.last)
  #expect(progress.done == 9)
  #expect(progress.total == 9)
  #expect(last.progress.map(\.done) == last.progress.map(\.done).sorted())
}

@Test func theRunAndItsCandidatesAreInTheStore() throws {
  let store = try ResultStore.inMemory()
  let result = try scorer.rank(
    try scorer.space(nineNetworks), options: .init(command: "rank nine.yaml"), store: store)
  let run = try #require(try store.runs().first)
  #expect(run.status == .finished)
  #expect(run.command == "rank nine.yaml")
  #expect(run.candidateCount == 9)
  #expect(run.spaceContentHash == result.spaceHash)
  #expect(try store.statistics().scores == 18)
}

@Test func spacesWithoutEndAskForASample() throws {
  let space = try scorer.space(
    """
    family: fully_connected
    input: {shape: [6], outputs: 3, samples: 4}
    choices: {width: {from: 1, to: 10000}, depth: {from: 0, to: 1000}, residual: [true, false]}
    """)
  let error = try #require(throws: ScorerError.self) { try scorer.rank(space) }
  #expect("\(error)".contains("--limit"))
  #expect(error.isInvalidInput)
}
