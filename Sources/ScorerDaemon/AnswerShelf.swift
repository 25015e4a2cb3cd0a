import NIOCore
import ResultStorage
import Synchronization

/// Answers that came from the store alone, by the text of their questions: the same question has the same answer for as
/// long as nothing in the store has changed, whoever changes it.
final class AnswerShelf: Sendable {
  struct Answer: Sendable {
    let body: ByteBuffer
    /// Of the question.
    let candidates: Int
    fileprivate let revision: Int64
  }

  private struct State {
    /// An answer that is asked for again moves from the older ones to the newer.
    var newer: [String: Answer] = [:]
    var older: [String: Answer] = [:]
    var newerBytes = 0
  }

  private let reader: StoreReader
  private let state = Mutex(State())
  /// Of the newer ones; when they are more, they become the older ones, and those are forgotten.
  private static let mostBytes = 16 << 20
  /// Longer answers are no part of a loop that waits for each.
  private static let longestAnswer = 64 << 10

  init(_ reader: StoreReader) { self.reader = reader }

  /// Nil when it is not known, or the store has changed since.
  func answer(to question: String) throws -> Answer? {
    guard let known = state.withLock({ $0.newer[question] ?? $0.older[question] }) else { return nil }
    guard try reader.revision() == known.revision else { return nil }
    keep(known, for: question)
    return known
  }

  /// - Parameter revision: from before the store was asked.
  func keep(_ body: ByteBuffer, candidates: Int, for question: String, revision: Int64) {
    keep(Answer(body: body, candidates: candidates, revision: revision), for: question)
  }

  private func keep(_ answer: Answer, for question: String) {
    let bytes = answer.body.readableBytes + question.utf8.count
    guard bytes <= Self.longestAnswer else { return }
    state.withLock { state in
      guard let replaced = state.newer.updateValue(answer, forKey: question) else {
        state.newerBytes += bytes
        guard state.newerBytes > Self.mostBytes else { return }
        (state.older, state.newer, state.newerBytes) = (state.newer, [:], 0)
        return
      }
      state.newerBytes += answer.body.readableBytes - replaced.body.readableBytes
    }
  }
}
