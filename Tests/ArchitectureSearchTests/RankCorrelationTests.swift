import ArchitectureSearch
import Foundation
import Testing

/// Straight from the definition.
private func bruteForce(_ x: [Double], _ y: [Double]) -> Double {
  var (balance, orderedInX, orderedInY) = (0.0, 0.0, 0.0)
  for i in x.indices {
    for j in 0..<i {
      let (dx, dy) = (x[i] - x[j], y[i] - y[j])
      if dx != 0 { orderedInX += 1 }
      if dy != 0 { orderedInY += 1 }
      if dx * dy != 0 { balance += dx * dy > 0 ? 1 : -1 }
    }
  }
  return balance / (orderedInX * orderedInY).squareRoot()
}

@Test(arguments: [2, 3, 7, 64, 101])
func tauIsTheBalanceOfConcordantAndDiscordantPairs(count: Int) throws {
  for seed in 1...5 {
    let x = (0..<count).map { (sin(Double($0 * 12 + seed)) * 6).rounded() + ($0 == 0 ? 0.5 : 0) }
    let y = (0..<count).map { (cos(Double($0 * 7 + 3 * seed)) * 4).rounded() + 0.3 * x[$0] }
    let tau = try #require(RankCorrelation.kendallTauB(x, y))
    #expect(abs(tau - bruteForce(x, y)) < 1e-12)
  }
}

@Test func tauOfTheSameAndTheOppositeOrder() {
  let x = [3.0, 1, 2, 9]
  #expect(RankCorrelation.kendallTauB(x, x.map { $0 * $0 }) == 1)
  #expect(RankCorrelation.kendallTauB(x, x.map { -$0 }) == -1)
}

@Test func withoutAnOrderThereIsNoTau() {
  #expect(RankCorrelation.kendallTauB([], []) == nil)
  #expect(RankCorrelation.kendallTauB([1], [1]) == nil)
  #expect(RankCorrelation.kendallTauB([1, 1], [1, 2]) == nil)
  #expect(RankCorrelation.kendallTauB([1, 2], [.nan, 2]) == nil)
  #expect(RankCorrelation.kendallTauB([1, 2], [1, 2, 3]) == nil)
}
