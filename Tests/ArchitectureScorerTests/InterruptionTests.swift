import ArchitectureScorer
import ResultStorage
import Testing

/// A run over 150 candidates that is cancelled when the candidate with `width` is made.
private func interrupted(
  atWidth width: Int, store: ResultStore, threads: Int
) throws -> RankingResult {
  let cancellation = Cancellation()
  let scorer = Scorer(families: [TrippingFamily { if $0 == width { cancellation.cancel() } }])
  return try scorer.rank(
    try scorer.space(trippingSpace(150)), options: .init(resources: .init(threads: threads)), store: store,
    cancellation: cancellation)
}

private let uninterrupted = Scorer(families: [TrippingFamily { _ in }])

@Test(arguments: [1, 2, 5])
func anInterruptedRunResumesAndRecomputesNothing(threads: Int) throws {
  let store = try ResultStore.inMemory()
  let first = try interrupted(atWidth: 120, store: store, threads: threads)
  #expect(first.ending == .interrupted)
  #expect(first.counts.computed > 0)
  #expect(first.candidates.count + first.failed.count(where: { $0.outcome != .cancelled }) < 150)
  #expect(try store.runs().map(\.status) == [.interrupted])
  #expect(try store.statistics().scoresByOutcome[.cancelled] == nil)

  let space = try uninterrupted.space(trippingSpace(150))
  let second = try uninterrupted.rank(space, store: store)
  #expect(second.ending == .complete)
  #expect(second.counts.fromStore == first.counts.computed)
  #expect(first.counts.computed + second.counts.computed == 150)
  let whole = try uninterrupted.rank(space)
  #expect(second.candidates == whole.candidates)
  #expect(second.failed == whole.failed)
}

@Test func anInterruptedRunRanksWhatItHas() throws {
  let store = try ResultStore.inMemory()
  let partial = try interrupted(atWidth: 120, store: store, threads: 2)
  let whole = try uninterrupted.rank(try uninterrupted.space(trippingSpace(150)))
  for candidate in partial.candidates {
    #expect(whole.candidates.contains { $0.id == candidate.id && $0.metrics == candidate.metrics })
  }
}

@Test func aRunThatIsCancelledBeforeItBeginsIsEmpty() throws {
  let cancellation = Cancellation()
  cancellation.cancel()
  let result = try uninterrupted.rank(
    try uninterrupted.space(trippingSpace(5)), cancellation: cancellation)
  #expect(result.ending == .interrupted)
  #expect(result.candidates.isEmpty)
}
