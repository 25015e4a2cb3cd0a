import Trainability

/// Candidates in order, from the best.
///
/// - A candidate with a failed seed ranks after all whole ones, by its number of good seeds, then by value:
///   an average over the seeds that happened to work is not compared with an average over all.
/// - Values equal to ten significant digits tie. Ties share the smaller rank and are listed by canonical
///   hash, then by identifier.
/// - Under a rank sum each metric's dense rank (1, 2, 2, 3) is counted among the candidates with as many good
///   seeds, so that a partly failed candidate never changes the order of whole ones.
/// - A candidate without a value for one of the rule's metrics is not ranked, whether something failed or the metric does
///   not apply to it: a metric that says nothing of a candidate puts it neither before nor after another.
///
/// The result does not depend on the order of the input. Complexity: O(m·n log n) for n candidates and m
/// metrics.
public struct Ranking: Hashable, Sendable {
  /// By which the candidates stand in order.
  public let rule: RankingRule
  /// By rank.
  public let ranked: [RankedCandidate]
  /// By canonical hash, then by identifier.
  public let unranked: [UnrankedCandidate]

  /// Ranks whole candidates before those with failed seeds, and leaves out those without a value.
  public init(_ candidates: [RankingCandidate], by rule: RankingRule) {
    self.rule = rule
    var entries: [Entry] = []
    var unranked: [UnrankedCandidate] = []
    for candidate in candidates {
      switch Ranking.costs(of: candidate, rule.metrics) {
      case .success(let costs): entries.append(Entry(candidate: candidate, costs: costs))
      case .failure(let reason):
        unranked.append(.init(candidate: candidate, outcome: reason.outcome, reason: reason.text))
      }
    }
    if case .rankSum = rule { Ranking.assignDenseRanks(&entries, metricCount: rule.metrics.count) }
    entries.sort { Entry.precedes($0, $1) }

    var ranked: [RankedCandidate] = []
    ranked.reserveCapacity(entries.count)
    var start = 0
    while start < entries.count {
      let end = entries[start...].firstIndex { !entries[start].ties(with: $0) } ?? entries.count
      for entry in entries[start..<end] {
        ranked.append(
          RankedCandidate(
            rank: start + 1, candidate: entry.candidate, isTied: end - start > 1,
            metricRanks: entry.metricRanks))
      }
      start = end
    }
    self.ranked = ranked
    self.unranked = unranked.sorted { Ranking.isListedBefore($0.candidate, $1.candidate) }
  }

  /// One candidate on its way to a rank.
  private struct Entry {
    let candidate: RankingCandidate
    /// Per metric of the rule: smaller is better, ten significant digits.
    let costs: [Double]
    /// Per metric of a rank sum; else empty.
    var metricRanks: [Int] = []
    /// 0 for whole candidates; else the more, the fewer seeds are good.
    let tier: Int

    init(candidate: RankingCandidate, costs: [Double]) {
      self.candidate = candidate
      self.costs = costs
      tier = candidate.isWhole ? 0 : Int.max - candidate.seedsOk
    }

    /// What is compared within a tier.
    var key: Double { metricRanks.isEmpty ? costs[0] : Double(metricRanks.reduce(0, +)) }

    func ties(with other: Entry) -> Bool { tier == other.tier && key == other.key }

    static func precedes(_ a: Entry, _ b: Entry) -> Bool {
      if a.tier != b.tier { return a.tier < b.tier }
      if a.key != b.key { return a.key < b.key }
      return isListedBefore(a.candidate, b.candidate)
    }
  }

  private struct Unrankable: Error {
    let outcome: Outcome
    let text: String
  }

  private static func costs(
    of candidate: RankingCandidate, _ metrics: [RankingMetric]
  ) -> Result<[Double], Unrankable> {
    func unrankable(_ text: String) -> Result<[Double], Unrankable> {
      let outcome = candidate.outcome == .ok ? Outcome.nonFinite : candidate.outcome
      return .failure(.init(outcome: outcome, text: candidate.message ?? text))
    }
    guard !metrics.isEmpty else { return unrankable("the ranking names no metric") }
    guard candidate.seedsOk > 0 else { return unrankable("no seed of \(candidate.seedsTotal) gave a value") }
    var costs: [Double] = []
    for metric in metrics {
      guard let value = candidate.values[metric.name] else { return unrankable("no value of \(metric.name)") }
      guard value.isFinite else { return unrankable("\(metric.name) is \(value)") }
      let rounded = roundedToTenSignificantDigits(value)
      costs.append(metric.direction == .lowerIsBetter ? rounded : 0 - rounded)
    }
    return .success(costs)
  }

  private static func assignDenseRanks(_ entries: inout [Entry], metricCount: Int) {
    for metric in 0..<metricCount {
      let order = entries.indices.sorted {
        (entries[$0].tier, entries[$0].costs[metric]) < (entries[$1].tier, entries[$1].costs[metric])
      }
      var rank = 0
      var previous: Int?
      for index in order {
        if let previous, entries[previous].tier == entries[index].tier {
          if entries[previous].costs[metric] != entries[index].costs[metric] { rank += 1 }
        } else {
          rank = 1
        }
        previous = index
        entries[index].metricRanks.append(rank)
      }
    }
  }

  private static func isListedBefore(_ a: RankingCandidate, _ b: RankingCandidate) -> Bool {
    (a.canonicalHash, a.identifier) < (b.canonicalHash, b.identifier)
  }
}
