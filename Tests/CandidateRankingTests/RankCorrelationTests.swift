import CandidateRanking
import Testing

@Suite struct RankCorrelationTests {
  /// The definitions, pair by pair.
  private func naive(_ x: [Double], _ y: [Double]) -> (spearman: Double, kendall: Double) {
    func ranks(_ values: [Double]) -> [Double] {
      values.map { value in
        Double(values.count { $0 < value }) + Double(values.count { $0 == value } + 1) / 2
      }
    }
    let (a, b) = (ranks(x), ranks(y))
    let mean = Double(x.count + 1) / 2
    let (xy, xx, yy) = zip(a, b).reduce((0.0, 0.0, 0.0)) { sums, pair in
      let (p, q) = (pair.0 - mean, pair.1 - mean)
      return (sums.0 + p * q, sums.1 + p * p, sums.2 + q * q)
    }
    var (sum, inX, inY) = (0.0, 0.0, 0.0)
    for i in x.indices {
      for j in x.indices where j < i {
        let p: Double = x[i] > x[j] ? 1 : x[i] < x[j] ? -1 : 0
        let q: Double = y[i] > y[j] ? 1 : y[i] < y[j] ? -1 : 0
        sum += p * q
        inX += p * p
        inY += q * q
      }
    }
    return (xy / (xx * yy).squareRoot(), sum / (inX * inY).squareRoot())
  }

  @Test(arguments: [2, 3, 10, 57, 200])
  func agreesWithTheDefinitions(count: Int) throws {
    var state: UInt64 = UInt64(count)
    func random(_ bound: UInt64) -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double((state >> 33) % bound)
    }
    for bound in [3, 20, 1 << 20] as [UInt64] {
      let x = (0..<count).map { _ in random(bound) } + [-1]
      let y = x.map { $0 + random(bound) } + []
      let expected = naive(x, y)
      guard let found = RankCorrelation(x, y) else {
        #expect(Set(x).count == 1 || Set(y).count == 1)
        continue
      }
      #expect(abs(found.spearman - expected.spearman) < 1e-12)
      #expect(abs(found.kendall - expected.kendall) < 1e-12)
      #expect(found.count == count + 1)
    }
  }

  @Test func monotoneFunctionsAgreeAndTheReverseDisagrees() throws {
    let x: [Double?] = [1, 2, 5, 9]
    let same = try #require(RankCorrelation(x, [10, 100, 1000, 10000]))
    #expect(same.spearman == 1 && same.kendall == 1)
    let reverse = try #require(RankCorrelation(x, [4, 3, 2, 1]))
    #expect(reverse.spearman == -1 && reverse.kendall == -1)
  }

  @Test func whatIsMissingIsLeftOut() throws {
    let found = try #require(RankCorrelation([1, nil, 2, .infinity, 3], [1, 5, 2, 6, 3]))
    #expect(found.count == 3 && found.kendall == 1)
    #expect(RankCorrelation([1, 1, 1], [1, 2, 3]) == nil)
    #expect(RankCorrelation([1], [2]) == nil)
    #expect(RankCorrelation([], []) == nil)
    // Equal to ten digits is a tie.
    #expect(RankCorrelation([1, 1 + 1e-13], [1, 2]) == nil)
  }
}

@Suite struct ParetoFrontTests {
  @Test func theFrontIsWhatNothingBeats() {
    let points: [(Double, Double)] = [(1, 5), (2, 3), (3, 4), (4, 1), (2, 3), (2, 9), (5, 1), (.nan, 0)]
    #expect(ParetoFront.contains(points) == [true, true, false, true, true, false, false, false])
    #expect(ParetoFront.contains([]).isEmpty)
    let naive = points.map { point in
      point.0.isFinite
        && !points.contains { $0.0 <= point.0 && $0.1 <= point.1 && ($0.0 < point.0 || $0.1 < point.1) }
    }
    #expect(ParetoFront.contains(points) == naive)
  }
}

@Suite struct ChoiceImportanceTests {
  private func levels(_ values: [Int]) -> [ChoiceImportance.Level] {
    values.map { .init(label: "\($0)", number: Double($0)) }
  }

  @Test func aFullGridDividesTheVarianceBetweenItsChoices() throws {
    // score = 3a + b over a ∈ {0, 1}, b ∈ {0, 1, 2}, twice each: Var(3a) = 9/4, Var(b) = 2/3.
    let grid = (0..<12).map { (a: $0 % 2, b: $0 / 2 % 3) }
    let scores = grid.map { Double(3 * $0.a + $0.b) }
    let a = try #require(ChoiceImportance(name: "a", levels: levels(grid.map(\.a)), scores: scores))
    let b = try #require(ChoiceImportance(name: "b", levels: levels(grid.map(\.b)), scores: scores))
    #expect(abs(a.share - 2.25 / (2.25 + 2.0 / 3)) < 1e-12)
    #expect(abs(a.share + b.share - 1) < 1e-12)
    #expect(b.groups.map(\.label) == ["0", "1", "2"])
    #expect(b.groups.map(\.mean) == [1.5, 2.5, 3.5])
    #expect(b.groups.map(\.count) == [4, 4, 4])
    // ε² from the same sums: SS_total = 35, SS_between = 8, MS_within = 27/9.
    #expect(abs((b.adjustedShare ?? 0) - (8.0 - 2 * 3) / 35) < 1e-12)
  }

  /// Over many random scores the adjusted share of a choice without effect is about 0 (before it is cut at 0), while η²
  /// is (k − 1)/(n − 1) = 9/59.
  @Test func aChoiceWithoutEffectExplainsNothing() throws {
    var state: UInt64 = 1
    var (shares, adjusted) = (0.0, 0.0)
    for _ in 0..<300 {
      let scores = (0..<60).map { _ -> Double in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 33)
      }
      let found = try #require(
        ChoiceImportance(name: "x", levels: levels((0..<60).map { $0 % 10 }), scores: scores))
      shares += found.share / 300
      adjusted += (found.adjustedShare ?? 0) / 300
    }
    #expect(abs(shares - 9.0 / 59) < 0.02)
    #expect(adjusted < 0.04)
  }

  @Test func manyNumbersAreGroupedAndNamesAreNot() throws {
    let scores = (0..<100).map(Double.init)
    let numbers = try #require(ChoiceImportance(name: "n", levels: levels(Array(0..<100)), scores: scores))
    #expect(numbers.groups.count == 8)
    #expect(numbers.groups.first?.label == "0 … 12")
    #expect(numbers.groups.reduce(0) { $0 + $1.count } == 100)
    #expect(numbers.share > 0.97)
    let names = try #require(
      ChoiceImportance(
        name: "n", levels: (0..<100).map { .init(label: "v\($0)", number: nil) }, scores: scores))
    #expect(names.groups.count == 100 && names.share == 1 && names.adjustedShare == nil)
  }

  @Test func nothingVariesOrNothingIsThere() {
    #expect(ChoiceImportance(name: "n", levels: levels([1, 1, 1]), scores: [1, 2, 3]) == nil)
    #expect(ChoiceImportance(name: "n", levels: levels([1, 2, 3]), scores: [5, 5, 5]) == nil)
    #expect(ChoiceImportance(name: "n", levels: [], scores: []) == nil)
    let rounding = [5, 5 + 1e-14, 5 - 1e-14]
    #expect(ChoiceImportance(name: "n", levels: levels([1, 2, 3]), scores: rounding) == nil)
  }

  @Test func smallScoresVaryAsLargeOnesDo() throws {
    for scale in [1e-100, 1e-10, 1, 1e100] {
      let scores = [1, 2, 1, 3].map { $0 * scale }
      let found = try #require(ChoiceImportance(name: "n", levels: levels([1, 2, 1, 2]), scores: scores))
      #expect(abs(found.share - 9.0 / 11) < 1e-12)
    }
  }
}
