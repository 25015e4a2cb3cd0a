import Foundation
import Testing
import Trainability

@Suite struct SeedAggregateTests {
  @Test func logarithmicMetricsAreAveragedGeometrically() throws {
    let aggregate = try #require(SeedAggregate([10, 1000], scale: .logarithmic))
    #expect(abs(aggregate.value - 100) < 1e-11)
    #expect(abs(try #require(aggregate.logMean) - log(100)) < 1e-14)
    // Two values at distance d have the standard deviation d/√2 (divisor n − 1).
    #expect(abs(try #require(aggregate.logStandardDeviation) - log(100) / 2.0.squareRoot()) < 1e-14)
    #expect(aggregate.seedsOk == 2)
  }

  @Test func linearMetricsAreAveragedArithmetically() throws {
    let aggregate = try #require(SeedAggregate([-3, 0, 9], scale: .linear))
    #expect(aggregate.value == 2)
    #expect(aggregate.standardDeviation == 39.0.squareRoot())
    #expect(aggregate.logMean == nil)
    #expect(aggregate.logStandardDeviation == nil)
  }

  @Test(arguments: MetricScale.allCases)
  func oneSeedIsItsOwnValueWithoutSpread(scale: MetricScale) throws {
    let aggregate = try #require(SeedAggregate([0.1], scale: scale))
    #expect(aggregate.value == 0.1)
    #expect(aggregate.standardDeviation == 0)
  }

  @Test(arguments: MetricScale.allCases)
  func seedsThatAgreeGiveTheirValueExactly(scale: MetricScale) throws {
    let aggregate = try #require(SeedAggregate([83_146.7, 83_146.7, 83_146.7], scale: scale))
    #expect(aggregate.value == 83_146.7)
    #expect(aggregate.standardDeviation == 0)
  }

  @Test func failedSeedsAreLeftOutAndNotCounted() throws {
    let aggregate = try #require(SeedAggregate([4, .nan, .infinity, 0, -2], scale: .logarithmic))
    #expect(aggregate.value == 4)
    #expect(aggregate.seedsOk == 1)
    #expect(SeedAggregate([.nan, 0], scale: .logarithmic) == nil)
    #expect(SeedAggregate([], scale: .linear) == nil)
  }

  @Test func orderOfSeedsDoesNotMatter() {
    let values = [1e-3, 7.7, 123.4, 0.9, 55.5]
    let aggregate = SeedAggregate(values, scale: .logarithmic)
    #expect(SeedAggregate(values.reversed(), scale: .logarithmic) == aggregate)
    #expect(SeedAggregate([123.4, 1e-3, 55.5, 0.9, 7.7], scale: .logarithmic) == aggregate)
  }
}
