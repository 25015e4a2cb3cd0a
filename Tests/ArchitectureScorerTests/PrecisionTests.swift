import ArchitectureScorer
import ResultStorage
import Testing

private let scorer = Scorer()

/// As many samples as features plus one: the kernel of the linear map is regular and ill-conditioned.
private func illConditioned(precision: String) -> String {
  """
  family: fully_connected
  input: {shape: [15], outputs: 2, samples: 16}
  fixed: {depth: 0}
  choices: {bias: [true]}
  scoring: {precision: \(precision), seeds: [0, 1, 2, 3, 4, 5, 6, 7]}
  """
}

@Test func illConditionedKernelsAreComputedAgainInDouble() throws {
  let single = try scorer.rank(try scorer.space(illConditioned(precision: "single")))
  let double = try scorer.rank(try scorer.space(illConditioned(precision: "double")))
  let values = try #require(single.candidates.first?.metrics["conditionNumber"]?.perSeed)
  let exact = try #require(double.candidates.first?.metrics["conditionNumber"]?.perSeed)
  #expect(single.counts.promotedScores == exact.count { ($0 ?? 0) > 1e4 })
  #expect(single.counts.promotedScores > 0)
  #expect(single.counts.promotedScores < exact.count)
  for (value, exact) in zip(values, exact) {
    let (value, exact) = (try #require(value), try #require(exact))
    if exact > 1e4 { #expect(value == exact) } else { #expect(abs(value - exact) < 0.02 * exact) }
  }
}

@Test func promotedScoresAreServedToBothRequests() throws {
  let store = try ResultStore.inMemory()
  let single = try scorer.space(illConditioned(precision: "single"))
  let double = try scorer.space(illConditioned(precision: "double"))
  let first = try scorer.rank(single, store: store)
  let again = try scorer.rank(single, store: store)
  #expect(again.counts.computed == 0)
  #expect(again.candidates == first.candidates)
  _ = try scorer.rank(double, store: store)
  // Eight scores for single, and in double those of them that were not promoted.
  #expect(try store.statistics().scores == 16 - first.counts.promotedScores)
  let afterDouble = try scorer.rank(single, store: store)
  #expect(afterDouble.candidates == first.candidates)
}

@Test func theIdentityOfAPromotedScoreSaysDouble() throws {
  let store = try ResultStore.inMemory()
  let result = try scorer.rank(try scorer.space(illConditioned(precision: "single")), store: store)
  var promoted = 0
  try store.forEachScore { score in
    #expect(score.identityJSON.contains(#""requestedPrecision":"single""#))
    promoted += score.identityJSON.contains(#""precision":"double""#) ? 1 : 0
  }
  #expect(promoted == result.counts.promotedScores)
}
