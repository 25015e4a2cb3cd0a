import Foundation
import ResultStorage
import Testing

@Suite struct JobStorageTests {
  private static let space = SpaceDocument(contentHash: "h1", name: "tiny", text: "family: fully_connected")

  private func submit(
    _ store: ResultStore, key: String? = nil, hash: String = "r", mostWaiting: Int = 10,
    space: SpaceDocument = space
  ) throws -> JobSubmission {
    try store.submitJob(
      space: space, optionsJSON: "{}", idempotencyKey: key, requestHash: hash, mostWaiting: mostWaiting)
  }

  private func job(_ submission: JobSubmission) throws -> JobRecord {
    guard case .created(let job) = submission else {
      Issue.record("\(submission)")
      throw CancellationError()
    }
    return job
  }

  @Test func aJobIsKeptFromItsSubmissionToItsEnd() throws {
    let folder = try TemporaryFolder()
    let store = try ResultStore.open(folder.store)
    let id = try job(submit(store)).id
    let again = try ResultStore.open(folder.store)
    #expect(try again.job(id)?.status == .queued)
    #expect(try again.job(id)?.space == Self.space.title)
    #expect(try again.spaceDocument(contentHash: Self.space.contentHash) == Self.space)

    #expect(try store.takeQueuedJob()?.id == id)
    #expect(try store.takeQueuedJob() == nil)
    let run = try store.startRun(space: nil, settingsJSON: "{}", command: "job")
    let progress = JobProgress(done: 3, total: 7, fromStore: 2, failed: 1)
    try store.updateJob(id, runID: run, progress: progress)
    let running = try #require(try again.job(id))
    #expect(running.status == .running && running.runID == run && running.progress == progress)
    // An update without a run leaves it.
    try store.updateJob(id, runID: nil, progress: progress)
    #expect(try store.job(id)?.runID == run)

    let ended = try #require(try store.moveJob(id, to: .finished))
    #expect(ended.status == .finished && ended.finished != nil && ended.revision > running.revision)
    // What has ended does not move any more.
    #expect(try store.moveJob(id, to: .cancelled)?.status == .finished)
    #expect(try store.moveJob(99, to: .cancelled) == nil)
  }

  @Test func jobsAreTakenInOrderAndThoseOfADeadProcessKeepTheirPlaces() throws {
    let store = try ResultStore.inMemory()
    let ids = try (0..<4).map { _ in try job(submit(store)).id }
    #expect(ids == ids.sorted())
    _ = try store.takeQueuedJob()
    let started = try store.takeQueuedJob()?.started
    #expect(try store.requeueRunningJobs().waiting == 2)
    #expect(try store.jobs(status: .queued).map(\.id) == ids.reversed())
    #expect(try store.takeQueuedJob()?.id == ids[0])
    #expect(try store.takeQueuedJob()?.started == started)
    #expect(try store.jobCounts() == [.queued: 2, .running: 2])
    #expect(try store.jobs(before: ids[2], limit: 1).map(\.id) == [ids[1]])
  }

  @Test func whoWasPromisedAnEndGetsItAfterACrashToo() throws {
    let store = try ResultStore.inMemory()
    let ids = try (0..<3).map { _ in try job(submit(store)).id }
    _ = try (store.takeQueuedJob(), store.takeQueuedJob())
    try store.requestCancellation(ofJob: ids[0])
    // What waits is ended at once, by `moveJob`.
    try store.requestCancellation(ofJob: ids[2])
    #expect(try store.requeueRunningJobs().waiting == 1)
    #expect(try store.job(ids[0])?.status == .cancelled && store.job(ids[0])?.finished != nil)
    #expect(try store.jobs(status: .queued).map(\.id) == [ids[2], ids[1]])
  }

  @Test func aJobThatProcessesDieOfFailsAndAnyOtherGoesOn() throws {
    let store = try ResultStore.inMemory()
    let id = try job(submit(store)).id
    /// The next process takes up what the last one left, and takes the job.
    func die() throws -> RequeuedJobs {
      _ = try store.takeQueuedJob()
      return try store.requeueRunningJobs(mostDeaths: 3, message: "why")
    }
    for death in 1...2 {
      #expect(try die() == RequeuedJobs(waiting: 1, failed: []))
      #expect(try store.job(id)?.deaths == death)
    }
    // What the store had already says nothing of the job; what it computed does.
    _ = try store.takeQueuedJob()
    #expect(try store.updateJob(id, runID: nil, progress: JobProgress(done: 5, fromStore: 5))?.deaths == 2)
    #expect(try store.updateJob(id, runID: nil, progress: JobProgress(done: 6, fromStore: 5))?.deaths == 0)
    for _ in 1...2 { #expect(try die().failed == []) }
    // A process that stops in good order puts it back, and that is no death.
    _ = try store.takeQueuedJob()
    #expect(try store.moveJob(id, to: .queued)?.deaths == 2)
    #expect(try store.requeueRunningJobs(mostDeaths: 3) == RequeuedJobs(waiting: 0, failed: []))
    #expect(try die() == RequeuedJobs(waiting: 0, failed: [id]))
    let failed = try #require(try store.job(id))
    #expect(failed.status == .failed && failed.message == "why" && failed.finished != nil)
  }

  @Test func aKeyStandsForOneRequest() throws {
    let store = try ResultStore.inMemory()
    let first = try job(submit(store, key: "k"))
    #expect(try submit(store, key: "k") == .repeated(first))
    #expect(try submit(store, key: "k", hash: "other") == .keyReused(first))
    #expect(try job(submit(store, key: "l")).id != first.id)
    #expect(try store.jobs().count == 2)
  }

  @Test func aFullQueueTakesNothing() throws {
    let store = try ResultStore.inMemory()
    for _ in 0..<3 { _ = try job(submit(store, mostWaiting: 3)) }
    #expect(try submit(store, mostWaiting: 3) == .queueFull(waiting: 3))
    _ = try store.takeQueuedJob()
    _ = try job(submit(store, mostWaiting: 3))
    #expect(try store.jobs().count == 4)
  }

  @Test func onlyEndedJobsAreForgottenAndTheirNumbersAreNotGivenAgain() throws {
    let store = try ResultStore.inMemory()
    let id = try job(submit(store)).id
    #expect(try !store.deleteEndedJob(id))
    _ = try store.moveJob(id, to: .cancelled)
    #expect(try store.deleteEndedJob(id))
    #expect(try store.job(id) == nil)
    #expect(try !store.deleteEndedJob(id))
    #expect(try job(submit(store)).id > id)
  }

  @Test func aNameMeansTheSpaceThatWasUsedLast() throws {
    let store = try ResultStore.inMemory()
    let other = SpaceDocument(contentHash: "h2", name: "tiny", text: "family: convolutional")
    _ = try submit(store)
    try store.keepSpaceDocument(other)
    #expect(try store.spaceDocument("tiny") == other)
    #expect(try store.spaceDocument("h1") == Self.space)
    #expect(try store.spaceDocument("nothing") == nil)
    _ = try submit(store)
    #expect(try store.spaceDocument("tiny") == Self.space)
    try store.keepSpaceDocument(SpaceDocument(contentHash: "h3", name: "a", text: "x"))
    #expect(try store.spaceDocuments().map(\.contentHash) == ["h3", "h1"])
    #expect(try store.spaceDocumentHash("tiny") == "h1" && store.spaceDocumentHash("h2") == "h2")
    #expect(try store.spaceDocumentHash("nothing") == nil)
    // A name that looks like a hash takes nobody else's place.
    let impostor = SpaceDocument(contentHash: "h4", name: "h1", text: "family: other")
    try store.keepSpaceDocument(impostor)
    #expect(try store.spaceDocument(contentHash: "h1") == Self.space)
    #expect(try store.spaceDocument("h1") == impostor)
  }

  @Test func spacesAreGivenInPages() throws {
    let store = try ResultStore.inMemory()
    for number in 0..<25 {
      try store.keepSpaceDocument(
        SpaceDocument(contentHash: "h\(number)", name: "space \(100 + number)", text: "\(number)"))
    }
    var names: [String] = []
    var after: String?
    repeat {
      let page = try store.spaceDocuments(after: after, limit: 10)
      names += page.map(\.name)
      after = page.count == 10 ? page.last?.name : nil
    } while after != nil
    #expect(names == (100..<125).map { "space \($0)" })
  }
}
