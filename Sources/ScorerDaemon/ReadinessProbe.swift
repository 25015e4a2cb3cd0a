import ResultStorage

/// Whether the store takes changes, looked at no more often than is useful: whoever asks costs the disk nothing.
actor ReadinessProbe {
  private let store: ResultStore
  private let blocking: BlockingWork
  private var running: Task<Void, any Error>?
  private var newest: (time: ContinuousClock.Instant, result: Result<Void, any Error>)?

  /// A look is good for so long.
  private static let lifetime = Duration.seconds(2)

  init(_ store: ResultStore, _ blocking: BlockingWork) {
    self.store = store
    self.blocking = blocking
  }

  /// - Throws: `StoreError` when it takes none.
  func check() async throws {
    if let newest, ContinuousClock.now - newest.time < Self.lifetime { return try newest.result.get() }
    if let running { return try await running.value }
    let look = Task { [store, blocking] in try await blocking.change { try store.checkWritable() } }
    running = look
    let result = await look.result
    running = nil
    newest = (.now, result)
    try result.get()
  }
}
