import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// What a body may be written in.
enum BodyKind: Sendable {
  case yaml, json

  init?(mediaType: String) {
    switch mediaType {
    case "application/json": self = .json
    case "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml": self = .yaml
    default: return nil
    }
  }
}

extension Request {
  /// The body as text, with its kind.
  /// - Parameters:
  ///   - most: bytes.
  ///   - seconds: that it may take to arrive.
  /// - Throws: `Problem`.
  func document(
    _ kinds: [BodyKind], most: Int, seconds: Int, context: DaemonContext
  ) async throws -> (text: String, kind: BodyKind) {
    let given = headers[.contentType] ?? ""
    // Mostly it is the name alone.
    let found =
      BodyKind(mediaType: given)
      ?? given.split(separator: ";").first.flatMap {
        BodyKind(mediaType: $0.trimmingCharacters(in: .whitespaces).lowercased())
      }
    guard let kind = found, kinds.contains(kind) else {
      let names = kinds.map { $0 == .json ? "application/json" : "application/yaml" }.joined(
        separator: " or ")
      throw Problem(
        .unsupportedMediaType,
        given.isEmpty
          ? "there is no Content-Type; expected \(names)" : "'\(given)' is not read here; expected \(names)",
        headers: [.acceptPost: names.replacing(" or ", with: ", ")])
    }
    if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
      throw Problem(.unsupportedMediaType, "bodies are not decompressed; send it without Content-Encoding")
    }
    if let length = headers[.contentLength].flatMap(Int.init), length > most {
      throw Problem(.tooLarge, "the body has \(length) bytes; at most \(most) are read")
    }
    let buffer = try await body(most: most, seconds: seconds, context.channel)
    guard let text = String(validating: buffer.readableBytesView, as: UTF8.self) else {
      throw Problem(.malformedRequest, "the body is not UTF-8")
    }
    return (text, kind)
  }

  /// The clock runs in the connection's own thread, where setting it costs nothing.
  private func body(most: Int, seconds: Int, _ channel: any Channel) async throws -> ByteBuffer {
    let clock = BodyClock()
    let alarm = channel.eventLoop.scheduleTask(in: .seconds(Int64(seconds))) {
      clock.hasRung.store(true, ordering: .relaxed)
      // Nothing more arrives, and what is missing is told below.
      channel.close(mode: .input, promise: nil)
    }
    defer { alarm.cancel() }
    let buffer: ByteBuffer
    do { buffer = try await body.collect(upTo: most) } catch {
      if clock.hasRung.load(ordering: .relaxed) { throw Self.overdue(seconds) }
      guard error is NIOTooManyBytesError else { throw error }
      throw Problem(.tooLarge, "the body has more than \(most) bytes")
    }
    if clock.hasRung.load(ordering: .relaxed) { throw Self.overdue(seconds) }
    return buffer
  }

  private static func overdue(_ seconds: Int) -> Problem {
    Problem(.requestTimeout, "the body did not arrive within \(seconds) s")
  }
}

/// Whether the time for a body is over.
private final class BodyClock: Sendable {
  let hasRung = Atomic(false)
}

/// The parameters behind the `?` of an address. Each is named once; unknown ones are refused.
struct Query {
  private let values: [String: String]

  /// - Throws: `Problem`.
  init(_ request: Request, known: [String]) throws {
    var values: [String: String] = [:]
    for item in (request.uri.query ?? "").split(separator: "&") {
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = Self.decoded(parts[0])
      guard let name, let value = parts.count == 2 ? Self.decoded(parts[1]) : "" else {
        throw Problem(.malformedRequest, "'\(item)' in the query is not percent-encoded UTF-8")
      }
      guard known.contains(name) else {
        let expected =
          known.isEmpty ? "there is none here" : "expected some of \(known.joined(separator: ", "))"
        throw Problem(.invalidRequest, "unknown query parameter '\(name)'; \(expected)")
      }
      guard values.updateValue(value, forKey: name) == nil else {
        throw Problem(.invalidRequest, "the query parameter '\(name)' is given twice")
      }
    }
    self.values = values
  }

  private static func decoded(_ text: Substring) -> String? {
    text.replacing("+", with: " ").removingPercentEncoding
  }

  func text(_ name: String) -> String? { values[name] }

  func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = values[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Problem(
        .invalidRequest,
        "'\(name)' is '\(text)'; expected \(range.upperBound == .max ? "an integer of at least \(range.lowerBound)" : "an integer from \(range.lowerBound) to \(range.upperBound)")"
      )
    }
    return number
  }

  /// One of some words.
  func word(_ name: String, among words: [String]) throws -> String? {
    guard let text = values[name] else { return nil }
    guard words.contains(text) else {
      throw Problem(
        .invalidRequest, "'\(name)' is '\(text)'; expected one of \(words.joined(separator: ", "))")
    }
    return text
  }

  /// What `nextCursor` of the page before stood for; nil for the first page.
  func cursor() throws -> String? {
    guard let cursor = values["cursor"] else { return nil }
    guard let text = Base64.decodedAddressText(cursor) else { throw Self.foreignCursor }
    return text
  }

  static let foreignCursor = Problem(.invalidRequest, "'cursor' is none that this daemon gave")

  func unsigned(_ name: String) throws -> UInt64? {
    guard let text = values[name] else { return nil }
    guard let number = UInt64(text) else {
      throw Problem(.invalidRequest, "'\(name)' is '\(text)'; expected an integer of at least 0")
    }
    return number
  }
}

extension HTTPField.Name {
  // The names are valid tokens, so that the alternatives are never taken.
  static let acceptPost = Self("Accept-Post") ?? .accept
  static let idempotencyKey = Self("Idempotency-Key") ?? .from
  static let lastEventID = Self("Last-Event-ID") ?? .from
  static let idempotencyReplayed = Self("Idempotency-Replayed") ?? .from
}

extension DaemonContext {
  /// The job that the address names.
  func jobIdentifier() throws -> Int64 {
    guard let text = parameters.get("id"), let id = Int64(text), id > 0 else {
      throw Problem(.notFound, "a job's number is an integer from 1; '\(parameters.get("id") ?? "")' is none")
    }
    return id
  }
}
