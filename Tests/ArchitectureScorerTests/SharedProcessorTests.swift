import ArchitectureScorer
import Dispatch
import ResultStorage
import Synchronization
import Testing

private let scorer = Scorer()

@Test func runsThatShareProcessorsGetTheirTurnsAndTheSameScores() throws {
  let space = try scorer.space(nineNetworks)
  let alone = try scorer.rank(space)
  let slots = ComputationSlots(1)
  let results = Mutex<[RankingResult]>([])
  DispatchQueue.concurrentPerform(iterations: 3) { run in
    let options = RankingOptions(resources: .init(threads: 2 + run))
    if let result = try? scorer.rank(space, options: options, slots: slots) {
      results.withLock { $0.append(result) }
    }
  }
  let all = results.withLock { $0 }
  #expect(all.count == 3)
  for result in all { #expect(result.candidates == alone.candidates) }
}

@Test func aShortRunDoesNotWaitForALongOne() throws {
  let long = try scorer.space(
    """
    family: fully_connected
    input: {shape: [64], outputs: 4, samples: 128}
    choices: {depth: [2, 3], width: {from: 100, to: 400}}
    scoring: {seeds: 1}
    """)
  let short = try scorer.space(nineNetworks)
  let slots = ComputationSlots(1)
  let cancellation = Cancellation()
  let begun = DispatchSemaphore(value: 0)
  let longEnded = DispatchSemaphore(value: 0)
  let endings = Mutex<[RunEnding]>([])
  DispatchQueue.global().async {
    let result = try? scorer.rank(long, slots: slots, cancellation: cancellation) { progress in
      if progress.done > 0 { begun.signal() }
    }
    if let ending = result?.ending { endings.withLock { $0.append(ending) } }
    longEnded.signal()
  }
  begun.wait()
  // All of the short one's networks have their turns while the long one, which would hold the only slot for ever, goes on.
  let result = try scorer.rank(short, slots: slots)
  #expect(result.ending == .complete)
  #expect(endings.withLock { $0.isEmpty })
  cancellation.cancel()
  longEnded.wait()
  #expect(endings.withLock { $0 } == [.interrupted])
}

@Test func progressNamesTheRun() throws {
  let store = try ResultStore.inMemory()
  let runs = Mutex<Set<Int64?>>([])
  _ = try scorer.rank(try scorer.space(nineNetworks), store: store) { progress in
    runs.withLock { _ = $0.insert(progress.run) }
  }
  #expect(runs.withLock { $0 } == [try store.runs().first?.id])
}
