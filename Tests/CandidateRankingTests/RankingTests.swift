import CandidateRanking
import Testing
import Trainability

private let kappa = RankingMetric(name: "conditionNumber", direction: .lowerIsBetter)
private let regions = RankingMetric(name: "linearRegions", direction: .higherIsBetter)

/// A candidate whose canonical hash is its name reversed.
private func candidate(
  _ name: String, _ values: [String: Double], ok seedsOk: Int = 3, of seedsTotal: Int = 3,
  outcome: Outcome = .ok, message: String? = nil
) -> RankingCandidate {
  RankingCandidate(
    identifier: name, canonicalHash: String(name.reversed()), values: values, seedsOk: seedsOk,
    seedsTotal: seedsTotal, outcome: outcome, message: message)
}

private func order(_ ranking: Ranking) -> [String] {
  ranking.ranked.map { "\($0.rank) \($0.candidate.identifier)" }
}

@Suite struct SingleMetricRankingTests {
  @Test func lowerIsBetterPutsSmallValuesFirst() {
    let candidates = [("a", 3.0), ("b", 1), ("c", 2)].map { candidate($0, ["conditionNumber": $1]) }
    #expect(order(Ranking(candidates, by: .metric(kappa))) == ["1 b", "2 c", "3 a"])
  }

  @Test func higherIsBetterPutsLargeValuesFirst() {
    let candidates = [("a", -3.0), ("b", 1), ("c", 0)].map { candidate($0, ["linearRegions": $1]) }
    #expect(order(Ranking(candidates, by: .metric(regions))) == ["1 b", "2 c", "3 a"])
  }

  @Test func tiesShareTheSmallerRankAndAreListedByHash() {
    let values = [("za", 2.0), ("ab", 2), ("ac", 1), ("d", 2), ("e", 5)]
    let ranking = Ranking(values.map { candidate($0, ["conditionNumber": $1]) }, by: .metric(kappa))
    // Hashes of the tied: az, ba, d.
    #expect(order(ranking) == ["1 ac", "2 za", "2 ab", "2 d", "5 e"])
    #expect(ranking.ranked.map(\.isTied) == [false, true, true, true, false])
    #expect(ranking.ranked.count { $0.isTied } == 3)
  }

  @Test func valuesEqualToTenDigitsTie() {
    let values = [("a", 11.98782054690), ("b", 11.98782054691), ("c", 11.9878206), ("d", 11.9878204)]
    let ranking = Ranking(values.map { candidate($0, ["conditionNumber": $1]) }, by: .metric(kappa))
    #expect(order(ranking) == ["1 d", "2 a", "2 b", "4 c"])
  }

  @Test func candidateWithAFailedSeedComesAfterAllWholeOnes() {
    let ranking = Ranking(
      [
        candidate("one", ["conditionNumber": 1], ok: 1, outcome: .rankDeficient),
        candidate("two", ["conditionNumber": 9], ok: 2, outcome: .nonFinite),
        candidate("better", ["conditionNumber": 2], ok: 2, outcome: .nonFinite),
        candidate("whole", ["conditionNumber": 1000]),
      ], by: .metric(kappa))
    #expect(order(ranking) == ["1 whole", "2 better", "3 two", "4 one"])
  }

  @Test func equalValuesWithDifferentNumbersOfGoodSeedsDoNotTie() {
    let ranking = Ranking(
      [candidate("part", ["conditionNumber": 2], ok: 2), candidate("whole", ["conditionNumber": 2])],
      by: .metric(kappa))
    #expect(order(ranking) == ["1 whole", "2 part"])
    #expect(ranking.ranked.allSatisfy { !$0.isTied })
  }

  @Test func failedCandidatesAreUnrankedWithTheirReason() {
    let ranking = Ranking(
      [
        candidate("z", [:], ok: 0, outcome: .overBudget, message: "needs 9 GB of 4 GB"),
        candidate("a", [:], ok: 0, outcome: .rankDeficient),
        candidate("b", ["conditionNumber": .infinity]),
        candidate("c", ["lambdaMax": 3]),
        candidate("d", ["conditionNumber": 1]),
      ], by: .metric(kappa))
    #expect(order(ranking) == ["1 d"])
    #expect(ranking.unranked.map(\.candidate.identifier) == ["a", "b", "c", "z"])
    #expect(ranking.unranked.map(\.outcome) == [.rankDeficient, .nonFinite, .nonFinite, .overBudget])
    #expect(
      ranking.unranked.map(\.reason) == [
        "no seed of 3 gave a value", "conditionNumber is inf", "no value of conditionNumber",
        "needs 9 GB of 4 GB",
      ])
  }

  @Test func nothingToRankIsAnEmptyRanking() {
    let ranking = Ranking([], by: .metric(kappa))
    #expect(ranking.ranked.isEmpty && ranking.unranked.isEmpty)
  }
}

@Suite struct RankSumTests {
  @Test func denseRanksAreAdded() {
    let values: [(String, Double, Double)] = [("a", 1, 5), ("b", 2, 9), ("c", 2, 7), ("d", 4, 9)]
    let candidates = values.map { candidate($0, ["conditionNumber": $1, "linearRegions": $2]) }
    let ranking = Ranking(candidates, by: .rankSum([kappa, regions]))
    // Dense ranks of κ: 1 2 2 3; of R: 3 1 2 1.
    #expect(order(ranking) == ["1 b", "2 a", "2 c", "2 d"])
    #expect(ranking.ranked.map(\.metricRanks) == [[2, 1], [1, 3], [2, 2], [3, 1]])
    #expect(ranking.ranked.map(\.rankSum) == [3, 4, 4, 4])
  }

  @Test func oneMetricGivesTheOrderOfItsValues() {
    let values = [("a", 3.0), ("b", 1), ("c", 2), ("d", 1)]
    let candidates = values.map { candidate($0, ["conditionNumber": $1]) }
    #expect(
      order(Ranking(candidates, by: .rankSum([kappa]))) == order(Ranking(candidates, by: .metric(kappa))))
  }

  @Test func digitsBeyondTheTenthDoNotMakeARank() {
    let values: [(String, Double)] = [("a", 2.00000000001), ("b", 2), ("c", 3)]
    let ranking = Ranking(values.map { candidate($0, ["conditionNumber": $1]) }, by: .rankSum([kappa]))
    #expect(ranking.ranked.map(\.metricRanks) == [[1], [1], [2]])
  }

  @Test func partlyFailedCandidatesDoNotChangeTheOrderOfWholeOnes() {
    let whole = [("a", 1.0, 1.0), ("b", 2, 2), ("c", 3, 9)].map {
      candidate($0, ["conditionNumber": $1, "linearRegions": $2])
    }
    let part = [1.5, 2.5, 2.6, 2.7].enumerated().map { index, value in
      candidate("p\(index)", ["conditionNumber": value, "linearRegions": 5], ok: 2)
    }
    let rule = RankingRule.rankSum([kappa, regions])
    let alone = Ranking(whole, by: rule)
    let together = Ranking(part + whole, by: rule)
    #expect(Array(together.ranked.prefix(3)) == alone.ranked)
    #expect(together.ranked.dropFirst(3).map(\.rank) == [4, 5, 6, 7])
  }

  @Test func candidateWithoutOneOfTheMetricsIsUnranked() {
    let ranking = Ranking([candidate("a", ["conditionNumber": 1])], by: .rankSum([kappa, regions]))
    #expect(ranking.unranked.map(\.reason) == ["no value of linearRegions"])
  }

  @Test func ruleWithoutMetricsRanksNothing() {
    let ranking = Ranking([candidate("a", ["conditionNumber": 1])], by: .rankSum([]))
    #expect(ranking.ranked.isEmpty)
    #expect(ranking.unranked.map(\.reason) == ["the ranking names no metric"])
  }
}

@Suite struct RankingInvarianceTests {
  /// Candidates with many ties, failures and partial failures.
  static let candidates: [RankingCandidate] = (0..<200).map { index in
    let ok = index % 7 == 0 ? index % 3 : 3
    let values = ["conditionNumber": Double(index * 37 % 11), "linearRegions": Double(index * 53 % 5)]
    return candidate(
      "c\(index)", index % 13 == 0 ? [:] : values, ok: ok, outcome: ok == 3 ? .ok : .nonFinite)
  }

  @Test(arguments: [RankingRule.metric(kappa), .metric(regions), .rankSum([kappa, regions])])
  func orderOfTheInputDoesNotMatter(rule: RankingRule) {
    let ranking = Ranking(Self.candidates, by: rule)
    #expect(ranking.ranked.count + ranking.unranked.count == 200)
    #expect(ranking.ranked.count { $0.isTied } > 50)
    // Steps that share no factor with 200 visit every candidate once.
    for step in [3, 7, 11, 57, 101, 199] {
      let permuted = (0..<200).map { Self.candidates[$0 * step % 200] }
      #expect(Ranking(permuted, by: rule) == ranking)
    }
  }

  @Test func ranksCountAllThatCameBefore() {
    let ranked = Ranking(Self.candidates, by: .metric(kappa)).ranked
    for (index, candidate) in ranked.enumerated() {
      let isFirstOfItsRank = index == 0 || ranked[index - 1].rank != candidate.rank
      #expect(candidate.rank == (isFirstOfItsRank ? index + 1 : ranked[index - 1].rank))
    }
  }
}
