import Trainability

/// How far two metrics agree on the order of the same candidates: 1 for the same order, −1 for the reverse.
public struct RankCorrelation: Hashable, Sendable {
  /// Spearman's ρ (1904): Pearson's correlation of the ranks, where ties share the mean of their ranks.
  public let spearman: Double
  /// Kendall's τ_b (1945): concordant less discordant pairs, over the geometric mean of the numbers of pairs that
  /// are not tied in the one and in the other.
  public let kendall: Double
  /// Candidates that have both values.
  public let count: Int

  /// Nil when fewer than two candidates have two finite values, or when one of the metrics is the same for all of
  /// them. Values are compared to ten significant digits, as rankings do.
  ///
  /// Complexity: O(n log n).
  public init?(_ first: [Double?], _ second: [Double?]) {
    let pairs = zip(first, second).compactMap { a, b -> (x: Double, y: Double)? in
      guard let a, let b, a.isFinite, b.isFinite else { return nil }
      return (roundedToTenSignificantDigits(a), roundedToTenSignificantDigits(b))
    }
    guard pairs.count >= 2,
      let spearman = Self.pearson(Self.ranks(pairs.map(\.x)), Self.ranks(pairs.map(\.y))),
      let kendall = Self.kendall(pairs)
    else { return nil }
    self.spearman = spearman
    self.kendall = kendall
    count = pairs.count
  }

  /// From 1; ties share the mean of their ranks.
  static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + 1 + end) / 2 }
      start = end
    }
    return ranks
  }

  private static func pearson(_ x: [Double], _ y: [Double]) -> Double? {
    let count = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      xx += (a - meanX) * (a - meanX)
      yy += (b - meanY) * (b - meanY)
      xy += (a - meanX) * (b - meanY)
    }
    return xx > 0 && yy > 0 ? min(1, max(-1, xy / (xx * yy).squareRoot())) : nil
  }

  /// Knight's algorithm (1966): in order of x, the exchanges that a merge sort by y makes are the discordant pairs.
  private static func kendall(_ pairs: [(x: Double, y: Double)]) -> Double? {
    let sorted = pairs.sorted { ($0.x, $0.y) < ($1.x, $1.y) }
    let tiedInX = tiedPairs(sorted) { $0.x == $1.x }
    let tiedInBoth = tiedPairs(sorted) { $0 == $1 }
    var y = sorted.map(\.y)
    let discordant = sortCountingExchanges(&y)
    let tiedInY = tiedPairs(y, by: ==)
    let all = Double(pairs.count) * Double(pairs.count - 1) / 2
    let (notTiedInX, notTiedInY) = (all - tiedInX, all - tiedInY)
    guard notTiedInX > 0, notTiedInY > 0 else { return nil }
    let concordant = all - tiedInX - tiedInY + tiedInBoth - discordant
    return (concordant - discordant) / (notTiedInX * notTiedInY).squareRoot()
  }

  /// Pairs within runs of equal elements.
  private static func tiedPairs<Element>(_ sorted: [Element], by areEqual: (Element, Element) -> Bool)
    -> Double
  {
    var (pairs, run) = (0.0, 1.0)
    for (previous, next) in zip(sorted, sorted.dropFirst()) {
      run = areEqual(previous, next) ? run + 1 : 1
      pairs += run - 1
    }
    return pairs
  }

  private static func sortCountingExchanges(_ values: inout [Double]) -> Double {
    var exchanges = 0.0
    var merged = values
    var width = 1
    while width < values.count {
      for start in stride(from: 0, to: values.count, by: 2 * width) {
        let (middle, end) = (min(start + width, values.count), min(start + 2 * width, values.count))
        var (left, right) = (start, middle)
        for place in start..<end {
          if right < end, left >= middle || values[right] < values[left] {
            exchanges += Double(middle - left)
            merged[place] = values[right]
            right += 1
          } else {
            merged[place] = values[left]
            left += 1
          }
        }
      }
      swap(&values, &merged)
      width *= 2
    }
    return exchanges
  }
}
