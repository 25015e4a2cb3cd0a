/// How well two quantities order the same things alike: a score, and the accuracy after training.
public enum RankCorrelation {
  /// Kendall's τ_b: (concordant − discordant pairs)/√((pairs not tied in x)(pairs not tied in y)), from −1 to 1.
  ///
  /// - Parameters:
  ///   - x: one number for each thing; NaN has no place in an order.
  ///   - y: as many.
  /// - Returns: nil when there is no order to compare: fewer than two things, NaN, different counts, or all of one
  ///   quantity equal.
  ///
  /// Complexity: O(n log n) (Knight 1966).
  public static func kendallTauB(_ x: [Double], _ y: [Double]) -> Double? {
    guard x.count == y.count, x.count > 1, !x.contains(where: \.isNaN), !y.contains(where: \.isNaN) else {
      return nil
    }
    let order = x.indices.sorted { (x[$0], y[$0]) < (x[$1], y[$1]) }
    let pairs = pairCount(x.count)
    let tiedInX = tiedPairs(order) { x[$0] == x[$1] }
    let tiedInBoth = tiedPairs(order) { x[$0] == x[$1] && y[$0] == y[$1] }
    var values = order.map { y[$0] }
    let discordant = sortCountingExchanges(&values)
    let tiedInY = tiedPairs(Array(values.indices)) { values[$0] == values[$1] }
    let scale = ((pairs - tiedInX) * (pairs - tiedInY)).squareRoot()
    guard scale > 0 else { return nil }
    return (pairs - tiedInX - tiedInY + tiedInBoth - 2 * discordant) / scale
  }

  private static func pairCount(_ count: Int) -> Double { Double(count) * Double(count - 1) / 2 }

  /// Pairs within runs of equals, which stand side by side.
  private static func tiedPairs(_ order: [Int], _ isEqual: (Int, Int) -> Bool) -> Double {
    var (sum, start) = (0.0, 0)
    for place in 1...order.count where place == order.count || !isEqual(order[place - 1], order[place]) {
      sum += pairCount(place - start)
      start = place
    }
    return sum
  }

  /// Merge sort; how many pairs stood in the wrong order.
  private static func sortCountingExchanges(_ values: inout [Double]) -> Double {
    var (exchanges, width) = (0.0, 1)
    while width < values.count {
      var merged: [Double] = []
      merged.reserveCapacity(values.count)
      for start in stride(from: 0, to: values.count, by: 2 * width) {
        let middle = min(start + width, values.count)
        let end = min(start + 2 * width, values.count)
        var (left, right) = (start, middle)
        while left < middle || right < end {
          if right == end || (left < middle && values[left] <= values[right]) {
            merged.append(values[left])
            left += 1
          } else {
            exchanges += Double(middle - left)
            merged.append(values[right])
            right += 1
          }
        }
      }
      values = merged
      width *= 2
    }
    return exchanges
  }
}
